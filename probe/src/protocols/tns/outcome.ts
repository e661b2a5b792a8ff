// warm. How an answer ended: the message at its end says it. It is looked for from behind, so that rows of any type and
// version need not be understood, and lost ones do not matter.
import { ByteReader } from '../kit/byte-reader.ts';
import { utf8 } from '../kit/text.ts';
import * as ttc from './ttc.ts';

/** Kept of an answer's end: the message with the longest text of an error that the server gives (2,000 bytes), doubled. */
export const TAIL_BYTES = 4096;
/** Of STATUS: its type, a UB4 and a UB2. */
const MAX_STATUS_BYTES = 9;
const MAX_ERROR_CHARS = 1024;
/** Answers that may end with STATUS begin so; with PROTOCOL that to a login in one message. */
const STATUS_ANSWERS: readonly number[] = [
  ttc.TTC_PROTOCOL,
  ttc.TTC_STATUS,
  ttc.TTC_PARAMETER,
  ttc.TTC_LOB_DATA,
  ttc.TTC_SERVER_SIDE_PIGGYBACK,
];

export interface Outcome {
  /** 0 without an error. */
  readonly errorNumber: number;
  readonly error: string;
  /** Of the statement, 0 for none. */
  readonly cursor: number;
  /** Rows that its cursor gave or changed so far; undefined when that is not told. */
  readonly rows: number | undefined;
}

/** @param tail the last bytes of an answer, up to the end of a packet; lent
 *  @param first byte of the answer
 *  @returns undefined when the answer does not end there */
export function readOutcome(tail: Uint8Array, first: number): Outcome | undefined {
  const isMarked = tail.length > 1 && tail[tail.length - 1] === ttc.TTC_END_OF_REQUEST;
  const outcome = readEnd(tail, first);
  return outcome ?? (isMarked ? readEnd(tail.subarray(0, -1), first) : undefined);
}

function readEnd(tail: Uint8Array, first: number): Outcome | undefined {
  for (let at = tail.indexOf(ttc.TTC_ERROR); at >= 0; at = tail.indexOf(ttc.TTC_ERROR, at + 1)) {
    const outcome = readError(tail, at, false) ?? readError(tail, at, true);
    if (outcome !== undefined) return outcome;
  }
  return STATUS_ANSWERS.includes(first) && endsWithStatus(tail)
    ? { errorNumber: 0, error: '', cursor: 0, rows: undefined }
    : undefined;
}

function endsWithStatus(tail: Uint8Array): boolean {
  for (let at = Math.max(0, tail.length - MAX_STATUS_BYTES); at < tail.length; at++) {
    if (tail[at] !== ttc.TTC_STATUS) continue;
    const reader = new ByteReader(tail, at + 1);
    ttc.ub(reader, 4); // call status
    ttc.ub(reader, 2); // sequence number
    if (!reader.failed && reader.left === 0) return true;
  }
  return false;
}

/** @param isLate of version 20.1 or later: two more numbers
 *  @returns undefined unless an ERROR stands at `at` and ends where the bytes end */
function readError(tail: Uint8Array, at: number, isLate: boolean): Outcome | undefined {
  const reader = new ByteReader(tail, at + 1);
  ttc.ub(reader, 4); // call status
  ttc.ub(reader, 2); // sequence number
  ttc.ub(reader, 4); // row
  const shortNumber = ttc.ub(reader, 2);
  ttc.ub(reader, 2); // array elements
  ttc.ub(reader, 2);
  const cursor = ttc.ub(reader, 2);
  if (reader.failed) return undefined;
  ttc.sb2(reader); // place of the error
  reader.skip(6); // type, fatal, flags, options, UPI parameter, warning
  skipRowId(reader);
  ttc.ub(reader, 4); // error of the operating system
  reader.skip(2); // statement, call
  ttc.ub(reader, 2); // padding
  ttc.ub(reader, 4); // iterations
  if (ttc.ub(reader, 4) > 0) ttc.readClr(reader, 0); // logical row id
  if (!skipBatchErrors(reader)) return undefined;
  const errorNumber = ttc.ub(reader, 4);
  const rows = ttc.ub(reader, 8);
  if (isLate) {
    ttc.ub(reader, 4); // type of the statement
    ttc.ub(reader, 4); // checksum
  }
  if (reader.failed || shortNumber !== (errorNumber & 0xffff)) return undefined;
  const error = errorNumber === 0 ? '' : readText(reader);
  return reader.failed || reader.left > 0 ? undefined : { errorNumber, error, cursor, rows };
}

function skipRowId(reader: ByteReader): void {
  ttc.ub(reader, 4); // object
  ttc.ub(reader, 2); // file
  reader.skip(1);
  ttc.ub(reader, 4); // block
  ttc.ub(reader, 2); // row
}

/** Codes, offsets and messages of an array's rows that failed.
 *  @returns false when they are not what they should be */
function skipBatchErrors(reader: ByteReader): boolean {
  const codes = ttc.ub(reader, 2);
  if (codes > 0) skipNumbers(reader, codes, 2);
  const offsets = ttc.ub(reader, 4);
  if (offsets > 0) skipNumbers(reader, offsets, 4);
  const messages = ttc.ub(reader, 2);
  if (messages > 0) reader.skip(1);
  for (let i = 0; i < messages && !reader.failed; i++) {
    ttc.ub(reader, 2);
    ttc.readClr(reader, 0);
    reader.skip(2);
  }
  return !reader.failed;
}

const LONG_LENGTH = 0xfe;

function skipNumbers(reader: ByteReader, count: number, size: 2 | 4): void {
  if (count > reader.left) reader.failed = true; // each has a byte at least
  const isChunked = reader.u8() === LONG_LENGTH;
  for (let i = 0; i < count && !reader.failed; i++) {
    if (isChunked) ttc.ub(reader, 4);
    ttc.ub(reader, size);
  }
  if (isChunked) reader.skip(1);
}

function readText(reader: ByteReader): string {
  const { bytes } = ttc.readClr(reader, TAIL_BYTES);
  return utf8(bytes, 0, bytes.length).trim().slice(0, MAX_ERROR_CHARS);
}

/** The last bytes of something long. */
export class Tail {
  #bytes: Uint8Array = new Uint8Array(0);

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** @param chunk lent */
  push(chunk: Uint8Array): void {
    const kept = this.#bytes.subarray(Math.max(0, this.#bytes.length + chunk.length - TAIL_BYTES));
    this.#bytes = Buffer.concat([kept, chunk.subarray(-TAIL_BYTES)]);
  }

  /** What follows is not the continuation. */
  clear(): void {
    this.#bytes = new Uint8Array(0);
  }
}
