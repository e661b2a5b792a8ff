// cold. GELF over UDP: a message in one datagram, or in at most 128 chunks.

/** Source: GELF 1.1, "chunked GELF": magic, 8 bytes message id, sequence number, sequence count. */
export const CHUNK_MAGIC_0 = 0x1e;
export const CHUNK_MAGIC_1 = 0x0f;
export const CHUNK_HEADER_BYTES = 12;
export const MAX_CHUNKS = 128;

/** Fits the paths of clouds and tunnels, where IP fragments are often lost. */
export const DEFAULT_DATAGRAM_BYTES = 1420;

export const isChunk = (bytes: Uint8Array): boolean => bytes[0] === CHUNK_MAGIC_0 && bytes[1] === CHUNK_MAGIC_1;

/** Longest message that chunks of this size can carry. */
export const maxMessageBytes = (datagramBytes: number): number => (datagramBytes - CHUNK_HEADER_BYTES) * MAX_CHUNKS;

/** Ids for the messages of one probe, each used once.
 *  @param seed 8 random bytes, so that two probes behind one receiver do not meet
 *  @returns a function that gives the next id, 8 bytes, owned by the caller */
export function createMessageIds(seed: Uint8Array): () => Uint8Array {
  if (seed.length !== 8) throw new RangeError(`seed: expected 8 bytes, got ${seed.length}`);
  let next = Buffer.from(seed).readBigUInt64BE();
  return () => {
    const id = Buffer.alloc(8);
    id.writeBigUInt64BE(next);
    next = BigInt.asUintN(64, next + 1n);
    return id;
  };
}

/** @param message what is to be sent, compressed or not; lent
 *  @param datagramBytes longest datagram, 13..65507
 *  @param nextId see {@link createMessageIds}; called only when chunks are needed
 *  @returns the datagrams: `message` itself when it fits; none when it would take more than 128 chunks
 *  @throws RangeError when `datagramBytes` leaves no room beside a chunk's header */
export function toDatagrams(message: Uint8Array, datagramBytes: number, nextId: () => Uint8Array): Uint8Array[] {
  const sliceBytes = datagramBytes - CHUNK_HEADER_BYTES;
  if (!(sliceBytes >= 1)) throw new RangeError(`datagramBytes: expected at least 13, got ${datagramBytes}`);
  if (message.length <= datagramBytes) return [message];
  const count = Math.ceil(message.length / sliceBytes);
  if (count > MAX_CHUNKS) return [];
  const id = nextId();
  return Array.from({ length: count }, (_, index) =>
    chunkOf(id, index, count, message.subarray(index * sliceBytes, (index + 1) * sliceBytes)),
  );
}

function chunkOf(id: Uint8Array, index: number, count: number, slice: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(CHUNK_HEADER_BYTES + slice.length);
  chunk[0] = CHUNK_MAGIC_0;
  chunk[1] = CHUNK_MAGIC_1;
  chunk.set(id, 2);
  chunk[10] = index;
  chunk[11] = count;
  chunk.set(slice, CHUNK_HEADER_BYTES);
  return chunk;
}
