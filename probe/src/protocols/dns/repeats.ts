// cold. Answers still to come to queries that were sent again: servers answer each sending.

/** Kept at a time; the oldest is forgotten for more. Resolvers send again what was lost, so few wait. */
const REPEATS_LIMIT = 64;

interface Owed {
  answers: number;
  readonly sinceUs: number;
}

export class Repeats {
  /** By id and question, oldest first. */
  readonly #owed = new Map<string, Owed>();

  get isEmpty(): boolean {
    return this.#owed.size === 0;
  }

  /** @param answers that may still come to what was answered once */
  add(key: string, answers: number, sinceUs: number): void {
    const [oldest] = this.#owed.size >= REPEATS_LIMIT ? this.#owed.keys() : [];
    if (oldest !== undefined) this.#owed.delete(oldest);
    this.#owed.set(key, { answers, sinceUs });
  }

  /** @returns whether an answer with this key repeats one that was told */
  take(key: string): boolean {
    const owed = this.#owed.get(key);
    if (owed === undefined) return false;
    owed.answers -= 1;
    if (owed.answers === 0) this.#owed.delete(key);
    return true;
  }

  /** Forgets what was added before. */
  forget(beforeUs: number): void {
    for (const [key, { sinceUs }] of this.#owed) if (sinceUs < beforeUs) this.#owed.delete(key);
  }
}
