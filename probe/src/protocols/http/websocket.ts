// warm. Reads the frames of a WebSocket: counts messages, their bytes and control frames; contents are not kept.
// Source: RFC 6455 section 5; RFC 7692 (what it compresses is counted as transferred).
import type { Direction } from '../analyzer.ts';
import { utf8 } from '../kit/text.ts';

const FIN = 0x80;
const OPCODE = 0x0f;
const MASK = 0x80;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;
const CONTINUATION = 0x0;
const BINARY = 0x2;
const CLOSE = 0x8;
const PONG = 0xa;
/** Longest of a control frame's payload. */
const CONTROL_LIMIT = 125;

/** One direction. */
export class SocketSide {
  messages = 0;
  /** Payload of messages, as transferred. */
  messageBytes = 0;
  /** Ping, pong and close. */
  controls = 0;
  /** Code of the close frame; 0 without one. */
  closeCode = 0;
  closeText = '';
  /** Its close frame was read: nothing follows. */
  isClosed = false;
  /** Its place is lost: nothing is counted any more. */
  isLost = false;
  readonly #isMasked: boolean;
  #leftBytes = 0;
  /** A message has begun and not ended. */
  #isOpen = false;
  /** The frame that is being read is the last one of a message. */
  #isLast = false;

  /** A client masks what it sends, a server does not. */
  constructor(direction: Direction) {
    this.#isMasked = direction === 0;
  }

  /** It ended in the middle of a message. */
  get isCutOff(): boolean {
    return !this.isLost && (this.#isOpen || this.#leftBytes > 0);
  }

  /** @returns bytes read: a frame's header, what is there of its payload, or a whole control frame; 0: waits for more */
  read(bytes: Uint8Array): number {
    if (this.isLost) return bytes.length;
    return this.#leftBytes > 0 ? this.#pass(Math.min(this.#leftBytes, bytes.length)) : this.#readHeader(bytes);
  }

  /** Lost bytes: the place is known only inside of a message's payload. */
  skip(lengthBytes: number): void {
    if (this.isLost || lengthBytes > this.#leftBytes) this.isLost = true;
    else this.#pass(lengthBytes);
  }

  #pass(lengthBytes: number): number {
    this.#leftBytes -= lengthBytes;
    this.messageBytes += lengthBytes;
    if (this.#leftBytes === 0 && this.#isLast) this.#endMessage();
    return lengthBytes;
  }

  #endMessage(): void {
    this.messages += 1;
    this.#isOpen = false;
    this.#isLast = false;
  }

  #readHeader(bytes: Uint8Array): number {
    const [first = 0, second = 0] = bytes;
    if (bytes.length < 2) return 0;
    const opcode = first & OPCODE;
    const shortLength = second & LENGTH;
    const lengthBytes = shortLength === LENGTH_16 ? 2 : shortLength === LENGTH_64 ? 8 : 0;
    const end = 2 + lengthBytes + (this.#isMasked ? MASK_BYTES : 0);
    const isValid = ((second & MASK) !== 0) === this.#isMasked && this.#mayFollow(opcode, first, shortLength);
    if (!isValid) return this.#giveUp(bytes);
    if (bytes.length < end) return 0;
    if (opcode >= CLOSE) return this.#readControl(bytes, opcode, end, end + shortLength);
    const payload = lengthBytes === 0 ? shortLength : readLength(bytes, lengthBytes);
    if (payload > Number.MAX_SAFE_INTEGER) return this.#giveUp(bytes);
    this.#isOpen = true;
    this.#isLast = (first & FIN) !== 0;
    this.#leftBytes = payload;
    if (payload === 0 && this.#isLast) this.#endMessage();
    return end;
  }

  /** Source: RFC 6455 sections 5.2, 5.4 and 5.5. */
  #mayFollow(opcode: number, first: number, shortLength: number): boolean {
    if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) return false;
    if (opcode >= CLOSE) return (first & FIN) !== 0 && shortLength <= CONTROL_LIMIT;
    return (opcode === CONTINUATION) === this.#isOpen;
  }

  #readControl(bytes: Uint8Array, opcode: number, at: number, end: number): number {
    if (bytes.length < end) return 0;
    this.controls += 1;
    this.isClosed ||= opcode === CLOSE;
    if (opcode !== CLOSE || end - at < 2) return end;
    const content = this.#unmask(bytes, at, end);
    this.closeCode = ((content[0] ?? 0) << 8) | (content[1] ?? 0);
    this.closeText = utf8(content, 2, content.length);
    return end;
  }

  #unmask(bytes: Uint8Array, at: number, end: number): Uint8Array {
    const content = Uint8Array.from(bytes.subarray(at, end));
    if (!this.#isMasked) return content;
    for (let i = 0; i < content.length; i++) content[i] = (content[i] ?? 0) ^ (bytes[at - MASK_BYTES + (i % 4)] ?? 0);
    return content;
  }

  #giveUp(bytes: Uint8Array): number {
    this.isLost = true;
    return bytes.length;
  }
}

function readLength(bytes: Uint8Array, lengthBytes: number): number {
  let value = 0;
  for (let i = 2; i < 2 + lengthBytes; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}
