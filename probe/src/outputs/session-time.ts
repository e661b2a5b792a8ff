/** cold. The start of the last envelope session, kept over restarts: the next one must be newer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainSystemError, type Log, writeFileAtomic } from '@nanogelf/cli';

export class SessionTime {
  readonly #path: string | undefined;
  readonly #log: Log;
  #last: number;
  #writing: Promise<void> = Promise.resolve();

  /** @param stateDir where it is kept; empty: it is not, and the clock alone must go forward */
  constructor(stateDir: string, kid: number, log: Log) {
    this.#path = stateDir === '' ? undefined : join(stateDir, `session-${kid}`);
    this.#log = log;
    this.#last = this.#path === undefined ? 0 : readTime(this.#path);
  }

  /** Unix seconds; 0 when none is known. */
  get last(): number {
    return this.#last;
  }

  /** @param t0 unix seconds of the session that is in use */
  keep(t0: number): void {
    if (t0 <= this.#last) return;
    this.#last = t0;
    if (this.#path === undefined) return;
    const path = this.#path;
    // One after the other: an older start must not replace a newer one.
    this.#writing = this.#writing
      .then(() => writeFileAtomic(path, `${t0}\n`))
      .catch(error => this.#log.warn(`cannot keep the session's start in ${path}: ${explainSystemError(error)}`));
  }

  /** Resolves when what was kept is on the disk, or could not be written. */
  written(): Promise<void> {
    return this.#writing;
  }
}

function readTime(path: string): number {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^\d{1,10}$/.test(text) ? Number(text) : 0;
  } catch {
    return 0;
  }
}
