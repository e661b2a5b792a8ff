// cold. The exchanges that are reported: a method and its answer, or a message.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { Exchange } from '../analyzer.ts';
import type { Redactor } from '../kit/redact/redactor.ts';
import type { Arguments } from './arguments.ts';
import type { Call } from './call.ts';
import type { Content } from './content.ts';
import type { amqpFields } from './fields.ts';
import type { Method } from './methods.ts';

type AmqpFields = typeof amqpFields;
type Fields = { -readonly [K in keyof RecordOf<AmqpFields>]: RecordOf<AmqpFields>[K] };

/** What every record of a connection says. */
export interface Connection {
  host: string;
  user: string;
}

/** How a method or a message was answered. */
export interface Answer {
  readonly beginUs: number;
  readonly endUs: number;
  /** Of its frame; 0 when it stands for several. */
  readonly bytes: number;
  /** What the summary says of it. */
  readonly outcome: string;
  readonly error?: string;
  /** Its arguments, where it has any. */
  readonly args?: Arguments;
}

const TEXT_CHARS = 30;

/** @param answer undefined when none was seen
 *  @param isDue an answer is */
export function callExchange(
  connection: Connection,
  channel: number,
  call: Call,
  answer: Answer | undefined,
  isDue: boolean,
): Exchange<AmqpFields> {
  const fields = commonFields(connection, channel, call.method.name, call.args);
  if (fields.QUEUE === undefined && answer?.args !== undefined) addName(fields, 'QUEUE', answer.args.queue);
  if (isDue) fields.RESP = answer === undefined ? 0 : 1;
  if (answer !== undefined) addAnswer(fields, answer, call.endUs);
  const { code, text } = call.args;
  if (code >= ERROR_CODES) fields.ERR = errorText(code, text);
  if (call.method.name === 'connection.blocked') fields.ERR = text;
  return {
    beginUs: call.beginUs,
    endUs: answer?.endUs ?? call.endUs,
    bytes: call.bytes + (answer?.bytes ?? 0),
    summary: [call.method.name, subjectOf(call.args), answer?.outcome ?? '-'].filter(Boolean).join(' '),
    fields,
  };
}

/** 200 says that all is well. Source: AMQP 0-9-1 specification, section 1.2. */
const ERROR_CODES = 300;

export const errorText = (code: number, text: string): string => `${code} ${text}`;

/** An answer whose call was not seen. */
export function answerExchange(
  connection: Connection,
  channel: number,
  method: Method,
  answer: Answer,
): Exchange<AmqpFields> {
  const fields = commonFields(connection, channel, method.name, answer.args);
  fields.RESP = 1;
  const { beginUs, endUs, bytes, outcome } = answer;
  return { beginUs, endUs, bytes, summary: `? ${method.name} ${outcome}`, fields };
}

/** @param queue of the consumer that it is delivered to, '' when it is not known
 *  @param confirm how the broker answered a publish; undefined when it did not, or need not */
export function messageExchange(
  connection: Connection,
  channel: number,
  content: Content,
  queue: string,
  confirm: Answer | undefined,
  redactor: Redactor,
): Exchange<AmqpFields> {
  const { call, args, method } = content;
  const fields = commonFields(connection, channel, call?.method.name ?? method.name, args);
  addName(fields, 'QUEUE', call?.args.queue ?? queue);
  const text = content.text(redactor);
  addContent(fields, content, text);
  if (call !== undefined || content.waits) fields.RESP = call === undefined && confirm === undefined ? 0 : 1;
  if (call !== undefined) fields.AMQ_RESPONSE = milliseconds(call.endUs, content.beginUs);
  if (confirm !== undefined) addAnswer(fields, confirm, content.endUs);
  if (args.code > 0) fields.ERR = errorText(args.code, args.text);
  return {
    beginUs: call?.beginUs ?? content.beginUs,
    endUs: confirm?.endUs ?? content.endUs,
    bytes: content.bytes + (call?.bytes ?? 0),
    summary: messageSummary(content, text?.text, confirm),
    fields,
  };
}

function messageSummary(content: Content, text: string | undefined, confirm: Answer | undefined): string {
  const { call, args, method } = content;
  const what = content.isWhole && content.lostBytes === 0 && content.heldBytes > 0 ? brief(content, text) : '?';
  if (call !== undefined) return `${call.method.name} ${call.args.queue} ${what}`;
  const where = `${args.exchange || '(default)'}/${args.routingKey}`;
  if (method.name === 'basic.publish') return `${method.name} ${where} ${what} ${confirm?.outcome ?? '-'}`;
  return `? ${method.name} ${where} ${what}`;
}

const brief = (content: Content, text: string | undefined): string =>
  text === undefined ? `${content.bodyBytes} B` : `"${text.slice(0, TEXT_CHARS).replaceAll(/\s+/g, ' ')}"`;

function commonFields({ host, user }: Connection, channel: number, method: string, args?: Arguments): Fields {
  const fields: Fields = { METHOD: method };
  addName(fields, 'HOST', host);
  addName(fields, 'USER', user);
  fields.CHANNEL = channel;
  addName(fields, 'EXCHANGE', args?.exchange ?? '');
  addName(fields, 'QUEUE', args?.queue ?? '');
  addName(fields, 'ROUTING_KEY', args?.routingKey ?? '');
  return fields;
}

function addName(fields: Fields, name: 'HOST' | 'USER' | 'EXCHANGE' | 'QUEUE' | 'ROUTING_KEY', value: string): void {
  if (value !== '') fields[name] = value;
}

function addContent(fields: Fields, content: Content, text: { text: string; isCut: boolean } | undefined): void {
  if (content.contentType !== '') fields.CONTENTTYPE = content.contentType;
  if (content.bodyBytes >= 0) fields.BODY_BYTES = content.bodyBytes;
  if (text !== undefined && text.text !== '') fields.TEXT = text.text;
  if (text?.isCut === true) fields.TRUNCATED = 1;
  if (content.lostBytes > 0) fields.LOST_BYTES = content.lostBytes;
}

function addAnswer(fields: Fields, answer: Answer, askedUs: number): void {
  fields.AMQ_RESPONSE = milliseconds(askedUs, answer.beginUs);
  if (answer.error !== undefined) fields.ERR = answer.error;
}

const milliseconds = (fromUs: number, toUs: number): number => Math.max(0, toUs - fromUs) / 1000;

const subjectOf = ({ queue, exchange, routingKey, consumerTag, host, code }: Arguments): string =>
  [host, exchange, queue, routingKey, consumerTag, code > 0 ? String(code) : ''].filter(Boolean).join(' ');
