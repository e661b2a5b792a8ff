// cold. What a session is known to be: who logged in, where it is, what it prepared.
import type { AnalyzerContext } from '../analyzer.ts';
import type { Answer, Dialect } from './answer.ts';
import { type Charset, charsetAfter } from './charsets.ts';
import type { Command } from './command.ts';
import * as commands from './commands.ts';
import type { mysqlFields } from './fields.ts';
import type { Algorithm } from './frame-reader.ts';
import { compressionOf, type Login, readChangeUser, readLogin } from './login.ts';
import { LAST_STATEMENT_ID, Statement, Statements, statementIdOf } from './statements.ts';
import { textOf } from './text.ts';
import { MAX_VALUE_CHARS } from './values.ts';
import * as wire from './wire.ts';

type Context = AnalyzerContext<typeof mysqlFields>;

/** Values that were sent ahead, of one statement at a time: what a client sends right before it executes. */
const MAX_LONG_DATA = 16;
const LONG_DATA_BYTES = MAX_LONG_DATA * MAX_VALUE_CHARS * 2;
const LONG_DATA_AT = 7; // behind command, statement id, number of the parameter

export class Session {
  user: string | undefined;
  database: string | undefined;
  app: string | undefined;
  /** As its login says; undefined when that was not seen. */
  mayPipeline: boolean | undefined;
  readonly dialect: Dialect = { deprecatesEof: undefined };
  /** Of the client, as its login says; undefined when that was not seen. */
  capabilities: number | undefined;
  /** Of the server, as its greeting says; undefined when that was not seen. */
  serverCapabilities: number | undefined;
  readonly #context: Context;
  readonly #statements = new Statements();
  /** Of the client's texts. */
  #charset: Charset;
  #last: Statement | undefined;
  /** Whose values are sent ahead. */
  #sending: Statement | undefined;
  #holdsLongData = false;

  constructor(context: Context) {
    this.#context = context;
  }

  get hasAttributes(): boolean | undefined {
    return this.#has(wire.CLIENT_QUERY_ATTRIBUTES);
  }

  /** How both sides pack what follows the login; undefined when they do not, or the login was not seen. */
  get compression(): Algorithm | undefined {
    return compressionOf((this.capabilities ?? 0) & (this.serverCapabilities ?? -1));
  }

  /** Reads what a command means for the session before it is answered. */
  onCommand(command: Command): void {
    const { bytes } = command.body;
    switch (command.code) {
      case commands.COM_CONNECT:
        this.#onLogin(command, readLogin(bytes));
        break;
      case commands.COM_CHANGE_USER:
        command.login = readChangeUser(bytes, this.capabilities);
        break;
      case commands.COM_QUERY:
        command.readText(this.hasAttributes, this.#charset);
        break;
      case commands.COM_STMT_PREPARE:
        this.#onPrepare(command);
        break;
      case commands.COM_STMT_CLOSE:
        this.#forget(this.#statements.delete(statementIdOf(bytes)));
        break;
      case commands.COM_STMT_SEND_LONG_DATA:
        this.#onLongData(bytes);
        break;
      case commands.COM_STMT_EXECUTE:
      case commands.COM_STMT_BULK_EXECUTE:
      case commands.COM_STMT_FETCH:
      case commands.COM_STMT_RESET:
        command.statement = this.#statementOf(statementIdOf(bytes));
        if (command.statement !== undefined) command.statement.charset = this.#charset;
    }
  }

  /** Learns from an answer. */
  onAnswer(command: Command, answer: Answer): void {
    if (answer.errorCode !== 0) return;
    this.database = answer.database ?? this.#databaseAfter(command);
    this.#charset = this.#charsetAfter(command);
    if (command.login !== undefined) {
      this.user = command.login.user;
      this.app = command.login.app ?? this.app;
    }
    if (command.code === commands.COM_STMT_PREPARE) this.#onPrepared(command, answer);
    if (command.code === commands.COM_STMT_RESET) command.statement?.endLongData();
    if (command.code === commands.COM_CHANGE_USER || command.code === commands.COM_RESET_CONNECTION)
      this.#forget(this.#statements.clear());
  }

  /** It is not known how the command ended. */
  onUnanswered(command: Command): void {
    if (command.login !== undefined) this.user = undefined;
    if (command.login !== undefined || command.code === commands.COM_INIT_DB || mayUse(command.sql))
      this.database = undefined;
  }

  /** Commands of the client were lost. */
  onLostCommands(): void {
    this.user = undefined;
    this.database = undefined;
    this.#last = undefined;
    this.#statements.forgetTypes();
  }

  /** @returns whether both sides can; undefined when the side that may not was not seen */
  #has(capability: number): boolean | undefined {
    const sides = [this.capabilities, this.serverCapabilities];
    if (sides.some(side => side !== undefined && (side & capability) === 0)) return false;
    return sides.includes(undefined) ? undefined : true;
  }

