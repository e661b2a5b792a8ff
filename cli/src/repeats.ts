/** Long enough that a line a second does not bury the others, short enough to be seen while someone looks. */
const WINDOW_MS = 10_000;
/** Different messages that are watched at once; what comes beyond is written each time. */
const MAX_WATCHED = 256;

/** Says which messages to write: the first one at once, its repeats as a number at the end of its window. */
export class Repeats {
  readonly #report: (key: string, count: number) => void;
  readonly #counts = new Map<string, number>();

  /** @param report is called when a window ends in which `key` came again `count` times */
  constructor(report: (key: string, count: number) => void) {
    this.#report = report;
  }

  /** @returns true when the message is to be written now */
  admit(key: string): boolean {
    const count = this.#counts.get(key);
    if (count !== undefined) {
      this.#counts.set(key, count + 1);
      return false;
    }
    if (this.#counts.size < MAX_WATCHED) {
      this.#counts.set(key, 0);
      setTimeout(() => this.#endWindow(key), WINDOW_MS).unref();
    }
    return true;
  }

  /** Reports what was held back. */
  flush(): void {
    for (const key of this.#counts.keys()) this.#endWindow(key);
  }

  #endWindow(key: string): void {
    const count = this.#counts.get(key);
    this.#counts.delete(key);
    if (count) this.#report(key, count);
  }
}
