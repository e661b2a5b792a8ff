// warm. Packets, capabilities and marks as they are on the wire.
// Source: MySQL 8.4 source documentation, "Client/Server Protocol"; MariaDB knowledge base, "Clientserver Protocol".
import type { ByteReader } from '../kit/byte-reader.ts';

/** Three bytes of length, one of sequence. */
export const HEADER_BYTES = 4;
/** Of a compressed frame: three bytes of length, one of sequence, three of the length before compression (0: it is not). */
export const FRAME_HEADER_BYTES = 7;
/** A payload of this length goes on in the next packet. */
export const MAX_PAYLOAD_BYTES = 0xffffff;

/** First byte of a server's packet. */
export const OK = 0x00;
export const AUTH_MORE_DATA = 0x01;
export const LOCAL_INFILE = 0xfb;
export const EOF = 0xfe;
export const ERR = 0xff;
export const EOF_BYTES = 5;
/** An OK packet that stands for EOF (CLIENT_DEPRECATE_EOF): more than this is a row whose first value is very long. */
export const OK_LIMIT_BYTES = MAX_PAYLOAD_BYTES;

export const CLIENT_MYSQL = 0x1; // MariaDB's name; MySQL's is CLIENT_LONG_PASSWORD
export const CLIENT_CONNECT_WITH_DB = 0x8;
export const CLIENT_COMPRESS = 0x20;
export const CLIENT_PROTOCOL_41 = 0x200;
export const CLIENT_SSL = 0x800;
export const CLIENT_SECURE_CONNECTION = 0x8000;
export const CLIENT_PLUGIN_AUTH = 0x80000;
export const CLIENT_CONNECT_ATTRS = 0x100000;
export const CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA = 0x200000;
export const CLIENT_SESSION_TRACK = 0x800000;
export const CLIENT_DEPRECATE_EOF = 0x1000000;
export const CLIENT_ZSTD_COMPRESSION_ALGORITHM = 0x4000000;
export const CLIENT_QUERY_ATTRIBUTES = 0x8000000;

export const SERVER_MORE_RESULTS_EXISTS = 0x8;
export const SERVER_STATUS_CURSOR_EXISTS = 0x40;
export const SERVER_SESSION_STATE_CHANGED = 0x4000;

/** Error number of MariaDB's progress reports, which are no errors. */
export const PROGRESS = 0xffff;

export const payloadBytes = (bytes: Uint8Array, at = 0): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);

export const sequenceOf = (bytes: Uint8Array, at = 0): number => bytes[at + 3] ?? 0;

/** @returns where the packet at `at` ends */
export const endsAt = (bytes: Uint8Array, at: number): number => at + HEADER_BYTES + payloadBytes(bytes, at);

/** @returns the number that follows in the sequence, which goes round after 255 */
export const following = (sequence: number): number => (sequence + 1) & 0xff;

const LENENC_2 = 0xfc;
const LENENC_3 = 0xfd;
const LENENC_8 = 0xfe;

/** Reads a length-encoded integer. @returns NaN for what is none */
export function readLenenc(reader: ByteReader): number {
  const first = reader.u8();
  if (first < LOCAL_INFILE) return first;
  if (first === LENENC_2) return reader.u16le();
  if (first === LENENC_3) return reader.u16le() + reader.u8() * 0x10000;
  if (first === LENENC_8) return reader.u64le();
  reader.failed = true;
  return Number.NaN;
}

/** Reads a length-encoded string. @returns its bytes, lent; none when they are not all there */
export const takeLenenc = (reader: ByteReader): Uint8Array => {
  const lengthBytes = readLenenc(reader);
  return reader.failed ? EMPTY : reader.take(lengthBytes);
};

/** Reads a string that a zero byte, or the end, ends. @returns its bytes, lent */
export function takeUntilNul(reader: ByteReader): Uint8Array {
  const nul = reader.bytes.subarray(reader.at, reader.end).indexOf(0);
  if (nul < 0) return reader.take(reader.left);
  const text = reader.take(nul);
  reader.skip(1);
  return text;
}

const EMPTY = new Uint8Array(0);
