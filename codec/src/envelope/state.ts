// cold. What a receiver keeps over a restart, as bytes; the caller writes them by write, fsync, rename.
import { createHash } from 'node:crypto';
import { readU32, writeU32 } from './wire.ts';

export const STATE_MAGIC = 'nanost01';
const CHECK_BYTES = 16;
const SAVED_AT = 8;
const COUNT_AT = 16;
const CHECK_AT = 24;
/** Header and record are both 40 bytes long. */
export const STATE_RECORD_BYTES = 40;
const NO_LEAD = -0x8000_0000_0000;

/** One session of a kid, or the kid alone when none is live (`next` is 0 then). */
export interface StateRecord {
  readonly kid: number;
  readonly floor: number;
  readonly t0: number;
  readonly sid: number;
  readonly next: number;
  /** How far the kid's clock is ahead of ours, ms; -Infinity when unknown. */
  readonly leadMs: number;
}

export interface State {
  readonly savedMs: number;
  readonly records: readonly StateRecord[];
}

const digest = (bytes: Buffer): Buffer =>
  createHash('sha512')
    .update(bytes.subarray(0, CHECK_AT))
    .update(bytes.subarray(STATE_RECORD_BYTES))
    .digest()
    .subarray(0, CHECK_BYTES);

export function formatState({ savedMs, records }: State): Uint8Array {
  const bytes = Buffer.alloc(STATE_RECORD_BYTES * (1 + records.length));
  bytes.write(STATE_MAGIC, 'ascii');
  bytes.writeIntBE(savedMs, SAVED_AT + 2, 6);
  writeU32(bytes, COUNT_AT, records.length);
  for (let index = 0; index < records.length; index++)
    writeRecord(bytes, (index + 1) * STATE_RECORD_BYTES, records[index] as StateRecord);
  digest(bytes).copy(bytes, CHECK_AT);
  return bytes;
}

function writeRecord(bytes: Buffer, at: number, record: StateRecord): void {
  writeU32(bytes, at, record.kid);
  writeU32(bytes, at + 4, record.floor);
  writeU32(bytes, at + 8, record.t0);
  writeU32(bytes, at + 12, record.sid);
  writeU32(bytes, at + 16, record.next);
  const leadMs = record.leadMs === Number.NEGATIVE_INFINITY ? NO_LEAD : Math.ceil(record.leadMs);
  bytes.writeIntBE(leadMs, at + 20, 6);
}

function readRecord(bytes: Buffer, at: number): StateRecord {
  const leadMs = bytes.readIntBE(at + 20, 6);
  return {
    kid: readU32(bytes, at),
    floor: readU32(bytes, at + 4),
    t0: readU32(bytes, at + 8),
    sid: readU32(bytes, at + 12),
    next: readU32(bytes, at + 16),
    leadMs: leadMs === NO_LEAD ? Number.NEGATIVE_INFINITY : leadMs,
  };
}

/** @returns the state, or undefined when the bytes are cut, changed or of another version */
export function parseState(state: Uint8Array): State | undefined {
  const bytes = Buffer.from(state.buffer, state.byteOffset, state.byteLength);
  if (bytes.length < STATE_RECORD_BYTES || bytes.length % STATE_RECORD_BYTES !== 0) return undefined;
  if (bytes.toString('latin1', 0, SAVED_AT) !== STATE_MAGIC) return undefined;
  if (!digest(bytes).equals(bytes.subarray(CHECK_AT, CHECK_AT + CHECK_BYTES))) return undefined;
  const count = readU32(bytes, COUNT_AT);
  if (count !== bytes.length / STATE_RECORD_BYTES - 1) return undefined;
  const records = Array.from({ length: count }, (_, index) => readRecord(bytes, (index + 1) * STATE_RECORD_BYTES));
  return { savedMs: bytes.readIntBE(SAVED_AT + 2, 6), records };
}
