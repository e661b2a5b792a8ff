// cold. Puts chunked messages together, within bounds that no sender can move.
import { CHUNK_HEADER_BYTES, isChunk, MAX_CHUNKS } from './chunks.ts';

export interface ReassemblyLimits {
  /** GELF: all chunks of a message arrive within 5 s, or it is given up. */
  readonly timeoutMs: number;
  /** Messages being put together at once; the oldest makes room. */
  readonly maxMessages: number;
  /** Bytes held for all of them; the oldest make room. */
  readonly maxBytes: number;
  /** Bytes of one message: 128 chunks of 8,192, the size receivers take. */
  readonly maxMessageBytes: number;
}

export const REASSEMBLY_LIMITS: ReassemblyLimits = {
  timeoutMs: 5_000,
  maxMessages: 1_024,
  maxBytes: 16 * 1024 * 1024,
  maxMessageBytes: 1024 * 1024,
};

/** How often each thing happened to a chunk or to a message. */
export interface ReassemblyCounters {
  /** Messages put together. */
  completed: number;
  /** Messages given up: too slow; pushed out by newer ones; longer than allowed. */
  expired: number;
  evicted: number;
  too_long: number;
  /** Chunks ignored: header that cannot be; seen already; unlike what was seen before under the same id. */
  bad_header: number;
  duplicate: number;
  contradicting: number;
}

interface Unfinished {
  readonly beganMs: number;
  readonly slices: (Uint8Array | undefined)[];
  missing: number;
  lengthBytes: number;
}

/** Bytes that a message costs beside its own: the slots for its slices. */
const SLOT_BYTES = 8;

export class ChunkStore {
  readonly counters: ReassemblyCounters = {
    completed: 0,
    expired: 0,
    evicted: 0,
    too_long: 0,
    bad_header: 0,
    duplicate: 0,
    contradicting: 0,
  };
  readonly #limits: ReassemblyLimits;
  /** Oldest first: a Map keeps the order of insertion. */
  readonly #messages = new Map<string, Unfinished>();
  #heldBytes = 0;

  constructor(limits: Partial<ReassemblyLimits> = {}) {
    this.#limits = { ...REASSEMBLY_LIMITS, ...limits };
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get openMessages(): number {
    return this.#messages.size;
  }

  /** @param chunk one datagram that {@link isChunk}; lent, what is kept is copied
   *  @param nowMs any clock that does not run backwards
   *  @param source who sent it: ids of different senders are different messages
   *  @returns the whole message, owned by the caller, when this was its last chunk; else undefined */
  add(chunk: Uint8Array, nowMs: number, source = ''): Uint8Array | undefined {
    this.expire(nowMs);
    const index = chunk[10] ?? 0;
    const count = chunk[11] ?? 0;
    if (!isChunk(chunk) || chunk.length < CHUNK_HEADER_BYTES || index >= count || count > MAX_CHUNKS) {
      return this.#count('bad_header');
    }
    const key = `${source}/${Buffer.from(chunk.subarray(2, 10)).toString('latin1')}`;
    const message = this.#messages.get(key) ?? this.#begin(key, count, nowMs);
    if (message.slices.length !== count) return this.#count('contradicting');
    return this.#place(key, message, index, chunk.subarray(CHUNK_HEADER_BYTES));
  }

  /** Gives up what began more than the timeout ago. */
  expire(nowMs: number): void {
    for (const [key, message] of this.#messages) {
      if (nowMs - message.beganMs <= this.#limits.timeoutMs) return;
      this.#giveUp(key, message, 'expired');
    }
  }

  #begin(key: string, count: number, nowMs: number): Unfinished {
    if (this.#messages.size >= this.#limits.maxMessages) this.#evictOldest();
    const message = { beganMs: nowMs, slices: new Array(count).fill(undefined), missing: count, lengthBytes: 0 };
    this.#messages.set(key, message);
    this.#heldBytes += count * SLOT_BYTES;
    return message;
  }

  #place(key: string, message: Unfinished, index: number, slice: Uint8Array): Uint8Array | undefined {
    const before = message.slices[index];
    if (before) return this.#count(Buffer.compare(before, slice) === 0 ? 'duplicate' : 'contradicting');
    if (message.lengthBytes + slice.length > this.#limits.maxMessageBytes) {
      return this.#giveUp(key, message, 'too_long');
    }
    // A Buffer's own slice() would share memory with what was lent.
    message.slices[index] = new Uint8Array(slice);
    message.missing -= 1;
    message.lengthBytes += slice.length;
    this.#heldBytes += slice.length;
    if (message.missing === 0) return this.#complete(key, message);
    while (this.#heldBytes > this.#limits.maxBytes) this.#evictOldest();
    return undefined;
  }

  #complete(key: string, message: Unfinished): Uint8Array {
    this.#giveUp(key, message, 'completed');
    return Buffer.concat(message.slices as Uint8Array[], message.lengthBytes);
  }

  #evictOldest(): void {
    for (const [key, message] of this.#messages) {
      this.#giveUp(key, message, 'evicted');
      return;
    }
  }

  #giveUp(key: string, message: Unfinished, reason: keyof ReassemblyCounters): undefined {
    this.#messages.delete(key);
    this.#heldBytes -= message.lengthBytes + message.slices.length * SLOT_BYTES;
    this.#count(reason);
  }

  #count(reason: keyof ReassemblyCounters): undefined {
    this.counters[reason] += 1;
  }
}
