import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/** A text that no log, dump or error can show by accident. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns the text itself; hand it to whoever needs it and keep no copy */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
