// cold. What a request was, and the record of it with its answer.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { Exchange } from '../analyzer.ts';
import type { Redactor } from '../kit/redact/redactor.ts';
import { INCOMPLETE } from '../kit/sql-fields.ts';
import type { tdsFields } from './fields.ts';
import type { Login } from './login.ts';
import type { Statement } from './rpc.ts';
import type { Answer } from './tokens.ts';

type TdsFields = typeof tdsFields;

/** Values told of one statement, and characters of each: enough to recognise it by. */
const MAX_PARAMS = 100;
const MAX_PARAM_CHARS = 256;
const SUMMARY_CHARS = 60;

/** What a client asked for. */
export interface Request {
  readonly kind: 'pre_login' | 'login' | 'statement';
  readonly statement: Statement | undefined;
  readonly beginUs: number;
  readonly endUs: number;
  readonly bytes: number;
  /** Kept of it, until it is answered. */
  readonly heldBytes: number;
}

/** The times and sizes of an answer, while it comes. */
export interface Reply {
  readonly beginUs: number;
  readonly endUs: number;
  readonly bytes: number;
  readonly lostBytes: number;
  readonly answer: Answer;
}

/** What the session is known to be. */
export interface SessionFacts {
  readonly login: Login | undefined;
  readonly database: string | undefined;
  readonly encrypted: 'login' | 'session' | undefined;
}

/** @param bodyLen characters of the statement that are told */
export function exchangeOf(
  request: Request | undefined,
  reply: Reply | undefined,
  facts: SessionFacts,
  bodyLen: number,
  redactor: Redactor,
): Exchange<TdsFields> {
  const sql = request?.statement?.sql;
  const text = sql === undefined ? undefined : redactor.sql(sql.slice(0, Math.max(bodyLen, SUMMARY_CHARS)), 'standard');
  return {
    beginUs: request?.beginUs ?? reply?.beginUs ?? 0,
    endUs: reply?.endUs ?? request?.endUs ?? 0,
    bytes: (request?.bytes ?? 0) + (reply?.bytes ?? 0),
    summary: `${asked(request, facts, text)} ${answered(reply)}`,
    fields: {
      ...(request === undefined ? {} : requestFields(request, text, bodyLen, redactor)),
      ...replyFields(request, reply, redactor),
      ...sessionFields(request, facts),
    },
  };
}

function asked(request: Request | undefined, { login }: SessionFacts, sql: string | undefined): string {
  if (request?.kind === 'login') return `LOGIN ${login?.user ?? 'encrypted'}`;
  return sql?.replace(/\s+/g, ' ').trim().slice(0, SUMMARY_CHARS) || '?';
}

function answered(reply: Reply | undefined): string {
  if (reply === undefined) return '-';
  const { errorNumber, isComplete } = reply.answer;
  if (errorNumber !== 0) return `error ${errorNumber}`;
  return isComplete ? 'ok' : '-';
}

/** @param text the statement, cut, its secrets replaced */
function requestFields(
  { statement }: Request,
  text: string | undefined,
  bodyLen: number,
  redactor: Redactor,
): RecordOf<TdsFields> {
  if (statement === undefined) return {};
  const { sql, values, isPrepared, isCut } = statement;
  return {
    ...(text === undefined || bodyLen === 0 ? {} : { SQL: text.slice(0, bodyLen) }),
    ...(isPrepared ? { PREPARED: 1 } : {}),
    ...(values.length === 0 || bodyLen === 0 ? {} : { PARAMS: paramsOf(statement, redactor) }),
    ...((sql?.length ?? 0) > bodyLen || isCut ? { TRUNCATED: 1 } : {}),
  };
}

function paramsOf({ sql = '', values, names, isCall }: Statement, redactor: Redactor): readonly string[] {
  const told = values.slice(0, MAX_PARAMS).map(value => value.slice(0, MAX_PARAM_CHARS));
  if (isCall !== true) return redactor.parameters(sql, 'standard', told, names);
  return told.map((value, at) => redactor.text(redactor.named(names[at] ?? '', value)));
}

function replyFields(request: Request | undefined, reply: Reply | undefined, redactor: Redactor): RecordOf<TdsFields> {
  if (reply === undefined) return { RESP: 0 };
  const { answer, beginUs, endUs, lostBytes } = reply;
  const isKnown = answer.isComplete || answer.errorNumber !== 0;
  const error = answer.error ?? (answer.isCancelled ? 'cancelled by the client (attention)' : undefined);
  return {
    RESP: 1,
    ...(request === undefined ? {} : { SQL_RESPONSE: (beginUs - request.endUs) / 1000 }),
    SQL_LOAD: (endUs - beginUs) / 1000,
    ...(isKnown ? { RET_CODE: answer.errorNumber } : { ERR: INCOMPLETE }),
    ...(error === undefined ? {} : { ERR: redactor.text(error) }),
    ...(answer.rows === undefined ? {} : { ROWS: answer.rows }),
    ...(lostBytes === 0 ? {} : { LOST_BYTES: lostBytes }),
  };
}

function sessionFields(
  request: Request | undefined,
  { login, database, encrypted }: SessionFacts,
): RecordOf<TdsFields> {
  return {
    ...(login?.user ? { USER: login.user } : {}),
    ...(login?.app ? { APP: login.app } : {}),
    ...(database ? { DB: database } : {}),
    ...(request?.kind === 'login' && encrypted !== undefined ? { ENCRYPTED: encrypted } : {}),
  };
}
