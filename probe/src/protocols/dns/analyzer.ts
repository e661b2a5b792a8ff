// cold. Pairs queries and answers by id and question, over UDP and TCP.
import { type Analyzer, type AnalyzerContext, type Direction, LOST } from '../analyzer.ts';
import { lengthAt, PREFIX_BYTES } from './detect.ts';
import { type Message, readMessage } from './message.ts';
import { answerFields, type DnsFields, type Fields, questionFields } from './record.ts';
import { Repeats } from './repeats.ts';
import { Transfer } from './transfer.ts';

/** After this a query counts as unanswered: twice the time that common resolvers wait (5 s). */
export const QUERY_TIMEOUT_US = 10_000_000;
/** Queries of one conversation that wait at a time: a forwarder's busy socket; the oldest is given up for more. */
const PENDING_LIMIT = 4096;
/** What a waiting query costs beside its name. */
const QUERY_BYTES = 200;
/** Of the first message of a transfer, which waits for its end: a byte is written as \ddd at most. */
const CHARS_PER_BYTE = 4;

type Context = AnalyzerContext<DnsFields>;

interface Query {
  readonly message: Message;
  readonly beginUs: number;
  bytes: number;
  lastUs: number;
  retries: number;
  heldBytes: number;
  /** A zone transfer is answered in many messages; this is the first. */
  answer?: Message;
  answerUs?: number;
  transfer?: Transfer;
  lostBytes: number;
}

export class DnsAnalyzer implements Analyzer {
  readonly #context: Context;
  /** By id and question, oldest first. */
  readonly #pending = new Map<string, Query>();
  readonly #repeats: Repeats;

  constructor(context: Context) {
    this.#context = context;
    this.#repeats = new Repeats(heldBytes => context.release(heldBytes));
  }

