// warm. Whether bytes are TDS, and where a packet starts.
import type { Detection, Direction } from '../analyzer.ts';
import * as packet from './packet.ts';

const MIN_LOGIN_BYTES = 94;

/** A client begins with a pre-login or, long ago, with a login; in mid-stream any request may come first. */
export function detect(direction: Direction, bytes: Uint8Array): Detection {
  if (!packet.isPacketHeader(direction, bytes, 0)) return 'no';
  if (bytes.length < packet.HEADER_BYTES + 1) return 'more';
  const length = packet.packetBytes(bytes);
  if (!isPlausible(direction, bytes, length)) return 'no';
  if (bytes.length < length && bytes.length < packet.HEADER_BYTES + 6) return 'more';
  return bytes.length <= length || packet.isPacketHeader(direction, bytes, length) ? 'yes' : 'no';
}

function isPlausible(direction: Direction, bytes: Uint8Array, length: number): boolean {
  const [type, first] = [bytes[0], bytes[packet.HEADER_BYTES] ?? 0];
  if (direction === 1) return type === packet.TABULAR_RESULT && isTokenOrOption(first);
  if (type === packet.PRE_LOGIN)
    return first === 0 && bytes[packet.HEADER_BYTES + 1] !== undefined ? length > packet.HEADER_BYTES + 5 : first === 0;
  if (type === packet.LOGIN7) return length >= MIN_LOGIN_BYTES;
  return type === packet.SQL_BATCH || type === packet.RPC || type === packet.TRANSACTION_MANAGER;
}

/** An answer begins with a token; the one to a pre-login with the option VERSION, 0. */
const isTokenOrOption = (first: number): boolean => first === 0 || first === 0x79 || first === 0x81 || first >= 0xa4;

/** @returns where a packet starts, with another one or nothing behind it */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + packet.HEADER_BYTES <= bytes.length; at++) {
    if (!packet.isPacketHeader(direction, bytes, at)) continue;
    const next = at + packet.packetBytes(bytes, at);
    if (next === bytes.length || (next < bytes.length && packet.isPacketHeader(direction, bytes, next))) return at;
    if (next > bytes.length && (bytes[at + 6] ?? 9) <= 1) return at;
  }
  return -1;
}
