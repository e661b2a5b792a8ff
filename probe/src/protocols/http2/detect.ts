// warm. Whether bytes are HTTP/2, and where a frame starts among others. Source: RFC 9113 sections 3.4, 4.1 and 8.3.
import type { Detection, Direction } from '../analyzer.ts';
import { fragmentOf } from './block.ts';
import { END_HEADERS, FRAME_HEADER_BYTES, FrameHeader, HEADERS, PREFACE, PUSH_PROMISE } from './frames.ts';
import { type FieldSink, HpackDecoder } from './hpack.ts';

const header = new FrameHeader();
const decoder = new HpackDecoder();

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  if (direction === 0 && startsPreface(bytes, 0)) return bytes.length >= PREFACE.length ? 'yes' : 'more';
  return detectFrames(direction, bytes);
}

/** @returns whether the bytes from `at` are the connection preface, as far as they go */
export function startsPreface(bytes: Uint8Array, at: number): boolean {
  const length = Math.min(bytes.length - at, PREFACE.length);
  for (let i = 0; i < length; i++) if (bytes[at + i] !== PREFACE[i]) return false;
  return length > 0;
}

/** In mid-stream frame after frame must make sense, and a header block must tell the client from the server. */
function detectFrames(direction: Direction, bytes: Uint8Array): Detection {
  let at = 0;
  while (at + FRAME_HEADER_BYTES <= bytes.length) {
    header.read(bytes, at);
    if (!header.isLikely(direction)) return 'no';
    const next = at + FRAME_HEADER_BYTES + header.lengthBytes;
    const sender = next <= bytes.length ? senderOf(bytes, at) : undefined;
    if (sender !== undefined) return sender === direction ? 'yes' : 'no';
    at = next;
  }
  return at >= bytes.length || mayBeHeader(bytes, at) ? 'more' : 'no';
}

/** What there is of a header: its length is below 2^15, its type a small number. */
const mayBeHeader = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0 && (bytes[at + 1] ?? 0) < 0x80 && (bytes[at + 3] ?? 0) <= 0x10;

/** @returns who sends such a header block; undefined when it is none, or does not tell */
function senderOf(bytes: Uint8Array, at: number): Direction | undefined {
  if (header.type === PUSH_PROMISE) return 1;
  if (header.type !== HEADERS || !header.has(END_HEADERS)) return undefined;
  const range = fragmentOf(header, bytes, at);
  if (range === undefined) return undefined;
  decoder.lose();
  witness.sender = undefined;
  decoder.decode(bytes, range.at, range.end, witness);
  return witness.sender;
}

const witness: FieldSink & { sender: Direction | undefined } = {
  sender: undefined,
  addField({ name }): void {
    if (name === ':status') this.sender = 1;
    else if (name === ':method' || name === ':path') this.sender = 0;
  },
};

/** Looks for a frame that another one follows, as far as the bytes go. */
export function resync(direction: Direction, bytes: Uint8Array): number {
  const last = bytes.length - FRAME_HEADER_BYTES;
  for (let at = 0; at <= last; at++) {
    const first = bytes[at];
    if (first === 0 && startsFrames(direction, bytes, at)) return at;
    if (direction === 0 && first === PREFACE[0] && startsPreface(bytes, at)) return at;
  }
  return -1;
}

function startsFrames(direction: Direction, bytes: Uint8Array, at: number): boolean {
  header.read(bytes, at);
  if (!header.isLikely(direction)) return false;
  const next = at + FRAME_HEADER_BYTES + header.lengthBytes;
  if (next + FRAME_HEADER_BYTES > bytes.length) return true;
  header.read(bytes, next);
  return header.isLikely(direction);
}
