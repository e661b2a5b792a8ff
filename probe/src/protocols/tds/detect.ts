// warm. Whether bytes are TDS, and where a packet starts.
import type { Detection, Direction } from '../analyzer.ts';
import * as packet from './packet.ts';
import * as smp from './smp.ts';

const MIN_LOGIN_BYTES = 94;
/** Headers of MARS without data, in a row: sessions that open and close, and room that is announced. */
const MAX_HEADERS = 8;

/** A client begins with a pre-login or, long ago, with a login; in mid-stream any request may come first. */
export function detect(direction: Direction, bytes: Uint8Array): Detection {
  const at = dataAt(direction, bytes);
  if (at === undefined) return 'no';
  return at < bytes.length ? detectPacket(direction, bytes.subarray(at)) : 'more';
}

/** @returns where the first TDS packet begins, behind headers of MARS; undefined when there is none */
function dataAt(direction: Direction, bytes: Uint8Array): number | undefined {
  for (let at = 0, headers = 0; at < bytes.length; at += smp.HEADER_BYTES, headers++) {
    if (packet.isPacketHeader(direction, bytes, at)) return at;
    if (headers >= MAX_HEADERS || !smp.isHeader(direction, bytes, at)) return undefined;
  }
  return bytes.length;
}

function detectPacket(direction: Direction, bytes: Uint8Array): Detection {
  if (bytes.length < packet.HEADER_BYTES + 1) return 'more';
  const length = packet.packetBytes(bytes);
  if (!isPlausible(direction, bytes, length)) return 'no';
  if (bytes.length < length && bytes.length < packet.HEADER_BYTES + 6) return 'more';
  return bytes.length <= length || isHeader(direction, bytes, length) ? 'yes' : 'no';
}

const isHeader = (direction: Direction, bytes: Uint8Array, at: number): boolean =>
  packet.isPacketHeader(direction, bytes, at) || smp.isHeader(direction, bytes, at);

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

/** @returns where a packet starts, or the header of MARS before it, with another one or nothing behind it */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + packet.HEADER_BYTES <= bytes.length; at++) {
    const header = smp.isHeader(direction, bytes, at) ? smp.HEADER_BYTES : 0;
    if (header > 0 && at + header > bytes.length) return -1;
    if (header === 0 && !packet.isPacketHeader(direction, bytes, at)) continue;
    const next = at + (header > 0 ? smp.readHeader(bytes, at).lengthBytes : packet.packetBytes(bytes, at));
    if (next === bytes.length || (next < bytes.length && isHeader(direction, bytes, next))) return at;
    if (next > bytes.length && (bytes[at + header + 6] ?? 9) <= 1) return at;
  }
  return -1;
}
