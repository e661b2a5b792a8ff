// warm. Frames: their headers, and how to tell one among other bytes. Source: RFC 9113 sections 4 and 6.
import type { Direction } from '../analyzer.ts';

export const DATA = 0x00;
export const HEADERS = 0x01;
export const PRIORITY = 0x02;
export const RST_STREAM = 0x03;
export const SETTINGS = 0x04;
export const PUSH_PROMISE = 0x05;
export const PING = 0x06;
export const GOAWAY = 0x07;
export const WINDOW_UPDATE = 0x08;
export const CONTINUATION = 0x09;

/** Flags of frames. */
export const ACK = 0x01;
export const END_STREAM = 0x01;
export const END_HEADERS = 0x04;
export const PADDED = 0x08;
export const PRIORITY_FIELDS = 0x20;

/** The flags that are defined, by type; the last ones are ALTSVC (RFC 7838), ORIGIN (RFC 8336) and PRIORITY_UPDATE
 *  (RFC 9218). */
const FLAGS: ReadonlyMap<number, number> = new Map([
  [DATA, END_STREAM | PADDED],
  [HEADERS, END_STREAM | END_HEADERS | PADDED | PRIORITY_FIELDS],
  [PRIORITY, 0],
  [RST_STREAM, 0],
  [SETTINGS, ACK],
  [PUSH_PROMISE, END_HEADERS | PADDED],
  [PING, ACK],
  [GOAWAY, 0],
  [WINDOW_UPDATE, 0],
  [CONTINUATION, END_HEADERS],
  [0x0a, 0],
  [0x0c, 0],
  [0x10, 0],
]);

export const FRAME_HEADER_BYTES = 9;
/** SETTINGS_MAX_FRAME_SIZE unless the peers agree on more, which few do. */
const USUAL_FRAME_BYTES = 16 * 1024;
/** A connection that had more streams than this is not recognised in its middle. */
const LIKELY_STREAM = 2 ** 24;
/** What a client begins with. Source: RFC 9113 section 3.4. */
export const PREFACE: Uint8Array = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** One frame's header, reused. */
export class FrameHeader {
  /** Payload, without the header. */
  lengthBytes = 0;
  type = 0;
  flags = 0;
  /** 0 is the connection; odd ones are requests, even ones pushed by the server. Its reserved bit is kept. */
  streamId = 0;

  /** @param at 9 bytes follow it */
  read(bytes: Uint8Array, at: number): void {
    this.lengthBytes = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    this.type = bytes[at + 3] ?? 0;
    this.flags = bytes[at + 4] ?? 0;
    this.streamId = readUint32(bytes, at + 5);
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** @returns whether its length and stream are as its type demands; a type that is not known may be an extension */
  isPossible(): boolean {
    if (this.streamId >= 2 ** 31) return false;
    switch (this.type) {
      case DATA:
      case HEADERS:
      case CONTINUATION:
        return this.streamId > 0;
      case PRIORITY:
        return this.streamId > 0 && this.lengthBytes === 5;
      case RST_STREAM:
        return this.streamId > 0 && this.lengthBytes === 4;
      case SETTINGS:
        return this.streamId === 0 && this.lengthBytes % 6 === 0 && !(this.has(ACK) && this.lengthBytes > 0);
      case PUSH_PROMISE:
        return this.streamId > 0 && this.lengthBytes >= 4;
      case PING:
        return this.streamId === 0 && this.lengthBytes === 8;
      case GOAWAY:
        return this.streamId === 0 && this.lengthBytes >= 8;
      case WINDOW_UPDATE:
        return this.lengthBytes === 4;
      default:
        return true;
    }
  }

  /** @returns whether `direction` may well send it: what isn't forbidden but never seen does not count */
  isLikely(direction: Direction): boolean {
    const flags = FLAGS.get(this.type);
    if (flags === undefined || (this.flags & ~flags) !== 0 || this.lengthBytes > USUAL_FRAME_BYTES) return false;
    if (this.streamId >= LIKELY_STREAM || !this.isPossible()) return false;
    if (this.type <= HEADERS && this.lengthBytes === 0) return this.type === DATA && this.flags === END_STREAM;
    if (direction === 1) return true;
    const isClients = this.type === PRIORITY || this.type === RST_STREAM || this.type === WINDOW_UPDATE;
    return this.type !== PUSH_PROMISE && (isClients || this.streamId === 0 || this.streamId % 2 === 1);
  }
}

export const readUint32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 2 ** 24 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));

export const NO_ERROR = 0;
/** Source: RFC 9113 section 7. */
const ERROR_CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

export const errorName = (code: number): string => ERROR_CODES[code] ?? `0x${code.toString(16)}`;
