// cold. One id per record, the same on every receiver and for every retry.
import { createHash } from 'node:crypto';
import { writeU32 } from './wire.ts';

const ID_BYTES = 15;
const input = new Uint8Array(20);

/** What names a message: of a fragmented one, `seq` is that of its first fragment. */
export interface MessageName {
  readonly kid: number;
  readonly t0: number;
  readonly sid: number;
  readonly seq: number;
}

/** @param index of the record in its message, from 0
 *  @returns `_record_id`, 20 characters: as an Elasticsearch `_id` it makes two receivers or a retry idempotent */
export function recordIdOf({ kid, t0, sid, seq }: MessageName, index: number): string {
  [kid, t0, sid, seq, index].forEach((part, at) => {
    writeU32(input, at * 4, part);
  });
  return createHash('sha256').update(input).digest().subarray(0, ID_BYTES).toString('base64url');
}