  #onLogin(command: Command, login: Login): void {
    command.login = login;
    this.capabilities = login.capabilities;
    this.mayPipeline = login.mayPipeline;
    this.dialect.deprecatesEof = this.#has(wire.CLIENT_DEPRECATE_EOF);
  }

  #onPrepare(command: Command): void {
    command.readText(undefined, this.#charset);
    const text = command.isDamaged ? undefined : command.sql;
    command.statement = new Statement(text, command.isCut);
    this.#last = command.statement;
  }

  #onPrepared({ statement }: Command, { statementId, paramCount }: Answer): void {
    if (statement === undefined || statementId === undefined) return;
    statement.paramCount = paramCount;
    while (!this.#context.hold(statement.heldBytes)) {
      const oldest = this.#statements.deleteOldest();
      if (oldest.length === 0) return;
      this.#forget(oldest);
    }
    this.#forget(this.#statements.add(statementId, statement));
  }

  #statementOf(id: number): Statement | undefined {
    return id === LAST_STATEMENT_ID ? this.#last : this.#statements.get(id);
  }

  #onLongData(bytes: Uint8Array): void {
    const statement = this.#statementOf(statementIdOf(bytes));
    if (statement === undefined) return;
    if (this.#sending !== statement) this.#sending?.tear();
    this.#sending = statement;
    this.#holdsLongData ||= this.#context.hold(LONG_DATA_BYTES);
    const place = (bytes[5] ?? 0) | ((bytes[6] ?? 0) << 8);
    const before = statement.longData.get(place);
    if (!this.#holdsLongData || (before === undefined && statement.longData.size >= MAX_LONG_DATA)) {
      statement.tear();
      return;
    }
    const text = (before ?? '') + textOf(bytes.subarray(LONG_DATA_AT), MAX_VALUE_CHARS, this.#charset);
    statement.longData.set(place, text.slice(0, MAX_VALUE_CHARS));
  }

  #databaseAfter({ code, body, login, sql }: Command): string | undefined {
    if (login !== undefined) return login.database;
    if (code === commands.COM_INIT_DB) return textOf(body.bytes.subarray(1), MAX_VALUE_CHARS);
    if (code !== commands.COM_QUERY || !mayUse(sql)) return this.database;
    return usedBy(sql) ?? (this.#has(wire.CLIENT_SESSION_TRACK) === true ? this.database : undefined);
  }

  #charsetAfter({ code, login, sql }: Command): Charset {
    if (login !== undefined) return login.charset;
    if (code === commands.COM_RESET_CONNECTION) return undefined; // the server's default
    return code === commands.COM_QUERY ? charsetAfter(sql, this.#charset) : this.#charset;
  }

  #forget(statements: readonly Statement[]): void {
    for (const statement of statements) this.#context.release(statement.heldBytes);
  }
}

/** Whether the text may have changed the session's database. */
const mayUse = (sql: string | undefined): boolean => sql !== undefined && /(?:^|;|\*\/)\s*use\s/i.test(sql);

/** @returns the database of a USE that stands alone */
function usedBy(sql: string | undefined): string | undefined {
  const [, quoted, plain] = /^\s*use\s+(?:`([^`]+)`|([\w$]+))\s*;?\s*$/i.exec(sql ?? '') ?? [];
  return quoted ?? plain;
}
