// cold. The body of an envelope of type 2: a MessagePack array of records with plain names, some compressed alone.
import { deflateSync, type Inflate, inflateSync } from 'node:zlib';
import { Encoder } from '@msgpack/msgpack';
import type { PlainRecord } from '../gelf/message.ts';
import { failure, type Outcome, success } from '../outcome.ts';
import { DICTIONARY } from './dictionary.ts';
import { decodeMessagePack, type MessagePackReason, type MessagePackValue } from './messagepack.ts';

/** `dict` compresses each record alone with a preset dictionary, so that no record's length tells of its neighbours. */
export type RecordCompression = 'none' | 'dict';

export type BatchReason = MessagePackReason | 'not_array' | 'not_record' | 'dict' | 'inflated_too_long';

/** All records of one batch together are not inflated beyond this. */
export const MAX_BATCH_BYTES = 256 * 1024;

const BIN_8 = 0xc4;
const BIN_16 = 0xc5;
const BIN_32 = 0xc6;
const encoder = new Encoder({ ignoreUndefined: true });

/** @returns the record as it stands in the array of a batch; owned by the caller */
export function encodeRecord(record: PlainRecord, compression: RecordCompression): Uint8Array {
  const encoded = encoder.encode(record);
  return compression === 'none' ? encoded : asBinary(deflateSync(encoded, { dictionary: DICTIONARY }));
}

/** Source: MessagePack, "bin format family". */
function asBinary(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (length < 0x100) return Buffer.concat([Uint8Array.of(BIN_8, length), bytes]);
  if (length < 0x10000) return Buffer.concat([Uint8Array.of(BIN_16, length >> 8, length), bytes]);
  return Buffer.concat([Uint8Array.of(BIN_32, length >>> 24, length >> 16, length >> 8, length), bytes]);
}

/** @param body lent
 *  @returns the records with plain names, or why the whole batch is refused: who sends one bad record has a bug or is
 *  no friend, and half a batch would hide it */
export function decodeBatch(body: Uint8Array): Outcome<PlainRecord[], BatchReason> {
  const array = decodeMessagePack(body);
  if (!array.ok) return array;
  if (!Array.isArray(array.value)) return failure('not_array');
  const records: PlainRecord[] = [];
  let budgetBytes = MAX_BATCH_BYTES;
  for (const element of array.value) {
    const record = readElement(element, budgetBytes);
    if (!record.ok) return record;
    budgetBytes -= record.value.inflatedBytes;
    records.push(record.value.record);
  }
  return success(records);
}

interface Element {
  readonly record: PlainRecord;
  readonly inflatedBytes: number;
}

function readElement(element: MessagePackValue, budgetBytes: number): Outcome<Element, BatchReason> {
  if (!(element instanceof Uint8Array)) return asElement(element, 0);
  const inflated = inflate(element, budgetBytes);
  if (!inflated.ok) return inflated;
  const value = decodeMessagePack(inflated.value);
  return value.ok ? asElement(value.value, inflated.value.length) : value;
}

function asElement(value: MessagePackValue, inflatedBytes: number): Outcome<Element, BatchReason> {
  return isRecord(value) ? success({ record: value, inflatedBytes }) : failure('not_record');
}

/** A binary value has its place as a whole record and nowhere else: it has no counterpart in JSON. */
function isRecord(value: MessagePackValue): value is { [key: string]: MessagePackValue } {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return false;
  return !Object.values(value).some(holdsBinary);
}

function holdsBinary(value: MessagePackValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Uint8Array || Object.values(value).some(holdsBinary);
}

/** Bytes after the end of the stream are refused: two receivers could read them differently. */
function inflate(bytes: Uint8Array, maxBytes: number): Outcome<Uint8Array, BatchReason> {
  if (maxBytes < 1) return failure('inflated_too_long');
  try {
    const options = { dictionary: DICTIONARY, maxOutputLength: maxBytes, info: true };
    const { buffer, engine } = inflateSync(bytes, options) as unknown as { buffer: Buffer; engine: Inflate };
    return engine.bytesWritten === bytes.length ? success(buffer) : failure('dict');
  } catch (error) {
    return failure((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'inflated_too_long' : 'dict');
  }
}
