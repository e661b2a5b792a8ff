// cold. Statements that a session parsed, by the number of their cursor.
import type { Bind } from './binds.ts';

/** Per session: more cursors than a server allows by default are open at once in no session that is well. */
const MAX_CURSORS = 1024;

/** What is remembered of a bind variable takes up so much. */
const BIND_BYTES = 32;

export interface Cursor {
  readonly sql: string;
  readonly isCut: boolean;
  /** Its bind variables; undefined when it has none, or they are not known. */
  readonly binds: readonly Bind[] | undefined;
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
    return costOf(cursor) - freed;
  }

  /** @returns bytes that are kept no more */
  delete(number: number): number {
    const known = this.#cursors.get(number);
    const freed = known === undefined ? 0 : costOf(known);
    this.#cursors.delete(number);
    return freed;
  }

  /** @returns bytes that are kept no more */
  clear(): number {
    let freed = 0;
    for (const cursor of this.#cursors.values()) freed += costOf(cursor);
    this.#cursors.clear();
    return freed;
  }
}

/** @returns bytes to be asked of `hold` */
export const costOf = ({ sql, binds = [] }: Cursor): number => sql.length * 2 + binds.length * BIND_BYTES;
