/** warm. Copies of segments that came before what they follow, until the gap closes: blocks of one fixed memory, a list
 *  by sequence number for each side. Of bytes that come twice the first are kept. */
import { SIDE } from './layout.ts';
import type { FlowStore } from './store.ts';

/** Holds one full Ethernet segment. */
export const BLOCK_BYTES = 2048;
/** In all: 4 MiB, 30 ms of 1 Gbit/s. The memory is touched only as far as it is needed. */
export const MAX_BLOCKS = 2048;
/** Of one side: 512 KiB, a window that a gap holds up on a fast path. */
export const MAX_SIDE_BLOCKS = 256;

const { STORED, STORED_COUNT } = SIDE;

export class SegmentStore {
  /** Bytes that were there already. */
  overlapBytes = 0;
  /** Owned; a block's bytes lie at `block * BLOCK_BYTES`. */
  readonly bytes = new Uint8Array((MAX_BLOCKS + 1) * BLOCK_BYTES);
  /** By block: sequence number, length on the wire, bytes captured of it, the next block of the side (0: none). */
  readonly seq = new Int32Array(MAX_BLOCKS + 1);
  readonly wireBytes = new Int32Array(MAX_BLOCKS + 1);
  readonly capturedBytes = new Int32Array(MAX_BLOCKS + 1);
  readonly next = new Int32Array(MAX_BLOCKS + 1);
  readonly #store: FlowStore;
  #free = 0;
  #fresh = 1;
  #freeBlocks = MAX_BLOCKS;

  constructor(store: FlowStore) {
    this.#store = store;
  }

  /** Whether there is room for a segment of `lengthBytes`. */
  hasRoom(side: number, lengthBytes: number): boolean {
    const blocks = Math.ceil(lengthBytes / BLOCK_BYTES);
    return this.#store.ints[side + STORED_COUNT]! + blocks <= MAX_SIDE_BLOCKS && this.#freeBlocks >= blocks;
  }

  /** Keeps what is new of a segment; the caller asked `hasRoom`. Cut into pieces by what is stored already it can need
   *  more blocks than there are: the rest is then as if it had never come.
   *  @param frame lent; captured bytes lie from `at` on */
  insert(side: number, seq: number, wireBytes: number, frame: Uint8Array, at: number, capturedBytes: number): void {
    const { ints } = this.#store;
    const end = (seq + wireBytes) | 0;
    let from = seq;
    let previous = 0;
    let block = ints[side + STORED]!;
    while (((end - from) | 0) > 0) {
      while (block !== 0 && ((this.#endOf(block) - from) | 0) <= 0) {
        previous = block;
        block = this.next[block]!;
      }
      const to = block !== 0 && ((this.seq[block]! - end) | 0) < 0 ? this.seq[block]! : end;
      while (((to - from) | 0) > 0) {
        if (this.#freeBlocks === 0) return;
        const skip = (from - seq) | 0;
        const length = Math.min((to - from) | 0, BLOCK_BYTES);
        previous = this.#put(side, previous, from, length);
        this.#copy(previous, frame, at + skip, Math.min(Math.max(capturedBytes - skip, 0), length));
        from = (from + length) | 0;
      }
      if (block === 0 || ((end - from) | 0) <= 0) return;
      const covered = Math.min((this.#endOf(block) - from) | 0, (end - from) | 0);
      this.overlapBytes += covered;
      from = (from + covered) | 0;
    }
  }

  /** Takes the side's first block out of its list; `release` gives it back.
   *  @returns the block, 0 when nothing is stored */
  shift(side: number): number {
    const { ints } = this.#store;
    const block = ints[side + STORED]!;
    if (block === 0) return 0;
    ints[side + STORED] = this.next[block]!;
    ints[side + STORED_COUNT]!--;
    return block;
  }

  release(block: number): void {
    this.next[block] = this.#free;
    this.#free = block;
    this.#freeBlocks++;
  }

  clear(side: number): void {
    for (let block = this.shift(side); block !== 0; block = this.shift(side)) this.release(block);
  }

  #endOf(block: number): number {
    return (this.seq[block]! + this.wireBytes[block]!) | 0;
  }

  #put(side: number, previous: number, seq: number, wireBytes: number): number {
    const { ints } = this.#store;
    const block = this.#take();
    this.seq[block] = seq;
    this.wireBytes[block] = wireBytes;
    this.next[block] = previous === 0 ? ints[side + STORED]! : this.next[previous]!;
    if (previous === 0) ints[side + STORED] = block;
    else this.next[previous] = block;
    ints[side + STORED_COUNT]!++;
    return block;
  }

  #copy(block: number, frame: Uint8Array, at: number, lengthBytes: number): void {
    this.capturedBytes[block] = lengthBytes;
    if (lengthBytes > 0) this.bytes.set(frame.subarray(at, at + lengthBytes), block * BLOCK_BYTES);
  }

  #take(): number {
    this.#freeBlocks--;
    if (this.#free === 0) return this.#fresh++;
    const block = this.#free;
    this.#free = this.next[block]!;
    return block;
  }
}
