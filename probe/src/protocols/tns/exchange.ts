// cold. What a request was, and the record of it with its answer.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { AnalyzerContext, Exchange } from '../analyzer.ts';
import { INCOMPLETE } from '../kit/sql-fields.ts';
import type { tnsFields } from './fields.ts';
import { isBlock, readMarks } from './marks.ts';
import type { Outcome } from './outcome.ts';
import type { Question } from './request.ts';
import { OALL8, OFETCH, REEXECUTE, REEXECUTE_AND_FETCH } from './ttc.ts';

type TnsFields = typeof tnsFields;
type Redactor = AnalyzerContext['redactor'];

const SUMMARY_CHARS = 60;
/** Functions that run a statement, or go on with it. */
const RUNS: readonly number[] = [OALL8, OFETCH, REEXECUTE, REEXECUTE_AND_FETCH];
/** The server's way to say that a query has no more rows. */
const NO_DATA_FOUND = 1403;

/** What a client asked for. */
export interface Request {
  /** Undefined when it was not understood. */
  readonly question: Question | undefined;
  /** Rows that its cursor gave before; undefined when that is not known. */
  readonly rowsBefore: number | undefined;
  readonly beginUs: number;
  readonly endUs: number;
  readonly bytes: number;
  /** Kept of it, until it is answered. */
  readonly heldBytes: number;
}

/** An answer, and when it came. */
export interface Reply {
  readonly beginUs: number;
  readonly endUs: number;
  readonly bytes: number;
  readonly lostBytes: number;
  /** Undefined when how it ended was not seen. */
  readonly outcome: Outcome | undefined;
  readonly redirect?: string | undefined;
}

/** What the session is known to be; empty what is not. */
export interface SessionFacts {
  readonly user: string;
  readonly program: string;
  readonly service: string;
}

export function exchangeOf(
  request: Request | undefined,
  reply: Reply | undefined,
  facts: SessionFacts,
  bodyLen: number,
  redactor: Redactor,
): Exchange<TnsFields> {
  return {
    beginUs: request?.beginUs ?? reply?.beginUs ?? 0,
    endUs: reply?.endUs ?? request?.endUs ?? 0,
    bytes: (request?.bytes ?? 0) + (reply?.bytes ?? 0),
    summary: `${asked(request, facts)} ${answered(request, reply)}${isPartlyUnseen(request) ? ' *' : ''}`,
    fields: {
      ...questionFields(request?.question, bodyLen, redactor),
      ...replyFields(request, reply, redactor),
      ...(facts.user === '' ? {} : { USER: facts.user }),
      ...(facts.program === '' ? {} : { APP: facts.program }),
      ...(facts.service === '' ? {} : { DB: facts.service }),
    },
  };
}

function asked(request: Request | undefined, { service }: SessionFacts): string {
  const question = request?.question;
  if (question?.kind === 'connect') return `CONNECT ${service || '?'}`;
  if (question?.kind === 'login') return `LOGIN ${question.login?.user || 'without a name'}`;
  const sql = question?.sql;
  if (sql === undefined) return '?';
  const text = sql.replace(/\s+/g, ' ').trim().slice(0, SUMMARY_CHARS);
  return question?.code === OFETCH ? `FETCH ${text}` : text;
}

/** What its cursor stands for was told before, and missed. */
const isPartlyUnseen = (request: Request | undefined): boolean =>
  request?.question?.cursor !== undefined && request.question.sql === undefined;

function answered(request: Request | undefined, reply: Reply | undefined): string {
  if (reply?.redirect !== undefined) return 'redirected';
  if (reply?.outcome === undefined) return '-';
  const number = errorOf(request, reply.outcome);
  return number === 0 ? 'ok' : `error ${number}`;
}

function questionFields(question: Question | undefined, bodyLen: number, redactor: Redactor): RecordOf<TnsFields> {
  if (question?.sql === undefined) return {};
  const { sql, code, cursor, isCut, params = [], isParamsCut } = question;
  return {
    ...(bodyLen === 0 ? {} : { SQL: redactor.sql(sql, 'standard') }),
    ...(cursor && code !== OFETCH ? { PREPARED: 1 } : {}),
    ...(params.length === 0 ? {} : { PARAMS: paramsOf(question, redactor) }),
    ...(isCut || isParamsCut ? { TRUNCATED: 1 } : {}),
  };
}

/** Values of several rows follow each other. Where they do not fit the names in the text, any may be a secret. */
function paramsOf({ sql = '', isCut, binds, params = [] }: Question, redactor: Redactor): readonly string[] {
  const { names, returned } = readMarks(sql);
  const valued = names.length - returned;
  if (valued > 0 && names.length === binds?.length) {
    const repeated = params.map((_value, place) => names[place % valued] ?? '');
    return redactor.parameters(sql, 'standard', params, repeated);
  }
  return redactor.parameters(isCut && !isBlock(sql) ? sql : '', 'standard', params);
}

function replyFields(request: Request | undefined, reply: Reply | undefined, redactor: Redactor): RecordOf<TnsFields> {
  if (reply === undefined) return { RESP: 0 };
  const { beginUs, endUs, lostBytes } = reply;
  return {
    RESP: 1,
    ...(request === undefined ? {} : { SQL_RESPONSE: (beginUs - request.endUs) / 1000 }),
    SQL_LOAD: (endUs - beginUs) / 1000,
    ...endFields(request, reply, redactor),
    ...(lostBytes === 0 ? {} : { LOST_BYTES: lostBytes }),
  };
}

function endFields(
  request: Request | undefined,
  { outcome, redirect }: Reply,
  redactor: Redactor,
): RecordOf<TnsFields> {
  if (redirect !== undefined) return { RET_CODE: 0, REDIRECT: redirect };
  return outcome === undefined ? { ERR: INCOMPLETE } : outcomeFields(request, outcome, redactor);
}

function outcomeFields(request: Request | undefined, outcome: Outcome, redactor: Redactor): RecordOf<TnsFields> {
  const number = errorOf(request, outcome);
  const rows = number === 0 ? rowsOf(request, outcome) : undefined;
  return {
    RET_CODE: number,
    ...(number === 0 || outcome.error === '' ? {} : { ERR: redactor.text(outcome.error) }),
    ...(rows === undefined ? {} : { ROWS: rows }),
  };
}

/** A query that has given its last row is no error; a block that finds no data is. */
export const errorOf = (request: Request | undefined, { errorNumber }: Outcome): number =>
  errorNumber === NO_DATA_FOUND && !runsBlock(request) ? 0 : errorNumber;

const runsBlock = (request: Request | undefined): boolean => isBlock(request?.question?.sql ?? '');

/** Rows of this answer: the server counts all that its cursor gave. */
function rowsOf(request: Request | undefined, { rows }: Outcome): number | undefined {
  const code = request?.question?.code ?? 0;
  if (rows === undefined || !RUNS.includes(code) || runsBlock(request)) return undefined;
  if (code !== OFETCH) return rows;
  return request?.rowsBefore === undefined ? undefined : Math.max(0, rows - request.rowsBefore);
}
