// warm. Whether bytes are MySQL's, and where a packet or a frame starts.
import type { Detection, Direction } from '../analyzer.ts';
import { lookAtClient, startsStatement } from './client-look.ts';
import { isChain, lookAtServer } from './server-look.ts';
import * as wire from './wire.ts';

/** `more`: it could be, and a longer prefix tells. */
export function detect(direction: Direction, bytes: Uint8Array): Detection {
  if (bytes.length < wire.HEADER_BYTES + 1) return 'more';
  const looks = [lookAtFrame(direction, bytes, 0), lookAt(direction, bytes, 0)];
  if (looks.includes('yes') || (direction === 1 && isChain(bytes, 0))) return 'yes';
  return looks.includes('more') ? 'more' : 'no';
}

/** @returns where a packet or a frame starts */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + wire.HEADER_BYTES < bytes.length; at++) {
    if (startsPacket(direction, bytes, at) || lookAtFrame(direction, bytes, at) === 'yes') return at;
  }
  return -1;
}

/** @returns where a compressed frame starts; 0 too where one may start that is not there to be seen; -1 */
export function findFrame(direction: Direction, bytes: Uint8Array): number {
  if (bytes.length < SEEN_BYTES) return lookAtFrame(direction, bytes, 0) === 'no' ? -1 : 0;
  for (let at = 0; at + SEEN_BYTES <= bytes.length; at++)
    if (isUsual(bytes, at) && lookAtFrame(direction, bytes, at) === 'yes') return at;
  return -1;
}

/** @returns where a packet starts; -1 */
export function findPacket(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + wire.HEADER_BYTES < bytes.length; at++) if (startsPacket(direction, bytes, at)) return at;
  return -1;
}

/** What the bytes are: `short` when a few more would tell. */
export type Framing = 'packets' | 'frames' | 'short' | 'unclear';

export function framingOf(direction: Direction, bytes: Uint8Array): Framing {
  const frame = lookAtFrame(direction, bytes, 0);
  if (frame === 'yes') return 'frames';
  const plain = lookAt(direction, bytes, 0);
  if (plain === 'yes' || (plain === 'more' && wire.endsAt(bytes, 0) === bytes.length)) return 'packets';
  return frame === 'more' && bytes.length < SEEN_BYTES ? 'short' : 'unclear';
}

const lookAt = (direction: Direction, bytes: Uint8Array, at: number): Detection =>
  direction === 0 ? lookAtClient(bytes, at) : lookAtServer(bytes, at);

function startsPacket(direction: Direction, bytes: Uint8Array, at: number): boolean {
  const [look, end] = [lookAt(direction, bytes, at), wire.endsAt(bytes, at)];
  if (look === 'more') return end === bytes.length;
  if (look === 'yes') return end <= bytes.length || direction === 1 || startsStatement(bytes, at);
  return direction === 1 && isChain(bytes, at);
}

/** Header of a frame, and of a packet in it with its first byte. */
const SEEN_BYTES = wire.FRAME_HEADER_BYTES + wire.HEADER_BYTES + 1;
/** Both sides send their buffers, and only a larger packet in a larger frame. */
const USUAL_BYTES = 64 * 1024;
const USUAL_UNPACKED_BYTES = 1024 * 1024;
const MIN_COMPRESS_LENGTH = 50; // of what is worth it, says MySQL's source

/** Among packed bytes many look like a large frame: one taken for it would hide all that follows. */
const isUsual = (bytes: Uint8Array, at: number): boolean =>
  wire.payloadBytes(bytes, at) <= USUAL_BYTES && wire.payloadBytes(bytes, at + 4) <= USUAL_UNPACKED_BYTES;

/** A compressed frame shows by zlib's header, one that is not by the packet in it. */
function lookAtFrame(direction: Direction, bytes: Uint8Array, at: number): Detection {
  if (bytes.length < at + wire.HEADER_BYTES) return at === 0 ? 'more' : 'no';
  const [packedBytes, unpackedBytes] = [wire.payloadBytes(bytes, at), wire.payloadBytes(bytes, at + 4)];
  if (packedBytes <= wire.HEADER_BYTES || (direction === 0 && wire.sequenceOf(bytes, at) !== 0)) return 'no';
  if (bytes.length < at + SEEN_BYTES && packedBytes > USUAL_BYTES) return 'no';
  if (bytes.length < at + wire.FRAME_HEADER_BYTES) return 'more';
  if (unpackedBytes > 0 && (unpackedBytes < MIN_COMPRESS_LENGTH || unpackedBytes < packedBytes)) return 'no';
  if (bytes.length < at + SEEN_BYTES) return 'more';
  const [content, end] = [at + wire.FRAME_HEADER_BYTES, at + wire.FRAME_HEADER_BYTES + packedBytes];
  if (unpackedBytes > 0) return isPacked(bytes, content) ? 'yes' : 'no';
  if (packedBytes < wire.payloadBytes(bytes, content) + wire.HEADER_BYTES) return 'no';
  const look = lookAt(direction, bytes.subarray(content, end), 0);
  return look === 'more' && end <= bytes.length ? 'yes' : look;
}

const ZLIB_DEFLATE = 0x78;

const isPacked = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === ZLIB_DEFLATE && ((ZLIB_DEFLATE << 8) | (bytes[at + 1] ?? 0)) % 31 === 0;
