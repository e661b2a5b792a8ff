// cold. Reads messages and answers of one session, and pairs them. A session asks for one thing at a time.
import { type Analyzer, type AnalyzerContext, type Direction, LOST } from '../analyzer.ts';
import { Pairing } from '../kit/pairing.ts';
import { Answers } from './answers.ts';
import type { Request } from './exchange.ts';
import type { tnsFields } from './fields.ts';
import { Content } from './incoming.ts';
import * as packet from './packet.ts';
import { Questions } from './questions.ts';
import { Session } from './session.ts';
import { CALL_HEADER_BYTES } from './ttc.ts';

type Context = AnalyzerContext<typeof tnsFields>;

/** A packet that is shorter asks for nothing. */
const MIN_REQUEST_BYTES = packet.DATA_HEADER_BYTES + CALL_HEADER_BYTES - 1;

export class TnsAnalyzer implements Analyzer {
  readonly #context: Context;
  readonly #pairing: Pairing<Request>;
  readonly #session: Session;
  readonly #answers: Answers;
  readonly #questions: Questions;
  readonly #contents: [Content | undefined, Content | undefined] = [undefined, undefined];
  #hasLargeLengths = false;

  constructor(context: Context) {
    this.#context = context;
    this.#session = new Session(context);
    this.#pairing = new Pairing<Request>(context.midStream, request => this.#session.report(request, undefined));
    this.#answers = new Answers(context, this.#pairing, this.#session);
    this.#questions = new Questions(context, this.#pairing, this.#session, this.#answers);
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    const content = this.#contents[direction];
    if (content !== undefined) return this.#read(direction, content, bytes, tsUs);
    if (!packet.isPacketHeader(direction, bytes, 0, this.#hasLargeLengths)) return this.#misread(direction);
    if (bytes.length < packet.HEADER_BYTES) return 0;
    const isData = bytes[4] === packet.DATA;
    if (isData && bytes.length < packet.DATA_HEADER_BYTES) return 0;
    const end = packet.packetBytes(bytes, 0, this.#hasLargeLengths);
    if (isData) return this.#begin(direction, bytes, end - packet.DATA_HEADER_BYTES, beginUs);
    if (bytes.length < end) return 0;
    this.#onControl(direction, bytes.subarray(0, end), tsUs, beginUs);
    return end;
  }

  onGap(direction: Direction, lengthBytes: number, tsUs: number): boolean {
    const content = this.#contents[direction];
    if (content === undefined && direction === 0 && lengthBytes < MIN_REQUEST_BYTES) return true; // a MARKER
    if (content === undefined || content.leftBytes < lengthBytes) {
      this.#lose(direction, lengthBytes);
      return false;
    }
    content.leftBytes -= lengthBytes;
    if (direction === 0) this.#questions.skip();
    else this.#answers.skip(content, lengthBytes, tsUs);
    if (content.leftBytes === 0) this.#end(direction, content, tsUs);
    return true;
  }

  onClose(): void {
    this.#questions.finish();
    this.#answers.giveUp();
    this.#pairing.close();
  }

  #misread(direction: Direction): number {
    this.#context.parseError('packet_header');
    this.#lose(direction, 0);
    return LOST;
  }

  #lose(direction: Direction, lengthBytes: number): void {
    this.#contents[direction] = undefined;
    if (direction === 0) {
      this.#questions.lose();
      this.#answers.endBefore(); // what comes now may answer what was lost
    } else {
      this.#questions.finish(); // it was asked before
      this.#answers.lose(lengthBytes);
    }
    this.#pairing.lose(direction);
    this.#session.forgetCursors(); // one may have been closed, and its number given anew
  }

  #begin(direction: Direction, bytes: Uint8Array, lengthBytes: number, beginUs: number): number {
    if (packet.hasLargeLength(bytes)) this.#hasLargeLengths = true;
    const content = new Content(packet.u16(bytes, packet.HEADER_BYTES), lengthBytes, beginUs);
    if (lengthBytes > 0) this.#contents[direction] = content; // an empty one ends a session
    return packet.DATA_HEADER_BYTES;
  }

  #read(direction: Direction, content: Content, bytes: Uint8Array, tsUs: number): number {
    const part = bytes.subarray(0, content.leftBytes);
    content.leftBytes -= part.length;
    if (direction === 0) this.#questions.read(content, part);
    else {
      this.#questions.finish();
      this.#answers.read(content, part, tsUs);
    }
    if (content.leftBytes === 0) this.#end(direction, content, tsUs);
    return part.length;
  }

  #end(direction: Direction, content: Content, tsUs: number): void {
    this.#contents[direction] = undefined;
    if (direction === 0) this.#questions.endPacket(content, tsUs);
    else this.#answers.endPacket(content);
  }

  /** @param bytes a whole packet, lent */
  #onControl(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): void {
    const type = bytes[4] ?? 0;
    if (type === packet.CONNECT) this.#questions.connect(bytes, tsUs, beginUs);
    else if (type === packet.MARKER && direction === 1) this.#answers.skipBreak();
    else if (type === packet.ACCEPT) {
      this.#hasLargeLengths = packet.u16(bytes, packet.HEADER_BYTES) >= packet.LARGE_LENGTHS;
      this.#answers.connected(undefined, bytes, tsUs, beginUs);
    } else if (type === packet.RESEND) this.#answers.connected(undefined, bytes, tsUs, beginUs);
    else if (type === packet.REFUSE || type === packet.REDIRECT) this.#answers.connected(type, bytes, tsUs, beginUs);
  }
}
