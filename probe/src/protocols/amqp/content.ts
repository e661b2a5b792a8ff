// warm. A message: the method it came with, its content header, and the beginning of its body.
// Source: AMQP 0-9-1 specification, section 4.2.6.
import { Kept } from '../kit/kept.ts';
import type { Redactor } from '../kit/redact/redactor.ts';
import { characterEnd, isText, utf8 } from '../kit/text.ts';
import type { Arguments } from './arguments.ts';
import type { Call } from './call.ts';
import { FRAME_HEADER_BYTES, FRAME_OVERHEAD_BYTES, u16, u32 } from './frame.ts';
import type { Method } from './methods.ts';

/** Class, weight, body size, flags. */
const LEAST_HEADER_BYTES = 14;
const HAS_CONTENT_TYPE = 0x8000;
const HAS_CONTENT_ENCODING = 0x4000;

export class Content {
  readonly method: Method;
  readonly args: Arguments;
  readonly beginUs: number;
  endUs: number;
  /** Wire bytes of its frames. */
  bytes: number;
  /** As the header says; -1 before it. */
  bodyBytes = -1;
  contentType = '';
  /** Compressed bodies are no text. */
  #isCoded = false;
  lostBytes = 0;
  #seenBytes = 0;
  #kept: Kept | undefined;
  heldBytes = 0;
  /** The basic.get that it answers. */
  call: Call | undefined;
  /** A confirm will be its answer. */
  waits = false;

  constructor(method: Method, args: Arguments, bytes: number, beginUs: number, endUs: number) {
    this.method = method;
    this.args = args;
    this.bytes = bytes;
    this.beginUs = beginUs;
    this.endUs = endUs;
  }

  /** @param bytes the payload of a content header's frame, lent
   *  @returns false when it is none */
  readHeader(bytes: Uint8Array, at: number, end: number, tsUs: number): boolean {
    if (this.bodyBytes >= 0 || end - at < LEAST_HEADER_BYTES) return false;
    this.bodyBytes = u32(bytes, at + 4) * 2 ** 32 + u32(bytes, at + 8);
    const flags = u16(bytes, at + 12);
    if ((flags & HAS_CONTENT_TYPE) !== 0) this.contentType = shortString(bytes, at + LEAST_HEADER_BYTES, end);
    this.#isCoded = (flags & HAS_CONTENT_ENCODING) !== 0;
    this.bytes += FRAME_OVERHEAD_BYTES + end - at;
    this.endUs = tsUs;
    return true;
  }

  /** Keeps so many bytes of the body. */
  keep(limitBytes: number): void {
    this.#kept = new Kept(limitBytes);
  }

  /** A body frame begins. */
  beginFrame(): void {
    this.bytes += FRAME_HEADER_BYTES + 1;
  }

  add(bytes: Uint8Array, at: number, end: number, tsUs: number): void {
    this.#kept?.add(bytes, at, end);
    this.#advance(end - at, tsUs);
  }

  lose(lengthBytes: number, tsUs: number): void {
    this.#kept?.close();
    this.lostBytes += lengthBytes;
    this.#advance(lengthBytes, tsUs);
  }

  /** What follows of it will not be seen. */
  cutOff(): void {
    this.#kept?.close();
  }

  get isWhole(): boolean {
    return this.bodyBytes >= 0 && this.#seenBytes >= this.bodyBytes;
  }

  /** @returns the text without secrets, and whether it was cut; undefined when nothing is kept, or it is no text */
  text(redactor: Redactor): { readonly text: string; readonly isCut: boolean } | undefined {
    const bytes = this.#kept?.bytes;
    if (bytes === undefined || this.#isCoded || (bytes.length === 0 && this.bodyBytes !== 0)) return undefined;
    const isCut = bytes.length < this.bodyBytes;
    const end = isCut ? characterEnd(bytes, 0, bytes.length) : bytes.length;
    if (!isText(bytes, 0, end)) return undefined;
    const text = utf8(bytes, 0, end);
    return text.includes('\ufffd') ? undefined : { text: redactor.body(text, this.contentType), isCut };
  }

  #advance(lengthBytes: number, tsUs: number): void {
    this.#seenBytes += lengthBytes;
    this.bytes += lengthBytes;
    this.endUs = tsUs;
  }
}

function shortString(bytes: Uint8Array, at: number, end: number): string {
  const textEnd = at + 1 + (bytes[at] ?? 0);
  return textEnd <= end ? utf8(bytes, at + 1, textEnd) : '';
}
