// warm. What lies around TDS packets where several sessions share a connection (MARS). Source: MC-SMP section 2.2.1.
import { littleEndian } from '../kit/byte-reader.ts';
import * as packet from './packet.ts';

/** FLAGS; each packet has one of them. */
export const SYN = 1;
export const ACK = 2;
export const FIN = 4;
export const DATA = 8;
const FLAGS = [SYN, ACK, FIN, DATA];

const SMID = 0x53;
export const HEADER_BYTES = 16;

export interface Header {
  readonly flags: number;
  readonly sid: number;
  /** Of the whole packet. */
  readonly lengthBytes: number;
  /** Counts DATA packets of the session in this direction, from 1. */
  readonly seqNum: number;
}

/** @param bytes of a header, at least */
export const readHeader = (bytes: Uint8Array, at = 0): Header => ({
  flags: bytes[at + 1] ?? 0,
  sid: littleEndian(bytes, at + 2, 2),
  lengthBytes: littleEndian(bytes, at + 4, 4),
  seqNum: littleEndian(bytes, at + 8, 4),
});

/** @returns whether a header may stand at `at`, as far as it is there; one with DATA goes with the TDS packet in it */
export function isHeader(direction: 0 | 1, bytes: Uint8Array, at: number): boolean {
  const available = bytes.length - at;
  if (bytes[at] !== SMID || (available > 1 && !FLAGS.includes(bytes[at + 1] ?? 0))) return false;
  if (available < HEADER_BYTES) return true;
  const { flags, lengthBytes } = readHeader(bytes, at);
  if (flags !== DATA) return lengthBytes === HEADER_BYTES;
  const inner = at + HEADER_BYTES;
  if (available === HEADER_BYTES) return true;
  if (!packet.isPacketHeader(direction, bytes, inner)) return false;
  return available < HEADER_BYTES + 4 || lengthBytes === HEADER_BYTES + packet.packetBytes(bytes, inner);
}

/** @param bytes behind `isHeader`
 *  @returns length of the whole packet; 0 when too little is there to tell */
export function packetBytes(bytes: Uint8Array, at = 0): number {
  if (bytes.length - at < HEADER_BYTES) return 0;
  const { flags, lengthBytes } = readHeader(bytes, at);
  return flags === DATA && bytes.length - at < HEADER_BYTES + packet.HEADER_BYTES ? 0 : lengthBytes;
}
