// warm. Packets and what their headers say. Source: Oracle Net Services, as its open thin drivers (node-oracledb,
// python-oracledb) have it.

/** Types. */
export const CONNECT = 1;
export const ACCEPT = 2;
export const REFUSE = 4;
export const REDIRECT = 5;
export const DATA = 6;
export const RESEND = 11;
export const MARKER = 12;
export const ATTENTION = 13;
export const CONTROL = 14;

/** Flags of a DATA packet. */
export const COMPRESSED = 0x0400;
export const END_OF_RPC = 0x0800;
export const END_OF_REQUEST = 0x2000;
const UNKNOWN_DATA_FLAGS = 0xd010;

export const HEADER_BYTES = 8;
/** The header, and the flags of a DATA packet. */
export const DATA_HEADER_BYTES = 10;
const MARKER_BYTES = 11;
const MIN_CONNECT_BYTES = 34;
/** What the other types have at most: their lengths have two bytes. */
export const MAX_CONTROL_BYTES = 65_535;
/** The largest session data unit that is negotiated. */
const MAX_PACKET_BYTES = 2_097_152;
const MAX_FLAGS = 0x3f;

/** From this version on a length has four bytes, where a checksum of two stood behind it. */
export const LARGE_LENGTHS = 315;

const TYPES = [
  [CONNECT, DATA, MARKER, ATTENTION, CONTROL],
  [ACCEPT, REFUSE, REDIRECT, DATA, RESEND, MARKER, ATTENTION, CONTROL],
];

export const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** A checksum is not used any more: where two bytes are 0, the other two are the length. Only a length of four bytes that is
 *  a multiple of 65,536 could be both.
 *  @param isLarge lengths have four bytes; false: unless the bytes say so
 *  @returns whole length of the packet whose header stands at `at` */
export function packetBytes(bytes: Uint8Array, at = 0, isLarge = false): number {
  const [high, low] = [u16(bytes, at), u16(bytes, at + 2)];
  return isLarge || low !== 0 ? high * 65_536 + low : high;
}

/** @returns whether a length of four bytes stands there, as far as that can be told */
export const hasLargeLength = (bytes: Uint8Array): boolean => u16(bytes, 2) !== 0;

/** @returns whether a packet's header may stand at `at`, as far as it is there */
export function isPacketHeader(direction: 0 | 1, bytes: Uint8Array, at: number, isLarge = false): boolean {
  const available = bytes.length - at;
  if (available < 4) return true;
  const length = packetBytes(bytes, at, isLarge);
  if (length < HEADER_BYTES || length > MAX_PACKET_BYTES) return false;
  if (available < 5) return true;
  const type = bytes[at + 4] ?? 0;
  if (TYPES[direction]?.includes(type) !== true || !isLength(type, length)) return false;
  if (available < HEADER_BYTES) return available < 6 || (bytes[at + 5] ?? 0) <= MAX_FLAGS;
  if ((bytes[at + 5] ?? 0) > MAX_FLAGS || u16(bytes, at + 6) !== 0) return false;
  return type !== DATA || available < DATA_HEADER_BYTES || (u16(bytes, at + 8) & UNKNOWN_DATA_FLAGS) === 0;
}

function isLength(type: number, lengthBytes: number): boolean {
  if (type === DATA) return lengthBytes >= DATA_HEADER_BYTES;
  if (type === MARKER) return lengthBytes === MARKER_BYTES;
  if (type === CONNECT) return lengthBytes >= MIN_CONNECT_BYTES && lengthBytes <= MAX_CONTROL_BYTES;
  return type === RESEND ? lengthBytes === HEADER_BYTES : lengthBytes <= MAX_CONTROL_BYTES;
}
