// cold. Statements that a session prepared, by the handle that the server gave.

/** Per session: more than an application's pool of statements holds. */
const MAX_STATEMENTS = 1024;

export class Prepared {
  readonly #texts = new Map<string, string>();

  get(handle: string): string | undefined {
    return this.#texts.get(handle);
  }

  /** @returns bytes by which more is kept; the oldest makes room */
  set(handle: string, sql: string): number {
    let freed = this.delete(handle);
    if (this.#texts.size >= MAX_STATEMENTS) freed += this.delete(this.#texts.keys().next().value ?? '');
    this.#texts.set(handle, sql);
    return sql.length * 2 - freed;
  }

  /** @returns bytes that are kept no more */
  delete(handle: string): number {
    const freed = (this.#texts.get(handle)?.length ?? 0) * 2;
    this.#texts.delete(handle);
    return freed;
  }
}
