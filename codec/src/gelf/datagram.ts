// cold. The whole way of a record into GELF datagrams, and of a datagram into a record.
import { failure, type Outcome } from '../outcome.ts';
import { isChunk, toDatagrams } from './chunks.ts';
import { type Compression, compress, decompress } from './compression.ts';
import { decodeGelf, encodeGelf, type GelfReason, type PlainRecord } from './message.ts';
import type { ChunkStore } from './reassembly.ts';

export interface GelfOptions {
  readonly compression: Compression;
  /** Longest datagram, header of a chunk included. */
  readonly datagramBytes: number;
  readonly nextId: () => Uint8Array;
}

/** @returns the datagrams that carry the record; none when it takes more than 128 */
export const encodeDatagrams = (record: PlainRecord, options: GelfOptions): Uint8Array[] =>
  toDatagrams(compress(encodeGelf(record), options.compression), options.datagramBytes, options.nextId);

export type DatagramReason = GelfReason | 'inflate' | 'inflated_too_long';

/** @param datagram lent
 *  @param store holds chunks between calls
 *  @param source who sent it, see {@link ChunkStore.add}
 *  @returns the record; undefined when this chunk completes nothing (the store counts why); or why it is no GELF */
export function readDatagram(
  datagram: Uint8Array,
  store: ChunkStore,
  nowMs: number,
  source = '',
): Outcome<PlainRecord, DatagramReason> | undefined {
  const message = isChunk(datagram) ? store.add(datagram, nowMs, source) : datagram;
  return message && readMessage(message);
}

/** @param message one whole message, compressed or not; lent */
export function readMessage(message: Uint8Array): Outcome<PlainRecord, DatagramReason> {
  const plain = decompress(message);
  return plain.ok ? decodeGelf(plain.value) : failure(plain.reason);
}
