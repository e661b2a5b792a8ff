// warm. Frames. Source: AMQP 0-9-1 specification, sections 2.3.5 and 4.2.3.
export const METHOD = 1;
export const HEADER = 2;
export const BODY = 3;
export const HEARTBEAT = 8;
export const FRAME_END = 0xce;

/** Type, channel, size. */
export const FRAME_HEADER_BYTES = 7;
/** With the octet that ends it. */
export const FRAME_OVERHEAD_BYTES = 8;
/** `AMQP`, 0, and the version 0-9-1. */
export const PROTOCOL_HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');
/** Brokers offer 128 KiB; a frame that says more than this is none. */
const FRAME_LIMIT_BYTES = 16 * 1024 * 1024;
/** Methods and content headers are kept until they are whole. */
export const WHOLE_LIMIT_BYTES = 64 * 1024;

export const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
export const u32 = (bytes: Uint8Array, at: number): number => ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;

export const channelAt = (bytes: Uint8Array, at: number): number => u16(bytes, at + 1);
export const sizeAt = (bytes: Uint8Array, at: number): number => u32(bytes, at + 3);

/** @returns whether a frame's first bytes may stand at `at`; where they are cut, as far as they go */
export function isFrameStart(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at];
  if (type === HEARTBEAT) return isZero(bytes, at + 1, at + FRAME_HEADER_BYTES);
  if (type !== METHOD && type !== HEADER && type !== BODY) return false;
  if (at + FRAME_HEADER_BYTES > bytes.length) return (bytes[at + 3] ?? 0) === 0;
  const size = sizeAt(bytes, at);
  return size <= FRAME_LIMIT_BYTES && (type === BODY || size >= 4);
}

function isZero(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < Math.min(end, bytes.length); i++) if (bytes[i] !== 0) return false;
  return true;
}

/** @returns where the frame at `at` ends; -1 when its end is not there, -2 when something else is */
export function frameEnd(bytes: Uint8Array, at: number): number {
  const end = at + FRAME_OVERHEAD_BYTES + sizeAt(bytes, at);
  if (at + FRAME_HEADER_BYTES > bytes.length || end > bytes.length) return -1;
  return bytes[end - 1] === FRAME_END ? end : -2;
}
