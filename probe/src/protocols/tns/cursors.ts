// cold. Statements that a session parsed, by the number of their cursor.

/** Per session: more cursors than a server allows by default are open at once in no session that is well. */
const MAX_CURSORS = 1024;

export interface Cursor {
  readonly sql: string;
  readonly isCut: boolean;
  /** Rows that it gave so far; undefined when that is not known. */
  rows: number | undefined;
}

export class Cursors {
  readonly #cursors = new Map<number, Cursor>();

  get(number: number): Cursor | undefined {
    return this.#cursors.get(number);
  }

  /** @returns bytes by which more is kept; the oldest makes room */
  set(number: number, cursor: Cursor): number {
    let freed = this.delete(number);
    if (this.#cursors.size >= MAX_CURSORS) freed += this.delete(this.#cursors.keys().next().value ?? -1);
    this.#cursors.set(number, cursor);
    return cursor.sql.length * 2 - freed;
  }

  /** @returns bytes that are kept no more */
  delete(number: number): number {
    const freed = (this.#cursors.get(number)?.sql.length ?? 0) * 2;
    this.#cursors.delete(number);
    return freed;
  }

  /** @returns bytes that are kept no more */
  clear(): number {
    let freed = 0;
    for (const { sql } of this.#cursors.values()) freed += sql.length * 2;
    this.#cursors.clear();
    return freed;
  }
}
