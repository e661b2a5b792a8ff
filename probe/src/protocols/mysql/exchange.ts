// cold. The record of a command with its answer.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { AnalyzerContext, Exchange } from '../analyzer.ts';
import { traceIdOf } from '../kit/http-values.ts';
import { INCOMPLETE } from '../kit/sql-fields.ts';
import type { Answer } from './answer.ts';
import type { Command } from './command.ts';
import * as commands from './commands.ts';
import type { mysqlFields } from './fields.ts';
import { readBulk, readExecute, type Values } from './params.ts';
import type { Session } from './session.ts';

type Fields = { -readonly [K in keyof RecordOf<typeof mysqlFields>]: RecordOf<typeof mysqlFields>[K] };
type Context = AnalyzerContext<typeof mysqlFields>;

const SUMMARY_CHARS = 60;

/** An answer with its times and sizes. */
export interface Reply {
  readonly answer: Answer;
  readonly beginUs: number;
  readonly endUs: number;
  readonly bytes: number;
  readonly lostBytes: number;
  /** Its end was seen. */
  readonly isOver: boolean;
  /** Packets of it were not seen. */
  readonly isBroken: boolean;
}

/** @param command undefined when it was not seen
 *  @param reply undefined when there was none */
export function exchangeOf(
  command: Command | undefined,
  reply: Reply | undefined,
  session: Session,
  context: Context,
): Exchange<typeof mysqlFields> {
  const fields: Fields = {};
  if (command !== undefined) addCommand(fields, command, session, context);
  addReply(fields, command, reply, context.redactor);
  addSession(fields, command, session);
  return {
    beginUs: command?.beginUs ?? reply?.beginUs ?? 0,
    endUs: Math.max(command?.endUs ?? 0, reply?.endUs ?? 0),
    bytes: (command?.bytes ?? 0) + (reply?.bytes ?? 0),
    summary: `${asked(command)} ${answered(reply)}`,
    fields,
  };
}

function asked(command: Command | undefined): string {
  if (command === undefined) return '?';
  const name = commands.nameOf(command.code) ?? '';
  if (command.login !== undefined) return `${name} ${command.login.user ?? ''}`;
  const sql = command.isDamaged ? undefined : (command.sql ?? command.statement?.sql);
  if (sql !== undefined) return `${name} ${sql.replace(/\s+/g, ' ').trim().slice(0, SUMMARY_CHARS)}`;
  return isOfStatement(command) || command.isDamaged ? `${name} ?` : name;
}

function answered(reply: Reply | undefined): string {
  if (reply === undefined || !reply.isOver || reply.isBroken || reply.lostBytes > 0) return '-';
  const { errorCode, rows } = reply.answer;
  return errorCode !== 0 ? `error ${errorCode}` : `ok ${rows ?? ''}`.trim();
}

const RUNS_PREPARED: readonly number[] = [
  commands.COM_STMT_EXECUTE,
  commands.COM_STMT_BULK_EXECUTE,
  commands.COM_STMT_FETCH,
];

const isOfStatement = ({ code }: Command): boolean =>
  code === commands.COM_QUERY ||
  code === commands.COM_STMT_PREPARE ||
  code === commands.COM_STMT_RESET ||
  RUNS_PREPARED.includes(code);

function addCommand(fields: Fields, command: Command, session: Session, context: Context): void {
  const { bodyLen, bodies, redactor } = context;
  const { code, statement } = command;
  const name = commands.nameOf(code);
  if (name !== undefined) fields.COMMAND = name;
  if (RUNS_PREPARED.includes(code)) fields.PREPARED = 1;
  if (bodyLen === 0) return;
  const sql = command.sql ?? statement?.sql ?? '';
  const { values, attributes, isCut } = valuesOf(command, session);
  if (sql !== '') fields.SQL = redactor.sql(sql, 'mysql');
  // Which of them are secrets is not known without the text.
  if (bodies && sql !== '' && values.length > 0)
    fields.PARAMS = redactRows(redactor, sql, values, statement?.paramCount);
  if (isCut || (isOfStatement(command) && (command.isCut || statement?.isCut))) fields.TRUNCATED = 1;
  if (attributes.length === 0) return;
  fields.ATTRIBUTES = attributes.map(([name, value]) => `${name}=${redactor.named(name, value)}`);
  const trace = traceIdOf(attributes.find(([name]) => name === 'traceparent')?.[1] ?? '');
  if (trace !== '') fields.TRACE_ID = trace;
}

/** A bulk has the values of many rows. */
function redactRows(
  redactor: Context['redactor'],
  sql: string,
  values: readonly string[],
  perRow = values.length,
): readonly string[] {
  const rows = Math.ceil(values.length / perRow);
  return Array.from({ length: rows }, (_, row) =>
    redactor.parameters(sql, 'mysql', values.slice(row * perRow, (row + 1) * perRow)),
  ).flat();
}

function valuesOf(command: Command, { hasAttributes }: Session): Values {
  const { code, statement, body, attributes } = command;
  if (statement !== undefined && code === commands.COM_STMT_EXECUTE)
    return readExecute(body.bytes, command.isCut, statement, hasAttributes);
  if (statement !== undefined && code === commands.COM_STMT_BULK_EXECUTE) return readBulk(body.bytes, statement);
  return { values: [], attributes, isCut: false };
}

function addReply(
  fields: Fields,
  command: Command | undefined,
  reply: Reply | undefined,
  redactor: Context['redactor'],
): void {
  fields.RESP = reply === undefined ? 0 : 1;
  const lostBytes = (command?.lostBytes ?? 0) + (reply?.lostBytes ?? 0);
  if (lostBytes > 0) fields.LOST_BYTES = lostBytes;
  if (reply === undefined) return;
  const { answer, beginUs, endUs, isOver, isBroken } = reply;
  if (command !== undefined && beginUs >= command.endUs) fields.SQL_RESPONSE = (beginUs - command.endUs) / 1000;
  fields.SQL_LOAD = (endUs - beginUs) / 1000;
  if (isOver) fields.RET_CODE = answer.errorCode;
  else fields.ERR = INCOMPLETE;
  if (answer.sqlState !== undefined) fields.SQLSTATE = answer.sqlState;
  if (answer.error !== undefined) fields.ERR = isAboutLogin(answer) ? answer.error : redactor.text(answer.error);
  // A number that may be short is told beside LOST_BYTES only.
  const rows = rowsOf(answer);
  if (rows !== undefined && (!isBroken || lostBytes > 0)) fields.ROWS = rows;
  if (answer.results > 1) fields.RESULTS = answer.results;
}

/** What the client got, rows or their number: before an error that need not be anything. */
const rowsOf = ({ rows, errorCode, results }: Answer): number | undefined =>
  errorCode === 0 || results > 0 || rows !== 0 ? rows : undefined;

function addSession(fields: Fields, command: Command | undefined, session: Session): void {
  const login = command?.login;
  const user = login === undefined ? session.user : login.user;
  const database = session.database ?? login?.database;
  const app = login?.app ?? session.app;
  if (user !== undefined) fields.USER = user;
  if (database !== undefined) fields.DB = database;
  if (app !== undefined) fields.APP = app;
  if (login === undefined || command?.code !== commands.COM_CONNECT) return;
  if (session.compression !== undefined) fields.COMPRESSION = session.compression;
}

const ER_ACCESS_DENIED_ERROR = 1045;

/** It says whether a password was given, which looks like one. */
const isAboutLogin = ({ errorCode }: Answer): boolean => errorCode === ER_ACCESS_DENIED_ERROR;
