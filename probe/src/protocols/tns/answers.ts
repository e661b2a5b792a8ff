// cold. The server's side: answers, from their first byte to the message that ends them.
import type { AnalyzerContext } from '../analyzer.ts';
import type { Pairing } from '../kit/pairing.ts';
import { readRedirect, readRefusal } from './descriptor.ts';
import type { Reply, Request } from './exchange.ts';
import type { tnsFields } from './fields.ts';
import type { Content } from './incoming.ts';
import { type Outcome, readOutcome, TAIL_BYTES, Tail } from './outcome.ts';
import * as packet from './packet.ts';
import type { Session } from './session.ts';
import { TTC_END_OF_REQUEST } from './ttc.ts';

type Context = AnalyzerContext<typeof tnsFields>;

/** Where the data of a REFUSE and a REDIRECT stands; a longer one follows in a packet of DATA. */
const REFUSE_DATA = 12;
const REDIRECT_DATA = 10;

interface Growing {
  readonly beginUs: number;
  /** First byte of the first message. */
  readonly first: number;
  /** A REFUSE or REDIRECT whose data follows. */
  readonly awaits: number | undefined;
  /** Counted with `hold`. */
  readonly isHeld: boolean;
  readonly tail: Tail;
  endUs: number;
  bytes: number;
  lostBytes: number;
}

export class Answers {
  readonly #context: Context;
  readonly #pairing: Pairing<Request>;
  readonly #session: Session;
  #reply: Growing | undefined;
  /** Bytes were lost since the last answer ended: which answer comes now is not known. */
  #isLost: boolean;

  constructor(context: Context, pairing: Pairing<Request>, session: Session) {
    this.#context = context;
    this.#pairing = pairing;
    this.#session = session;
    this.#isLost = context.midStream;
  }

  /** The listener's answer to CONNECT.
   *  @param type REFUSE, REDIRECT, or undefined for one that is not told
   *  @param bytes a whole packet, lent */
  connected(type: number | undefined, bytes: Uint8Array, endUs: number, beginUs: number): void {
    const data = bytes.subarray(type === packet.REFUSE ? REFUSE_DATA : REDIRECT_DATA);
    if (type !== undefined && data.length === 0) {
      this.#begin(beginUs, 0, type).bytes = bytes.length;
      return;
    }
    const times = { beginUs, endUs, bytes: bytes.length, lostBytes: 0 };
    this.#settle({ ...times, ...(type === undefined ? { outcome: undefined } : verdictOf(type, data)) });
  }

  /** @param part of a packet's content, lent */
  read(content: Content, part: Uint8Array, tsUs: number): void {
    const isEmptyEnd = this.#reply === undefined && content.lengthBytes === 1 && part[0] === TTC_END_OF_REQUEST;
    if (isEmptyEnd) return; // of an answer that was seen to end before
    const reply = this.#reply ?? this.#begin(content.beginUs, part[0] ?? 0, undefined);
    reply.endUs = tsUs;
    if (reply.isHeld && (content.flags & packet.COMPRESSED) === 0) reply.tail.push(part);
  }

  /** A part of a packet's content was lost. */
  skip(content: Content, lengthBytes: number, tsUs: number): void {
    const reply = this.#reply ?? this.#begin(content.beginUs, 0, undefined);
    reply.lostBytes += lengthBytes;
    reply.endUs = tsUs;
    reply.tail.clear();
  }

  endPacket(content: Content): void {
    const reply = this.#reply;
    if (reply === undefined) return;
    reply.bytes += packet.DATA_HEADER_BYTES + content.lengthBytes;
    if (reply.awaits !== undefined) {
      this.#end({ ...timesOf(reply), ...verdictOf(reply.awaits, reply.tail.bytes) });
      return;
    }
    const outcome = readOutcome(reply.tail.bytes, reply.first);
    if (outcome !== undefined || (content.flags & packet.END_OF_REQUEST) !== 0)
      this.#end({ ...timesOf(reply), outcome });
  }

  /** The server broke off: what it said before is void. */
  skipBreak(): void {
    this.#reply?.tail.clear();
  }

  lose(lengthBytes: number): void {
    this.#isLost = true;
    if (this.#reply === undefined) return;
    this.#reply.lostBytes += lengthBytes;
    this.#reply.tail.clear();
  }

  /** A client asks again when the answer before has ended, whether that was seen or not. */
  endBefore(): void {
    const reply = this.#reply;
    if (reply === undefined || this.#isLost) this.giveUp();
    else this.#end({ ...timesOf(reply), outcome: undefined });
    this.#isLost = false;
  }

  giveUp(): void {
    if (this.#reply?.isHeld) this.#context.release(TAIL_BYTES);
    this.#reply = undefined;
  }

  #begin(beginUs: number, first: number, awaits: number | undefined): Growing {
    const isHeld = this.#context.hold(TAIL_BYTES);
    const times = { beginUs, endUs: beginUs, bytes: 0, lostBytes: 0 };
    this.#reply = { ...times, first, awaits, isHeld, tail: new Tail() };
    return this.#reply;
  }

  #end(reply: Reply): void {
    this.giveUp();
    this.#settle(reply);
  }

  #settle(reply: Reply): void {
    this.#isLost = false;
    const request = this.#pairing.answer();
    this.#session.report(request, reply);
  }
}

const timesOf = ({ beginUs, endUs, bytes, lostBytes }: Growing): Omit<Reply, 'outcome'> => ({
  beginUs,
  endUs,
  bytes,
  lostBytes,
});

function verdictOf(type: number, data: Uint8Array): { outcome: Outcome | undefined; redirect?: string } {
  if (type === packet.REDIRECT) return { outcome: undefined, redirect: readRedirect(data) };
  const { code, text } = readRefusal(data);
  return { outcome: { errorNumber: code, error: text, cursor: 0, rows: undefined } };
}
