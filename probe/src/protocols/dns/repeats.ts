// cold. Answers still to come to queries that were sent again: servers answer each sending.

/** Kept at a time; the oldest is forgotten for more. Resolvers send again what was lost, so few wait. */
const REPEATS_LIMIT = 64;

interface Owed {
  answers: number;
  readonly sinceUs: number;
  readonly heldBytes: number;
}

export class Repeats {
  /** By id and question, oldest first. */
  readonly #owed = new Map<string, Owed>();
  readonly #release: (heldBytes: number) => void;

  /** @param release gives back what was held for one that is forgotten */
  constructor(release: (heldBytes: number) => void) {
    this.#release = release;
  }

  get isEmpty(): boolean {
    return this.#owed.size === 0;
  }

  /** @param answers that may still come to what was answered once
   *  @param heldBytes for its key, until it is forgotten */
  add(key: string, answers: number, sinceUs: number, heldBytes: number): void {
    this.#delete(key);
    const [oldest] = this.#owed.size >= REPEATS_LIMIT ? this.#owed.keys() : [];
    if (oldest !== undefined) this.#delete(oldest);
    this.#owed.set(key, { answers, sinceUs, heldBytes });
  }

  /** @returns whether an answer with this key repeats one that was told */
  take(key: string): boolean {
    const owed = this.#owed.get(key);
    if (owed === undefined) return false;
    owed.answers -= 1;
    if (owed.answers === 0) this.#delete(key);
    return true;
  }

  /** Forgets what was added before. */
  forget(beforeUs: number): void {
    for (const [key, { sinceUs }] of this.#owed) if (sinceUs < beforeUs) this.#delete(key);
  }

  #delete(key: string): void {
    this.#release(this.#owed.get(key)?.heldBytes ?? 0);
    this.#owed.delete(key);
  }
}
