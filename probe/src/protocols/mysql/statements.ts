// cold. Statements that a session prepared.
import type { Charset } from './charsets.ts';
import type { ParamType } from './values.ts';

/** Per session: more than an application's pool of statements holds. */
const MAX_STATEMENTS = 1024;
/** Parameters that are told of one execution, and whose types are kept for the next. */
export const MAX_TOLD_PARAMS = 100;
/** What one costs beside its text and its types, with the names of attributes. */
const STATEMENT_BYTES = 512;
const TYPE_BYTES = 8;

/** The id of the statement that was prepared last (MariaDB), before the server has told it. */
export const LAST_STATEMENT_ID = 0xffffffff;

const STATEMENT_ID_AT = 1; // behind the command

/** @param bytes of a command's payload */
export const statementIdOf = (bytes: Uint8Array): number =>
  ((bytes[STATEMENT_ID_AT] ?? 0) |
    ((bytes[STATEMENT_ID_AT + 1] ?? 0) << 8) |
    ((bytes[STATEMENT_ID_AT + 2] ?? 0) << 16) |
    ((bytes[STATEMENT_ID_AT + 3] ?? 0) << 24)) >>>
  0;

export class Statement {
  /** Cut at bodylen; undefined when it was not kept. */
  readonly sql: string | undefined;
  readonly isCut: boolean;
  /** Undefined until the server told. */
  paramCount: number | undefined;
  /** Sent with the first execution, and not again unless they change. */
  types: readonly ParamType[] | undefined;
  /** Beside them: attributes have names, parameters empty ones. */
  names: readonly string[] = [];
  /** Of the values of its latest execution. */
  charset: Charset;
  /** Beginnings of values that were sent ahead, by the parameter's number. */
  readonly longData = new Map<number, string>();
  /** Pieces of them may be missing. */
  isTorn = false;

  constructor(sql: string | undefined, isCut: boolean) {
    this.sql = sql;
    this.isCut = isCut;
  }

  endLongData(): void {
    this.longData.clear();
    this.isTorn = false;
  }

  /** Values that were sent ahead are not known any more. */
  tear(): void {
    this.longData.clear();
    this.isTorn = true;
  }

  get heldBytes(): number {
    const types = Math.min(this.paramCount ?? 0, MAX_TOLD_PARAMS);
    return STATEMENT_BYTES + 2 * (this.sql?.length ?? 0) + TYPE_BYTES * types;
  }
}

export class Statements {
  readonly #statements = new Map<number, Statement>();

  get(id: number): Statement | undefined {
    return this.#statements.get(id);
  }

  /** Commands were lost: parameters may have other types since, and values that were sent ahead. */
  forgetTypes(): void {
    for (const statement of this.#statements.values()) {
      statement.types = undefined;
      statement.tear();
    }
  }

  /** @returns statements that had to go for it */
  add(id: number, statement: Statement): Statement[] {
    const gone = this.delete(id);
    if (this.#statements.size >= MAX_STATEMENTS) gone.push(...this.deleteOldest());
    this.#statements.set(id, statement);
    return gone;
  }

  deleteOldest(): Statement[] {
    const [oldest] = this.#statements.keys();
    return oldest === undefined ? [] : this.delete(oldest);
  }

  delete(id: number): Statement[] {
    const statement = this.#statements.get(id);
    this.#statements.delete(id);
    return statement === undefined ? [] : [statement];
  }

  clear(): Statement[] {
    const gone = [...this.#statements.values()];
    this.#statements.clear();
    return gone;
  }
}
