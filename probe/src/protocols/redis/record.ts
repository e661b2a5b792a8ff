// cold. The exchange that is reported, out of a command and its reply.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { AnalyzerContext, Exchange } from '../analyzer.ts';
import { characterEnd } from '../kit/text.ts';
import type { redisFields } from './fields.ts';
import type { Request, Span } from './request.ts';

type RedisFields = typeof redisFields;
type Fields = { -readonly [K in keyof RecordOf<RedisFields>]: RecordOf<RedisFields>[K] };
type Context = AnalyzerContext<RedisFields>;

/** A reply, ready to be told. */
export interface Answer {
  readonly span: Span;
  readonly text: string;
  readonly isCut: boolean;
  readonly brief: string;
  readonly error: string | undefined;
}

/** @param request undefined when it was not seen
 *  @param answer undefined when none was seen */
export function redisExchange(
  request: Request | undefined,
  answer: Answer | undefined,
  context: Context,
): Exchange<RedisFields> {
  const fields: Fields = { RESP: answer === undefined ? 0 : 1 };
  if (request !== undefined) addRequest(fields, request, context);
  if (answer !== undefined) addAnswer(fields, answer, context);
  if (request !== undefined && answer !== undefined)
    fields.REDIS_RESPONSE = Math.max(0, answer.span.beginUs - request.span.endUs) / 1000;
  const lostBytes = (request?.span.lostBytes ?? 0) + (answer?.span.lostBytes ?? 0);
  if (lostBytes > 0) fields.LOST_BYTES = lostBytes;
  return {
    beginUs: request?.span.beginUs ?? answer?.span.beginUs ?? 0,
    endUs: answer?.span.endUs ?? request?.span.endUs ?? 0,
    bytes: (request?.span.bytes ?? 0) + (answer?.span.bytes ?? 0),
    summary: `${request?.label ?? '?'} ${answer === undefined || answer.span.lostBytes > 0 ? '-' : answer.brief}`,
    fields,
  };
}

/** @param kind of what was sent unasked */
export function redisPush(kind: string, answer: Answer, context: Context): Exchange<RedisFields> {
  const fields: Fields = { PUSH: kind };
  addAnswer(fields, answer, context);
  const { beginUs, endUs, bytes, lostBytes } = answer.span;
  if (lostBytes > 0) fields.LOST_BYTES = lostBytes;
  return { beginUs, endUs, bytes, summary: `? ${kind} ${answer.brief}`, fields };
}

function addRequest(fields: Fields, request: Request, context: Context): void {
  if (request.command !== '') fields.COMMAND = request.command;
  const text = cut(request.text, context.bodyLen);
  if (text !== '') fields.REQ = text;
  if (request.isCut || text.length < request.text.length) fields.TRUNCATED = 1;
  if (request.place > 1 || request.isFollowed) fields.PIPELINED = request.place;
}

function addAnswer(fields: Fields, answer: Answer, context: Context): void {
  if (answer.error !== undefined) fields.ERR = cut(answer.error, context.bodyLen);
  if (!context.bodies) return;
  const text = cut(answer.text, context.bodyLen);
  fields.RES = text;
  if (answer.isCut || text.length < answer.text.length) fields.TRUNCATED = 1;
}

/** @returns the text, or its beginning in at most `limitBytes` of UTF-8 */
function cut(text: string, limitBytes: number): string {
  if (text.length * 3 <= limitBytes || Buffer.byteLength(text) <= limitBytes) return text;
  const bytes = Buffer.from(text);
  return bytes.toString('utf8', 0, characterEnd(bytes, 0, limitBytes));
}
