// cold. A text in which some values are replaced by a mark.

/** What stands where a secret was. */
export const MARK = '[redacted]';

/** What is known of secrets. */
export interface Secrets {
  /** Whether values of this name are secrets. */
  has(name: string): boolean;
  /** One was replaced. */
  note(): void;
}

/** Replacements come in the order of the text. */
export class Rewrite {
  readonly #text: string;
  readonly #secrets: Secrets;
  #done = '';
  #at = 0;

  constructor(text: string, secrets: Secrets) {
    this.#text = text;
    this.#secrets = secrets;
  }

  /** Hides what lies between the two, if that is anything.
   *  @param mark what is written instead */
  hide(at: number, end: number, mark = MARK): void {
    if (at >= end) return;
    this.#secrets.note();
    this.replace(at, end, mark);
  }

  replace(at: number, end: number, text: string): void {
    this.#done += this.#text.slice(this.#at, at) + text;
    this.#at = end;
  }

  /** @returns the new text */
  finish(): string {
    return this.#at === 0 ? this.#text : this.#done + this.#text.slice(this.#at);
  }
}
