// cold. What a request was, and the record of it with its answer.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { Exchange } from '../analyzer.ts';
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
): Exchange<TdsFields> {
  return {
    beginUs: request?.beginUs ?? reply?.beginUs ?? 0,
    endUs: reply?.endUs ?? request?.endUs ?? 0,
    bytes: (request?.bytes ?? 0) + (reply?.bytes ?? 0),
    summary: `${asked(request, facts)} ${answered(reply)}`,
    fields: {
      ...(request === undefined ? {} : requestFields(request, bodyLen)),
      ...replyFields(request, reply),
      ...sessionFields(request, facts),
    },
  };
}

function asked(request: Request | undefined, { login }: SessionFacts): string {
  if (request?.kind === 'login') return `LOGIN ${login?.user ?? 'encrypted'}`;
  const sql = request?.statement?.sql;
  return sql === undefined ? '?' : sql.replace(/\s+/g, ' ').trim().slice(0, SUMMARY_CHARS);
}

function answered(reply: Reply | undefined): string {
  if (reply === undefined) return '-';
  const { errorNumber } = reply.answer;
  return errorNumber === 0 ? 'ok' : `error ${errorNumber}`;
}

function requestFields({ statement }: Request, bodyLen: number): RecordOf<TdsFields> {
  if (statement === undefined) return {};
  const { sql, values, isPrepared } = statement;
  return {
    ...(sql === undefined || bodyLen === 0 ? {} : { SQL: sql.slice(0, bodyLen) }),
    ...(isPrepared ? { PREPARED: 1 } : {}),
    ...(values.length === 0 || bodyLen === 0
      ? {}
      : { PARAMS: values.slice(0, MAX_PARAMS).map(value => value.slice(0, MAX_PARAM_CHARS)) }),
    ...((sql?.length ?? 0) > bodyLen ? { TRUNCATED: 1 } : {}),
  };
}

function replyFields(request: Request | undefined, reply: Reply | undefined): RecordOf<TdsFields> {
  if (reply === undefined) return { RESP: 0 };
  const { answer, beginUs, endUs, lostBytes } = reply;
  const error = answer.error ?? (answer.isCancelled ? 'cancelled by the client (attention)' : undefined);
  return {
    RESP: 1,
    ...(request === undefined ? {} : { SQL_RESPONSE: (beginUs - request.endUs) / 1000 }),
    SQL_LOAD: (endUs - beginUs) / 1000,
    RET_CODE: answer.errorNumber,
    ...(error === undefined ? {} : { ERR: error }),
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
