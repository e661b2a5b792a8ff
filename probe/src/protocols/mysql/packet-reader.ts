// warm. One direction's packets, without keeping them: what a packet is shows in its first bytes, the rest passes by.
import { LOST } from '../analyzer.ts';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES, payloadBytes, sequenceOf } from './wire.ts';

export interface PacketHandler {
  /** @param first byte of the payload
   *  @returns bytes of the payload that must be there before the packet can be read */
  needs(first: number, lengthBytes: number): number;
  /** Bytes of the wire were passed, before what they hold is told. */
  pass(wireBytes: number): void;
  /** A packet begins.
   *  @param lengthBytes of its payload, or of the first part when that is MAX_PAYLOAD_BYTES
   *  @param content what is there of the payload, lent
   *  @returns false when this cannot be a packet */
  begin(sequence: number, lengthBytes: number, content: Uint8Array): boolean;
  /** @param content what follows of the packet's payload, lent */
  more(content: Uint8Array): void;
  /** Bytes inside of the packet were lost. */
  lose(lengthBytes: number): void;
  /** @param sequence of its last part */
  end(sequence: number): void;
}

export class PacketReader {
  readonly #handler: PacketHandler;
  #sequence = 0;
  /** Of the payload that is passing by. */
  #restBytes = 0;
  /** The packet goes on in a further part. */
  #goesOn = false;

  constructor(handler: PacketHandler) {
    this.#handler = handler;
  }

  /** What comes next is the beginning of a packet. */
  reset(): void {
    this.#restBytes = 0;
    this.#goesOn = false;
  }

  /** Reads at most one packet, or a part of it.
   *  @param bytes lent
   *  @returns bytes read; 0 when there are too few; LOST */
  read(bytes: Uint8Array): number {
    if (this.#restBytes > 0) return this.#readMore(bytes);
    if (bytes.length < HEADER_BYTES) return 0;
    return this.#goesOn ? this.#readNextPart(bytes) : this.#readFirstPart(bytes);
  }

  /** Bytes were lost. @returns false when the place is lost with them */
  gap(lengthBytes: number): boolean {
    const isInside = lengthBytes <= this.#restBytes;
    if (isInside) this.#handler.lose(lengthBytes);
    return this.skip(lengthBytes);
  }

  /** Passes over bytes that are not to be seen. @returns false when the place is lost with them */
  skip(lengthBytes: number): boolean {
    if (lengthBytes > this.#restBytes) {
      this.reset();
      return false;
    }
    this.#restBytes -= lengthBytes;
    this.#endPart();
    return true;
  }

  #readFirstPart(bytes: Uint8Array): number {
    const lengthBytes = payloadBytes(bytes);
    const there = Math.min(lengthBytes, bytes.length - HEADER_BYTES);
    if (lengthBytes > 0 && there === 0) return 0;
    if (there < Math.min(lengthBytes, this.#handler.needs(bytes[HEADER_BYTES] ?? 0, lengthBytes))) return 0;
    this.#start(bytes, lengthBytes - there);
    this.#handler.pass(HEADER_BYTES + there);
    const content = bytes.subarray(HEADER_BYTES, HEADER_BYTES + there);
    if (!this.#handler.begin(this.#sequence, lengthBytes, content)) {
      this.reset();
      return LOST;
    }
    this.#endPart();
    return HEADER_BYTES + there;
  }

  #readNextPart(bytes: Uint8Array): number {
    this.#start(bytes, payloadBytes(bytes));
    this.#handler.pass(HEADER_BYTES);
    this.#endPart();
    return HEADER_BYTES;
  }

  #start(bytes: Uint8Array, restBytes: number): void {
    this.#sequence = sequenceOf(bytes);
    this.#restBytes = restBytes;
    this.#goesOn = payloadBytes(bytes) === MAX_PAYLOAD_BYTES;
  }

  #readMore(bytes: Uint8Array): number {
    const passed = Math.min(this.#restBytes, bytes.length);
    this.#restBytes -= passed;
    this.#handler.pass(passed);
    this.#handler.more(passed === bytes.length ? bytes : bytes.subarray(0, passed));
    this.#endPart();
    return passed;
  }

  #endPart(): void {
    if (this.#restBytes === 0 && !this.#goesOn) this.#handler.end(this.#sequence);
  }
}
