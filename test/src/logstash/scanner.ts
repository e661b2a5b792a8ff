// cold. Reads a Logstash pipeline's text from left to right, and says where it went wrong.

export class PipelineError extends Error {}

/** Blanks and comments, which stand anywhere between two words. */
const SPACE = /(?:\s|#[^\n]*(?:\n|$))*/y;

export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skip();
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Where it stands, in characters. */
  get at(): number {
    return this.#at;
  }

  /** @returns the text from there to here, without the space behind it */
  since(start: number): string {
    return this.#text.slice(start, this.#at).trimEnd();
  }

  /** @param pattern sticky; takes what it matches here, and the space behind it
   *  @returns the match, or undefined, having moved nowhere */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    this.#skip();
    return match[0];
  }

  /** @returns whether `text` stands here; takes it */
  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#at += text.length;
    this.#skip();
    return true;
  }

  sees(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  /** @throws PipelineError when `text` does not stand here */
  expect(text: string): void {
    if (!this.takes(text)) this.fail(`"${text}"`);
  }

  /** @throws PipelineError, always: line, column, what was expected and what stands there */
  fail(expected: string): never {
    const before = this.#text.slice(0, this.#at).split('\n');
    const found = this.#text.slice(this.#at).split('\n')[0]?.slice(0, 30) || 'the end';
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new PipelineError(`line ${before.length}, column ${column}: expected ${expected}, found ${found}`);
  }

  #skip(): void {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
  }
}
