// warm. What DATA packets carry: messages of TTC (Two-Task Common). Source: the open thin drivers of Oracle.
import type { ByteReader } from '../kit/byte-reader.ts';

/** Types of messages. */
export const TTC_PROTOCOL = 1;
export const TTC_DATA_TYPES = 2;
export const TTC_FUNCTION = 3;
export const TTC_ERROR = 4;
export const TTC_PARAMETER = 8;
export const TTC_STATUS = 9;
export const TTC_LOB_DATA = 14;
export const TTC_PIGGYBACK = 17;
export const TTC_FLUSH_OUT_BINDS = 19;
export const TTC_SERVER_SIDE_PIGGYBACK = 23;
export const TTC_ONEWAY_FN = 26;
export const TTC_END_OF_REQUEST = 29;
export const TTC_FAST_AUTH = 34;

/** Functions: those that the thin drivers call, most by the names that Oracle's own traces give them. */
export const REEXECUTE = 4;
export const OFETCH = 5;
export const OLOGOFF = 9;
export const OCOMMIT = 14;
export const OROLLBACK = 15;
export const REEXECUTE_AND_FETCH = 78;
const OVERSION = 59;
export const OALL8 = 94;
const OLOBOPS = 96;
const ODSY = 98;
const OTXSE = 103;
const OTXEN = 104;
export const OCCA = 105;
export const OAUTH = 115;
export const OSESSKEY = 118;
export const OCANA = 120;
const OAQEQ = 121;
const OAQDQ = 122;
const OSCID = 135;
const OAQARRAY = 145;
const OPING = 147;
const OSETSCHEMA = 152;
const OSESSGET = 162;
const OSESSRLS = 163;
const OSESSSTATE = 176;

const CALLS = new Set([
  REEXECUTE,
  OFETCH,
  OLOGOFF,
  OCOMMIT,
  OROLLBACK,
  REEXECUTE_AND_FETCH,
  OVERSION,
  OALL8,
  OLOBOPS,
  ODSY,
  OTXSE,
  OTXEN,
  OAUTH,
  OSESSKEY,
  OAQEQ,
  OAQDQ,
  OAQARRAY,
  OPING,
  OSESSGET,
  OSESSRLS,
]);
const PIGGYBACKS = new Set([OCCA, OCANA, OSCID, OSETSCHEMA, OLOBOPS, OTXSE, OSESSGET, OSESSSTATE]);

/** Header of a function and of a piggyback: type, function, sequence number. */
export const CALL_HEADER_BYTES = 3;
/** Lengths beyond: in chunks, each behind its own length, the last one empty. */
const LONG_LENGTH = 0xfe;
const NULL_LENGTH = 0xff;

/** @returns whether a function or piggyback may start at `at` */
export function isCall(bytes: Uint8Array, at: number): boolean {
  const [type, code] = [bytes[at], bytes[at + 1] ?? 0];
  return (type === TTC_FUNCTION && CALLS.has(code)) || (type === TTC_PIGGYBACK && PIGGYBACKS.has(code));
}

/** UB2, UB4 and UB8: a byte says how many bytes follow.
 *  @returns exact up to 2^53 */
export function ub(reader: ByteReader, maxBytes: 2 | 4 | 8): number {
  const lengthBytes = reader.u8();
  if (lengthBytes > maxBytes) {
    reader.failed = true;
    return 0;
  }
  let value = 0;
  for (let i = 0; i < lengthBytes; i++) value = value * 256 + reader.u8();
  return value;
}

/** SB2: as UB2, the highest bit of the length is the sign. */
export function sb2(reader: ByteReader): number {
  const isNegative = ((reader.bytes[reader.at] ?? 0) & 0x80) !== 0;
  const lengthBytes = reader.u8() & 0x7f;
  if (lengthBytes > 2) reader.failed = true;
  let value = 0;
  for (let i = 0; i < lengthBytes && !reader.failed; i++) value = value * 256 + reader.u8();
  return isNegative ? -value : value;
}

export interface Clr {
  /** Lent, or joined of chunks. */
  readonly bytes: Uint8Array;
  /** False when its end is not there, or beyond the limit. */
  readonly isWhole: boolean;
}

/** A length and as many bytes, or chunks of them (CLR).
 *  @param limit most bytes that are given; a longer one is read to its end all the same */
export function readClr(reader: ByteReader, limit: number): Clr {
  const lengthBytes = reader.u8();
  if (lengthBytes === LONG_LENGTH) return readChunks(reader, limit);
  if (lengthBytes === NULL_LENGTH) return { bytes: new Uint8Array(0), isWhole: true };
  return readPresent(reader, lengthBytes, limit);
}

/** As many bytes as were announced before. */
export function readPresent(reader: ByteReader, lengthBytes: number, limit: number): Clr {
  const bytes = takePresent(reader, lengthBytes);
  return { bytes: bytes.subarray(0, limit), isWhole: bytes.length === lengthBytes && lengthBytes <= limit };
}

function readChunks(reader: ByteReader, limit: number): Clr {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let lengthBytes = 0;
  for (let size = ub(reader, 4); size > 0 && !reader.failed; size = ub(reader, 4)) {
    const chunk = takePresent(reader, size);
    if (kept < limit) chunks.push(chunk.subarray(0, limit - kept));
    kept = Math.min(limit, kept + chunk.length);
    lengthBytes += chunk.length;
  }
  return { bytes: Buffer.concat(chunks), isWhole: !reader.failed && lengthBytes <= limit };
}

/** @returns what is there of the next `lengthBytes`; the reader has failed when that is less */
function takePresent(reader: ByteReader, lengthBytes: number): Uint8Array {
  const { at, left } = reader;
  reader.skip(lengthBytes);
  return reader.bytes.subarray(at, at + Math.min(left, lengthBytes));
}
