// cold. The record of a statement, or of another message that has one.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { AnalyzerContext, Exchange } from '../analyzer.ts';
import { INCOMPLETE } from '../kit/sql-fields.ts';
import type { SessionFacts } from './facts.ts';
import type { postgresFields } from './fields.ts';
import type { Answer, Request } from './request.ts';

type PostgresFields = typeof postgresFields;
type Fields = { -readonly [K in keyof RecordOf<PostgresFields>]: RecordOf<PostgresFields>[K] };

/** Stands in ERR of a statement that the server passed over. */
const NOT_RUN = 'not run: an earlier statement of the pipeline failed';
const SUMMARY_SQL_LENGTH = 100;

type Redactor = AnalyzerContext['redactor'];

export function postgresExchange(request: Request, facts: SessionFacts, redactor: Redactor): Exchange<PostgresFields> {
  const { asked, answer } = request;
  const wasAnswered = answer.beginUs !== 0;
  const isUnknown = asked.execute === 'unknown';
  const fields: Fields = {};
  addQuestion(fields, request, redactor);
  Object.assign(fields, facts.fields());
  if (wasAnswered) addAnswer(fields, request, redactor);
  else if (request.isSkipped) fields.ERR = NOT_RUN;
  fields.RESP = wasAnswered ? 1 : 0;
  return {
    beginUs: request.beginUs || answer.beginUs,
    endUs: Math.max(request.endUs, answer.endUs),
    bytes: request.bytes + answer.bytes,
    summary: `${asked.command ?? summaryOf(fields.SQL)} ${isUnknown ? '? ' : ''}${outcomeOf(request)}${isUnknown ? ' *' : ''}`,
    fields,
  };
}

function addQuestion(fields: Fields, { asked, lostBytes }: Request, redactor: Redactor): void {
  const { sql = '', params = [] } = asked;
  if (asked.command !== undefined) fields.COMMAND = asked.command;
  if (sql !== '') fields.SQL = redactor.sql(sql, 'standard');
  if (asked.isPrepared || asked.execute !== undefined) fields.PREPARED = 1;
  if (params.length > 0) fields.PARAMS = redactor.parameters(sql, 'standard', params);
  if (asked.isCut) fields.TRUNCATED = 1;
  if (lostBytes > 0) fields.LOST_BYTES = lostBytes;
}

function addAnswer(fields: Fields, { endUs, answer }: Request, redactor: Redactor): void {
  if (!answer.beginLost && endUs > 0 && answer.beginUs >= endUs) fields.SQL_RESPONSE = (answer.beginUs - endUs) / 1000;
  if (!answer.beginLost) fields.SQL_LOAD = (answer.endUs - answer.beginUs) / 1000;
  if (answer.rows !== undefined && !answer.isStream) fields.ROWS = answer.rows;
  if (answer.notices.length > 0) fields.NOTICE = answer.notices.map(text => redactor.text(text));
  if (answer.error !== undefined) addError(fields, answer.error, redactor);
  else if (answer.isComplete) fields.RET_CODE = 0;
  else fields.ERR = INCOMPLETE;
}

function addError(fields: Fields, { sqlState, message }: NonNullable<Answer['error']>, redactor: Redactor): void {
  fields.RET_CODE = 1;
  if (sqlState !== '') fields.SQLSTATE = sqlState;
  if (message !== '') fields.ERR = redactor.text(message);
}

const summaryOf = (sql: string | undefined): string =>
  sql?.replace(/\s+/g, ' ').trim().slice(0, SUMMARY_SQL_LENGTH) || '?';

/** What the server said, and `-` where something of it is missing. */
function outcomeOf({ answer }: Request): string {
  const said = [...answer.tags, ...(answer.error === undefined ? [] : [answer.error.sqlState])].join(' ; ');
  if (answer.isComplete) return said;
  return said === '' ? '-' : `${said} -`;
}
