// cold. The client's side: puts messages together and asks them.
import type { AnalyzerContext } from '../analyzer.ts';
import { Kept } from '../kit/kept.ts';
import type { Pairing } from '../kit/pairing.ts';
import type { Answers } from './answers.ts';
import { readDescriptor } from './descriptor.ts';
import type { Request } from './exchange.ts';
import type { tnsFields } from './fields.ts';
import { type Content, Incoming } from './incoming.ts';
import * as packet from './packet.ts';
import { CONNECT_QUESTION, follows, readQuestion } from './request.ts';
import type { Session } from './session.ts';
import { isCall, TTC_FAST_AUTH } from './ttc.ts';

type Context = AnalyzerContext<typeof tnsFields>;

/** Kept of a message beside `bodylen` of its text: piggybacks and counts before it, a login. */
const EXTRA_BYTES = 8 * 1024;
/** Where a CONNECT says how long its data is, and where it stands. */
const CONNECT_DATA_LENGTH = 24;
const CONNECT_DATA_OFFSET = 26;
const BRACKET = 0x28;

export class Questions {
  readonly #context: Context;
  readonly #pairing: Pairing<Request>;
  readonly #session: Session;
  readonly #answers: Answers;
  readonly #limitBytes: number;
  /** The packet that is coming in; whether it begins a message is seen at its end. */
  #packet: Kept | undefined;
  #isHoled = false;
  #message: Incoming | undefined;
  #sequence = -1;
  /** What follows a loss may be the rest of a message, and is passed over until one begins. */
  #isDiscarding: boolean;

  constructor(context: Context, pairing: Pairing<Request>, session: Session, answers: Answers) {
    this.#context = context;
    this.#pairing = pairing;
    this.#session = session;
    this.#answers = answers;
    this.#limitBytes = context.bodyLen + EXTRA_BYTES;
    this.#isDiscarding = context.midStream;
  }

  /** @param bytes a whole CONNECT, lent */
  connect(bytes: Uint8Array, endUs: number, beginUs: number): void {
    this.finish();
    const at = packet.u16(bytes, CONNECT_DATA_OFFSET);
    const data = bytes.subarray(at, at + packet.u16(bytes, CONNECT_DATA_LENGTH));
    if (data.length > 0) this.#session.connect(readDescriptor(data)); // otherwise it follows in a packet of its own
    this.#answers.endBefore();
    this.#isDiscarding = false;
    this.#pairing.ask({
      question: CONNECT_QUESTION,
      rowsBefore: undefined,
      beginUs,
      endUs,
      bytes: bytes.length,
      heldBytes: 0,
    });
  }

  /** @param part of a packet's content, lent */
  read(content: Content, part: Uint8Array): void {
    this.#packet ??= new Kept(this.#limitBytes);
    if ((content.flags & packet.COMPRESSED) !== 0) this.skip();
    this.#keep(this.#packet, part);
  }

  /** A part of the packet was lost, or cannot be read. */
  skip(): void {
    this.#packet ??= new Kept(this.#limitBytes);
    this.#packet.close();
    this.#isHoled = true;
  }

  endPacket(content: Content, endUs: number): void {
    const kept = this.#packet ?? new Kept(0);
    const isHoled = this.#isHoled;
    this.#dropPacket();
    const bytes = kept.bytes;
    if (bytes[0] === BRACKET) {
      this.#session.connect(readDescriptor(bytes));
      return;
    }
    if (this.#message === undefined || this.#message.isWhole || this.#isNext(bytes)) {
      this.finish();
      if (this.#isDiscarding && !isCall(bytes, 0) && bytes[0] !== TTC_FAST_AUTH) return;
      this.#isDiscarding = false;
      this.#message = new Incoming(this.#limitBytes, content.beginUs);
      this.#sequence = isCall(bytes, 0) ? (bytes[2] ?? 0) : -1;
    }
    this.#add(this.#message, bytes, isHoled);
    this.#message.bytes += packet.DATA_HEADER_BYTES + content.lengthBytes;
    this.#message.endUs = endUs;
    if ((content.flags & packet.END_OF_RPC) === 0) return;
    this.#message.isWhole = true;
    this.finish();
  }

  /** The message is all there: its answer begins, or another message, or there is no more to come. */
  finish(): void {
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    this.#answers.endBefore();
    const { body, beginUs, endUs, bytes, isHoled } = message;
    const question = readQuestion(body.bytes, isHoled, this.#context.bodyLen || EXTRA_BYTES / 8);
    if (question === undefined) this.#context.parseError(isHoled ? 'request_not_kept' : 'request');
    const isWhole = !isHoled && body.bytes.length < this.#limitBytes;
    const resolved = question && this.#session.resolve(question, isWhole);
    this.#pairing.ask({
      question: resolved?.question,
      rowsBefore: resolved?.rowsBefore,
      beginUs,
      endUs,
      bytes,
      heldBytes: body.bytes.length,
    });
  }

  lose(): void {
    this.#dropPacket();
    if (this.#message !== undefined) this.#context.release(this.#message.body.bytes.length);
    this.#message = undefined;
    this.#isDiscarding = true;
  }

  #isNext(bytes: Uint8Array): boolean {
    return this.#sequence >= 0 && isCall(bytes, 0) && follows(bytes[2] ?? 0, this.#sequence);
  }

  #dropPacket(): void {
    if (this.#packet !== undefined) this.#context.release(this.#packet.bytes.length);
    this.#packet = undefined;
    this.#isHoled = false;
  }

  #add(message: Incoming, bytes: Uint8Array, isHoled: boolean): void {
    const wasKept = this.#keep(message.body, bytes);
    if (!isHoled && wasKept) return;
    message.body.close();
    message.isHoled = true;
  }

  /** @returns false when there was no room */
  #keep(kept: Kept, bytes: Uint8Array): boolean {
    const before = kept.bytes.length;
    if (!this.#context.hold(bytes.length)) {
      kept.close();
      return false;
    }
    kept.add(bytes, 0, bytes.length);
    this.#context.release(bytes.length - (kept.bytes.length - before));
    return true;
  }
}