  get atRest(): boolean {
    return this.#pending.size === 0 && this.#repeats.isEmpty;
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
  onGap(direction: Direction, lengthBytes: number): boolean {
    if (this.#context.transport === 'udp') return true;
    if (direction === 1) for (const query of this.#pending.values()) if (query.transfer) query.lostBytes += lengthBytes;
    return false;
  }

  onClose(): void {
    for (const [key, query] of this.#pending) this.#finish(key, query);
    this.#repeats.forget(Number.POSITIVE_INFINITY);
  }

  onTick(tsUs: number): void {
    this.#repeats.forget(tsUs - QUERY_TIMEOUT_US);
    for (const [key, query] of this.#pending) {
      if (tsUs - query.lastUs < QUERY_TIMEOUT_US) continue;
      this.#finish(key, query);
    }
  }

  /** @param lengthBytes what the message took on the wire */
  #read(bytes: Uint8Array, lengthBytes: number, tsUs: number, beginUs: number): boolean {
    const message = readMessage(bytes);
    if (message === undefined) {
      this.#context.parseError('message');
      return false;
    }
    if (message.isAnswer) this.#onAnswer(message, bytes, lengthBytes, tsUs, beginUs);
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
    const query: Query = { message, beginUs, heldBytes, bytes: lengthBytes, lastUs: tsUs, retries: 0, lostBytes: 0 };
    if (!this.#context.hold(heldBytes)) {
      this.#context.parseError('query_not_held');
      return;
    }
    const [oldest] = this.#pending.size >= PENDING_LIMIT ? this.#pending : [];
    if (oldest !== undefined) this.#finish(...oldest);
    this.#pending.set(key, query);
  }

  #onAnswer(message: Message, bytes: Uint8Array, lengthBytes: number, tsUs: number, beginUs: number): void {
    const [key, query] = this.#queryOf(message) ?? [];
    if (key === undefined || query === undefined) {
      if (this.#repeats.take(keyOf(message))) this.#context.parseError('repeated_answer');
      else if (!this.#isPartOfTransfer(message)) this.#emitUnasked(message, lengthBytes, tsUs, beginUs);
      return;
    }
    query.bytes += lengthBytes;
    query.lastUs = tsUs;
    query.answer ??= message;
    query.answerUs ??= beginUs;
    if (!this.#goesOn(query, message, bytes)) this.#finish(key, query);
  }

  /** An answer may come without the question: to a malformed query, or as a further part of a zone transfer. Then the id
   *  alone must do, if it is the only one. */
  #queryOf(answer: Message): [string, Query] | undefined {
    const key = keyOf(answer);
    const query = this.#pending.get(key);
    if (query !== undefined) return [key, query];
    if (answer.question !== undefined) return undefined;
    const same = [...this.#pending].filter(([, { message }]) => message.id === answer.id);
    const [only] = same;
    return same.length === 1 && (answer.rcode !== 'NOERROR' || only?.[1].transfer !== undefined) ? only : undefined;
  }

  /** @returns whether more of the answer is to come */
  #goesOn(query: Query, answer: Message, bytes: Uint8Array): boolean {
    const type = query.message.question?.type;
    const isTransfer = type === 'AXFR' || type === 'IXFR';
    if (!isTransfer || this.#context.transport === 'udp' || answer.rcode !== 'NOERROR') return false;
    const isFirst = query.transfer === undefined;
    query.transfer ??= new Transfer(type);
    query.transfer.take(bytes);
    if (query.transfer.isOver || !isFirst) return !query.transfer.isOver;
    const heldBytes = CHARS_PER_BYTE * bytes.length;
    const isHeld = this.#context.hold(heldBytes);
    if (isHeld) query.heldBytes += heldBytes;
    else this.#context.parseError('transfer_not_held');
    return isHeld;
  }

  /** One that was begun before we came, or that was told already. */
  #isPartOfTransfer({ question, answers }: Message): boolean {
    return this.#context.transport === 'tcp' && question === undefined && answers.length > 0;
  }

  #emitUnasked(answer: Message, lengthBytes: number, tsUs: number, beginUs: number): void {
    const fields = answerFields(answer, answer);
    const summary = `? ${subjectOf(answer, fields)} ${answer.rcode}`;
    this.#context.emit({ beginUs, endUs: tsUs, bytes: lengthBytes, summary, fields });
  }

  #finish(key: string, query: Query): void {
    this.#pending.delete(key);
    const { message, answer, beginUs, bytes, retries } = query;
    if (answer !== undefined && retries > 0) this.#repeats.add(key, retries, query.lastUs, query.heldBytes);
    else this.#context.release(query.heldBytes);
    const fields = fieldsOf(query);
    const summary = `${subjectOf(message, fields)} ${answer?.rcode ?? '-'}${fields.TRUNCATED ? ' *' : ''}`;
    this.#context.emit({ beginUs, endUs: query.lastUs, bytes, summary, fields });
  }
}

/** Servers may change the case of names, and some clients do so on purpose. */
const keyOf = ({ id, opcode, question }: Message): string =>
  `${id} ${opcode} ${question?.type} ${question?.name.toLowerCase()}`;

function fieldsOf({ message, answer, beginUs, answerUs, retries, transfer, lostBytes }: Query): Fields {
  const fields = answer === undefined ? unansweredFields(message) : answerFields(message, answer);
  if (answerUs !== undefined) fields.DNS_RESPONSE = (answerUs - beginUs) / 1000;
  if (retries > 0) fields.RETRIES = retries;
  if (transfer !== undefined) fields.RECORDS = transfer.records;
  if (lostBytes > 0) fields.LOST_BYTES = lostBytes;
  if (transfer !== undefined && (lostBytes > 0 || !transfer.isOver)) fields.TRUNCATED = 1;
  return fields;
}

const unansweredFields = (query: Message): Fields => ({ ...questionFields(query), FLAGS: query.flags, RESP: 0 });

/** What was asked, in one line: of a plain query its type and name, which say more than QUERY. */
function subjectOf({ opcode }: Message, { QTYPE, DOMAIN }: Fields): string {
  if (QTYPE === undefined) return opcode;
  return `${opcode === 'QUERY' ? '' : `${opcode} `}${QTYPE} ${DOMAIN}`;
}
