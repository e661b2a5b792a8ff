// warm. Cuts both directions of a session into messages. Of a long message only the beginning is waited for, and of rows
// and COPY data nothing: they are counted and passed over as they come.
import { type Analyzer, type Direction, LOST, STOP } from '../analyzer.ts';
import { Backend } from './backend.ts';
import { CHAIN_BYTES, CopyChain } from './copy-chain.ts';
import { resync } from './detect.ts';
import { type Context, Dialogue } from './dialogue.ts';
import { Frontend } from './frontend.ts';
import type { Message } from './message.ts';
import { BACKEND, FRONTEND, HEADER_BYTES } from './messages.ts';
import { isHeader } from './shapes.ts';
import { CANCEL_REQUEST, GSSENC_REQUEST, readStartup, SSL_REQUEST } from './startup.ts';
import { int32 } from './wire.ts';

/** So much of a message is read, beside a text of `bodylen`: names, types, parameters. */
const READ_BYTES = 16 * 1024;
/** Answers to SSLRequest and GSSENCRequest. */
const SSL_ACCEPTED = 0x53; // S
const GSSENC_ACCEPTED = 0x47; // G
const REFUSED = 0x4e; // N
/** A TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16;

export class PostgresAnalyzer implements Analyzer {
  readonly #context: Context;
  readonly #dialogue: Dialogue;
  readonly #frontend: Frontend;
  readonly #backend: Backend;
  readonly #readBytes: number;
  /** The client's next message is one without a type. */
  #starts = true;
  /** Requests for encryption that wait for their one byte. */
  #negotiations = 0;
  /** By direction: bytes of the current message that are passed over. */
  readonly #restBytes: [number, number] = [0, 0];
  /** By direction: a message was seen. */
  readonly #hasRead: [boolean, boolean] = [false, false];
  /** By direction: where the place is lost. */
  readonly #chains: [CopyChain | undefined, CopyChain | undefined] = [undefined, undefined];

  constructor(context: Context) {
    this.#context = context;
    this.#dialogue = new Dialogue(context);
    this.#frontend = new Frontend(this.#dialogue);
    this.#backend = new Backend(this.#dialogue);
    this.#readBytes = READ_BYTES + context.bodyLen;
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    this.#hasRead[direction] = true;
    if (this.#restBytes[direction] > 0) return this.#passOver(direction, bytes.length, tsUs);
    if (direction === 0 && this.#starts && bytes[0] === 0) return this.#readStartup(bytes, tsUs, beginUs);
    if (direction === 0 && this.#negotiations > 0 && bytes[0] === TLS_HANDSHAKE) return this.#beginTls();
    if (direction === 1 && this.#negotiations > 0 && bytes[0] !== BACKEND.ErrorResponse)
      return this.#readNegotiation(bytes[0] ?? 0);
    if (bytes.length < HEADER_BYTES) return 0;
    const type = bytes[0] ?? 0;
    const bodyBytes = int32(bytes, 1) - 4;
    if (!isHeader(direction, type, bodyBytes)) return this.#misread(direction, 'header');
    if (isBulk(direction, type)) return this.#readBulk(direction, type, bytes, tsUs, beginUs);
    const lengthBytes = HEADER_BYTES + bodyBytes;
    const end = isSecret(direction, type) ? HEADER_BYTES : Math.min(lengthBytes, this.#readBytes);
    if (bytes.length < end) return 0;
    this.#restBytes[direction] = lengthBytes - end;
    const message = { type, bytes, lengthBytes: end, isWhole: end === lengthBytes, beginUs, tsUs };
    return this.#read(direction, message) ? end : this.#misread(direction, 'message');
  }

  onGap(direction: Direction, lengthBytes: number): boolean {
    if (lengthBytes <= this.#restBytes[direction]) {
      this.#restBytes[direction] -= lengthBytes;
      if (direction === 0) this.#frontend.loseInside(lengthBytes);
      else this.#backend.loseInside(lengthBytes);
      return true;
    }
    this.#lose(direction, lengthBytes);
    return false;
  }

  onSkip(direction: Direction, lengthBytes: number): void {
    this.#chains[direction]?.skip(lengthBytes);
    if (this.#hasRead[direction]) this.#dialogue.skip(direction, lengthBytes);
  }

  resync(direction: Direction, bytes: Uint8Array): number {
    if (this.#chains[direction] === undefined && this.#context.hold(CHAIN_BYTES))
      this.#chains[direction] = new CopyChain(direction, () => this.#context.parseError('links_limit'));
    const whole = resync(direction, bytes);
    const found = whole < 0 ? (this.#chains[direction]?.find(bytes) ?? -1) : whole;
    if (found >= 0) this.#endChain(direction);
    return found;
  }

  #endChain(direction: Direction): void {
    if (this.#chains[direction] !== undefined) this.#context.release(CHAIN_BYTES);
    this.#chains[direction] = undefined;
  }

  onClose(): void {
    for (const direction of [0, 1] as const) this.#endChain(direction);
    this.#dialogue.close();
  }

  #read(direction: Direction, message: Message): boolean {
    if (direction === 0) {
      this.#starts = false;
      return this.#frontend.onMessage(message);
    }
    this.#backend.onMessage(message);
    return true;
  }

  /** Reads rows, or COPY data, as many as are there. */
  #readBulk(direction: Direction, type: number, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    let at = 0;
    let count = 0;
    while (at + HEADER_BYTES <= bytes.length && bytes[at] === type) {
      const bodyBytes = int32(bytes, at + 1) - 4;
      if (!isHeader(direction, type, bodyBytes)) break;
      at += HEADER_BYTES + bodyBytes;
      count += 1;
    }
    const present = Math.min(at, bytes.length);
    this.#restBytes[direction] = at - present;
    if (direction === 0) this.#frontend.onGoingOn(present);
    else this.#backend.onRows(type === BACKEND.DataRow ? count : 0, present, tsUs, beginUs);
    return present;
  }

  #passOver(direction: Direction, availableBytes: number, tsUs: number): number {
    const passed = Math.min(availableBytes, this.#restBytes[direction]);
    this.#restBytes[direction] -= passed;
    if (direction === 0) this.#frontend.onMore(passed, tsUs);
    else this.#backend.onMore(passed, tsUs);
    return passed;
  }

  #readStartup(bytes: Uint8Array, tsUs: number, beginUs: number): number {
    const startup = readStartup(bytes);
    if (startup === 0) return 0;
    if (startup === undefined) return this.#misread(0, 'startup');
    const arrival = { lengthBytes: startup.lengthBytes, tsUs, beginUs };
    if (startup.code === SSL_REQUEST || startup.code === GSSENC_REQUEST) this.#negotiations += 1;
    else if (startup.code === CANCEL_REQUEST) this.#frontend.onCancel(startup, arrival);
    else {
      this.#starts = false;
      this.#frontend.onStartup(startup, arrival);
    }
    return startup.lengthBytes;
  }

  /** That it was accepted passed by unseen. */
  #beginTls(): number {
    this.#context.handOver('tls');
    return 0;
  }

  /** One byte, unless the server does not know the request: it then sends an ErrorResponse. */
  #readNegotiation(answer: number): number {
    this.#negotiations -= 1;
    if (answer === GSSENC_ACCEPTED) return STOP;
    if (answer === SSL_ACCEPTED) this.#context.handOver('tls');
    return answer === SSL_ACCEPTED || answer === REFUSED ? 1 : this.#misread(1, 'negotiation');
  }

  #misread(direction: Direction, reason: string): number {
    this.#context.parseError(reason);
    this.#lose(direction, 0);
    return LOST;
  }

  #lose(direction: Direction, lengthBytes: number): void {
    this.#restBytes[direction] = 0;
    this.#negotiations = 0;
    if (direction === 0) this.#starts = false;
    this.#dialogue.lose(direction, lengthBytes);
    if (direction === 1) this.#backend.lose();
  }
}

/** What comes in great numbers, and is not read. */
const isBulk = (direction: Direction, type: number): boolean =>
  type === BACKEND.CopyData || (direction === 1 && type === BACKEND.DataRow);

const isSecret = (direction: Direction, type: number): boolean => direction === 0 && type === FRONTEND.Password;
