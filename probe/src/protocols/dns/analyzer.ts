// cold. Pairs queries and answers by id and question, over UDP and TCP.
import type { RecordOf } from '@nanogelf/codec/fields';
import { type Analyzer, type AnalyzerContext, type Direction, LOST } from '../analyzer.ts';
import { lengthAt, PREFIX_BYTES } from './detect.ts';
import type { dnsFields } from './fields.ts';
import { type Message, readMessage } from './message.ts';

/** After this a query counts as unanswered: twice the time that common resolvers wait (5 s). */
export const QUERY_TIMEOUT_US = 10_000_000;
/** Queries of one conversation that wait at a time: a forwarder's busy socket; the oldest is given up for more. */
const PENDING_LIMIT = 4096;
/** What a waiting query costs beside its name. */
const QUERY_BYTES = 200;

type DnsFields = typeof dnsFields;
type Context = AnalyzerContext<DnsFields>;

interface Query {
  readonly message: Message;
  readonly beginUs: number;
  readonly heldBytes: number;
  bytes: number;
  lastUs: number;
  retries: number;
}

export class DnsAnalyzer implements Analyzer {
  readonly #context: Context;
  /** By id and question, oldest first. */
  readonly #pending = new Map<string, Query>();
  /** A zone transfer goes on in further messages of the same id. */
  #transferId = -1;

  constructor(context: Context) {
    this.#context = context;
  }

  get atRest(): boolean {
    return this.#pending.size === 0;
  }

  onData(_direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    if (this.#context.transport === 'udp') {
      this.#read(bytes, bytes.length, tsUs, beginUs);
      return bytes.length;
    }
    if (bytes.length < PREFIX_BYTES) return 0;
    const end = PREFIX_BYTES + lengthAt(bytes, 0);
    if (bytes.length < end) return 0;
    return this.#read(bytes.subarray(PREFIX_BYTES, end), end, tsUs, beginUs) ? end : LOST;
  }

  /** Of a stream the next length is gone with the bytes; a cut datagram was read as far as it goes. */
  onGap(): boolean {
    return this.#context.transport === 'udp';
  }

  onClose(): void {
    for (const [key, query] of this.#pending) this.#giveUp(key, query);
  }

  onTick(tsUs: number): void {
    for (const [key, query] of this.#pending) {
      if (tsUs - query.lastUs < QUERY_TIMEOUT_US) continue;
      this.#giveUp(key, query);
    }
  }

  /** @param lengthBytes what the message took on the wire */
  #read(bytes: Uint8Array, lengthBytes: number, tsUs: number, beginUs: number): boolean {
    const message = readMessage(bytes);
    if (message === undefined) {
      this.#context.parseError('message');
      return false;
    }
    if (message.isAnswer) this.#onAnswer(message, lengthBytes, tsUs, beginUs);
    else this.#onQuery(message, lengthBytes, tsUs, beginUs);
    return true;
  }

  #onQuery(message: Message, lengthBytes: number, tsUs: number, beginUs: number): void {
    const key = keyOf(message);
    const earlier = this.#pending.get(key);
    if (earlier === undefined) {
      this.#wait(key, message, lengthBytes, tsUs, beginUs);
      return;
    }
    earlier.retries += 1;
    earlier.bytes += lengthBytes;
    earlier.lastUs = tsUs;
  }

  #wait(key: string, message: Message, lengthBytes: number, tsUs: number, beginUs: number): void {
    const heldBytes = QUERY_BYTES + key.length;
    const query: Query = { message, beginUs, heldBytes, bytes: lengthBytes, lastUs: tsUs, retries: 0 };
    if (!this.#context.hold(heldBytes)) {
      this.#context.parseError('query_not_held');
      return;
    }
    const [oldest] = this.#pending.size >= PENDING_LIMIT ? this.#pending : [];
    if (oldest !== undefined) this.#giveUp(...oldest);
    this.#pending.set(key, query);
  }

  #onAnswer(message: Message, lengthBytes: number, tsUs: number, beginUs: number): void {
    if (message.question === undefined && message.id === this.#transferId) return;
    const found = this.#queryOf(message);
    if (found !== undefined) this.#forget(...found);
    const query = found?.[1];
    this.#transferId = message.question?.type === 'AXFR' ? message.id : -1;
    const fields = answerFields(query?.message ?? message, message);
    if (query !== undefined) fields.DNS_RESPONSE = (beginUs - query.beginUs) / 1000;
    if (query !== undefined && query.retries > 0) fields.RETRIES = query.retries;
    this.#context.emit({
      beginUs: query?.beginUs ?? beginUs,
      endUs: tsUs,
      bytes: lengthBytes + (query?.bytes ?? 0),
      summary: `${query === undefined ? '? ' : ''}${fields.QTYPE} ${fields.DOMAIN} ${message.rcode}`,
      fields,
    });
  }

  /** An answer to a malformed query may come without the question: then the id alone must do, if it is the only one. */
  #queryOf(answer: Message): [string, Query] | undefined {
    if (answer.question !== undefined) {
      const key = keyOf(answer);
      const query = this.#pending.get(key);
      return query && [key, query];
    }
    const same = [...this.#pending].filter(([, query]) => query.message.id === answer.id);
    return same.length === 1 && answer.rcode !== 'NOERROR' ? same[0] : undefined;
  }

  #giveUp(key: string, query: Query): void {
    this.#forget(key, query);
    const fields = questionFields(query.message);
    fields.FLAGS = query.message.flags;
    fields.RESP = 0;
    if (query.retries > 0) fields.RETRIES = query.retries;
    const summary = `${fields.QTYPE} ${fields.DOMAIN} -`;
    this.#context.emit({ beginUs: query.beginUs, endUs: query.lastUs, bytes: query.bytes, summary, fields });
  }

  #forget(key: string, query: Query): void {
    this.#pending.delete(key);
    this.#context.release(query.heldBytes);
  }
}

type Fields = { -readonly [K in keyof RecordOf<DnsFields>]: RecordOf<DnsFields>[K] };

/** Servers may change the case of names, and some clients do so on purpose. */
const keyOf = (message: Message): string =>
  `${message.id} ${message.question?.type} ${message.question?.name.toLowerCase()}`;

function questionFields(message: Message): Fields {
  const { question } = message;
  return question === undefined ? { ID: message.id } : { ID: message.id, DOMAIN: question.name, QTYPE: question.type };
}

function answerFields(asked: Message, answer: Message): Fields {
  const fields = questionFields(asked);
  const [first] = answer.answers;
  if (asked.question === undefined && first !== undefined) {
    fields.DOMAIN = first.name;
    fields.QTYPE = first.type;
  }
  fields.RESP = 1;
  fields.RCODE = answer.rcode;
  fields.FLAGS = answer.flags;
  if (first !== undefined) fields.ANSWERS = answer.answers;
  const addresses = answer.answers.filter(({ type }) => type === 'A' || type === 'AAAA').map(({ data }) => data);
  if (addresses.length > 0) fields.RESULT_IP = addresses;
  return fields;
}
