/** warm, only while the table is full. Which conversation has to go: first those that came to nothing or are over (a
 *  flood of SYN must not push out what is established, whether the host leaves it unanswered, answers or refuses it),
 *  then the ones silent for longest. */
import { FLOW, FLOW_DOUBLE, RECORD_INTS, SIDE, SIDE_FLAG, STATE, sideAt } from './layout.ts';
import type { FlowStore } from './store.ts';

/** One look at the whole table finds so many (a share of its size): 1/16 makes it about 0.3 µs for each. */
const BATCH_SHARE = 16;
/** Enough to hit the share within a few per cent. */
const MAX_SAMPLE = 2048;
/** A conversation with more packets is no mere attempt, even if only one side speaks. */
const MAX_ATTEMPT_PKTS = 4;
/** Half-open (SYN and SYN+ACK, not the ACK of both), or ended: only stragglers come after that. */
const HALF_OPEN_OR_CLOSED = STATE.HAND_PENDING | STATE.CLOSED;
/** Moves what is expendable before everything else: longer than any capture. */
const EXPENDABLE_US = 1e15;

export class Eviction {
  readonly #store: FlowStore;
  readonly #ranks: Float64Array;
  readonly #victims: Int32Array;
  readonly #ids: Int32Array;
  #next = 0;
  #count = 0;

  constructor(store: FlowStore) {
    const batch = Math.max(1, Math.floor(store.capacity / BATCH_SHARE));
    this.#store = store;
    this.#ranks = new Float64Array(store.capacity);
    this.#victims = new Int32Array(batch);
    this.#ids = new Int32Array(batch);
  }

  /** @returns the slot to give up; all slots are taken */
  choose(): number {
    for (;;) {
      if (this.#next === this.#count) this.#collect();
      const slot = this.#victims[this.#next]!;
      const id = this.#ids[this.#next++]!;
      // It may have ended since, or come to life again.
      const isAsChosen =
        this.#store.ints[slot * RECORD_INTS + FLOW.ID] === id && this.#rank(slot) === this.#ranks[slot];
      if (isAsChosen) return slot;
    }
  }

  #collect(): void {
    const { capacity, ints } = this.#store;
    for (let slot = 0; slot < capacity; slot++) this.#ranks[slot] = this.#rank(slot);
    const limit = this.#limit();
    const chosen: number[] = [];
    for (let slot = 0; slot < capacity && chosen.length < this.#victims.length; slot++) {
      if (this.#ranks[slot]! <= limit) chosen.push(slot);
    }
    chosen.sort((a, b) => this.#ranks[a]! - this.#ranks[b]! || a - b);
    this.#victims.set(chosen);
    for (let n = 0; n < chosen.length; n++) this.#ids[n] = ints[chosen[n]! * RECORD_INTS + FLOW.ID]!;
    this.#next = 0;
    this.#count = chosen.length;
  }

  /** The rank below which about one batch lies, by a sample; exact for a small table. */
  #limit(): number {
    const { capacity } = this.#store;
    const step = Math.ceil(capacity / MAX_SAMPLE);
    const sample = this.#ranks.filter((_, slot) => slot % step === 0).sort();
    return sample[Math.max(0, Math.floor((sample.length * this.#victims.length) / capacity) - 1)]!;
  }

  /** Lower goes first. */
  #rank(slot: number): number {
    const at = slot * RECORD_INTS;
    const lastUs = this.#store.doubles[(at >> 1) + FLOW_DOUBLE.LAST_US]!;
    return this.#isExpendable(at) ? lastUs - EXPENDABLE_US : lastUs;
  }

  #isExpendable(at: number): boolean {
    const { ints } = this.#store;
    if ((ints[at + FLOW.STATE]! & HALF_OPEN_OR_CLOSED) !== 0) return true;
    const low = sideAt(at, 0);
    const high = sideAt(at, 1);
    if ((ints[low + SIDE.FLAGS]! & ints[high + SIDE.FLAGS]! & SIDE_FLAG.SPOKE) !== 0) return false;
    return ints[at + FLOW.TOTAL_PKTS]! + ints[low + SIDE.PKTS]! + ints[high + SIDE.PKTS]! <= MAX_ATTEMPT_PKTS;
  }
}
