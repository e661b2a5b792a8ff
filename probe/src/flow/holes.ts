/** warm. Ranges of sequence numbers that were passed over and may still come: what tells a late segment from a repeated
 *  one, and what was lost. One pool for all conversations; a side's holes form a list, highest first. */
import { SIDE, SIDE_DOUBLE } from './layout.ts';
import type { FlowStore } from './store.ts';

/** In all: 160 KB. Holes last one round trip; only a capture that loses much at thousands of conversations at once
 *  needs more, and then the oldest hole of the side counts as lost at once. */
export const MAX_HOLES = 8192;
/** Of one side; a receiver's SACK blocks name at most 4. */
export const MAX_SIDE_HOLES = 32;

/** What a segment below NEXT_SEQ turned out to be. */
export const SEEN_BEFORE = 0;
export const FILLS_HOLE = 1;

const { HOLES } = SIDE;
const { LOST_BYTES } = SIDE_DOUBLE;

export class Holes {
  /** Holes that were counted as lost because there was no room to remember them. */
  overflows = 0;
  readonly #start = new Int32Array(MAX_HOLES + 1);
  readonly #end = new Int32Array(MAX_HOLES + 1);
  readonly #next = new Int32Array(MAX_HOLES + 1);
  readonly #store: FlowStore;
  #free = 0;
  #fresh = 1;

  constructor(store: FlowStore) {
    this.#store = store;
  }

  /** Remembers that `start`..`end` of this side was passed over.
   *  @param side word offset of the side's block */
  open(side: number, start: number, end: number): void {
    if (this.#count(side) >= MAX_SIDE_HOLES) this.#loseLowest(side);
    const hole = this.#take();
    if (hole === 0) {
      this.overflows++;
      this.#lose(side, (end - start) | 0);
      return;
    }
    const { ints } = this.#store;
    this.#start[hole] = start;
    this.#end[hole] = end;
    this.#next[hole] = ints[side + HOLES]!;
    ints[side + HOLES] = hole;
  }

  /** Takes `start`..`end` out of the side's holes.
   *  @returns FILLS_HOLE when the whole range was missing, SEEN_BEFORE when any of it had been there */
  fill(side: number, start: number, end: number): number {
    const { ints } = this.#store;
    let filled = 0;
    for (let hole = ints[side + HOLES]!, previous = 0; hole !== 0; ) {
      const next = this.#next[hole]!;
      const from = later(start, this.#start[hole]!);
      const to = earlier(end, this.#end[hole]!);
      if (((to - from) | 0) > 0) {
        filled += (to - from) | 0;
        if (this.#cut(side, hole, previous, from, to)) previous = hole;
      } else previous = hole;
      hole = next;
    }
    return filled === ((end - start) | 0) ? FILLS_HOLE : SEEN_BEFORE;
  }

  /** Counts as lost what the other side acknowledged although it was not seen here. */
  acknowledge(side: number, ack: number): void {
    const { ints } = this.#store;
    for (let hole = ints[side + HOLES]!, previous = 0; hole !== 0; ) {
      const next = this.#next[hole]!;
      const to = earlier(ack, this.#end[hole]!);
      const from = this.#start[hole]!;
      const lost = (to - from) | 0;
      if (lost > 0) this.#lose(side, lost);
      if (lost <= 0 || this.#cut(side, hole, previous, from, to)) previous = hole;
      hole = next;
    }
  }

  /** The conversation ended: what is missing now stays so. */
  closeAll(side: number): void {
    const { ints } = this.#store;
    while (ints[side + HOLES] !== 0) this.#loseLowest(side);
  }

  /** Removes `from`..`to`, which lies inside `hole`.
   *  @returns whether `hole` is still there */
  #cut(side: number, hole: number, previous: number, from: number, to: number): boolean {
    const start = this.#start[hole]!;
    const end = this.#end[hole]!;
    if (from === start && to === end) {
      this.#unlink(side, hole, previous);
      return false;
    }
    if (from === start) this.#start[hole] = to;
    else if (to === end) this.#end[hole] = from;
    else this.#split(side, hole, from, to);
    return true;
  }

  /** Leaves the upper part in `hole` and puts the lower one behind it. */
  #split(side: number, hole: number, from: number, to: number): void {
    const lower = this.#take();
    if (lower === 0) {
      this.overflows++;
      this.#lose(side, (from - this.#start[hole]!) | 0);
    } else {
      this.#start[lower] = this.#start[hole]!;
      this.#end[lower] = from;
      this.#next[lower] = this.#next[hole]!;
      this.#next[hole] = lower;
    }
    this.#start[hole] = to;
  }

  #loseLowest(side: number): void {
    let previous = 0;
    let hole = this.#store.ints[side + HOLES]!;
    while (this.#next[hole] !== 0) {
      previous = hole;
      hole = this.#next[hole]!;
    }
    this.#lose(side, (this.#end[hole]! - this.#start[hole]!) | 0);
    this.#unlink(side, hole, previous);
  }

  #lose(side: number, lengthBytes: number): void {
    const { doubles } = this.#store;
    const at = (side >> 1) + LOST_BYTES;
    doubles[at]! += lengthBytes;
  }

  #count(side: number): number {
    let count = 0;
    for (let hole = this.#store.ints[side + HOLES]!; hole !== 0; hole = this.#next[hole]!) count++;
    return count;
  }

  #unlink(side: number, hole: number, previous: number): void {
    if (previous === 0) this.#store.ints[side + HOLES] = this.#next[hole]!;
    else this.#next[previous] = this.#next[hole]!;
    this.#next[hole] = this.#free;
    this.#free = hole;
  }

  /** @returns a hole, 0 when there is none left */
  #take(): number {
    const hole = this.#free;
    if (hole === 0) return this.#fresh <= MAX_HOLES ? this.#fresh++ : 0;
    this.#free = this.#next[hole]!;
    return hole;
  }
}

const later = (a: number, b: number): number => (((a - b) | 0) > 0 ? a : b);
const earlier = (a: number, b: number): number => (((a - b) | 0) < 0 ? a : b);
