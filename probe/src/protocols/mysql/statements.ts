// cold. Statements that a session prepared.
import type { ParamType } from './values.ts';

/** Per session: more than an application's pool of statements holds. */
const MAX_STATEMENTS = 1024;
/** What one costs beside its text. */
const STATEMENT_BYTES = 256;

/** The id of the statement that was prepared last (MariaDB), before the server has told it. */
export const LAST_STATEMENT_ID = 0xffffffff;

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
  /** Beginnings of values that were sent ahead, by the parameter's number. */
  readonly longData = new Map<number, string>();

  constructor(sql: string | undefined, isCut: boolean) {
    this.sql = sql;
    this.isCut = isCut;
  }

  get heldBytes(): number {
    return STATEMENT_BYTES + 2 * (this.sql?.length ?? 0);
  }
}

export class Statements {
  readonly #statements = new Map<number, Statement>();

  get(id: number): Statement | undefined {
    return this.#statements.get(id);
  }

  /** Executions were lost: parameters may have other types since. */
  forgetTypes(): void {
    for (const statement of this.#statements.values()) {
      statement.types = undefined;
      statement.longData.clear();
    }
  }

  /** @returns statements that had to go for it */
  add(id: number, statement: Statement): Statement[] {
    const gone = this.delete(id);
    const [oldest] = this.#statements.size >= MAX_STATEMENTS ? this.#statements.keys() : [];
    if (oldest !== undefined) gone.push(...this.delete(oldest));
    this.#statements.set(id, statement);
    return gone;
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
