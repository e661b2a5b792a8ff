/** hot. From a key to its slot: open addressing with linear probing, entries of two words (slot + 1, hash), so that a
 *  probe seldom has to look at a record. At most half full. */
import { type FlowKey, holdsKey } from './key.ts';
import type { FlowStore } from './store.ts';

export class SlotIndex {
  readonly #entries: Int32Array;
  /** Keeps an offset of an entry inside the table, and even. */
  readonly #mask: number;

  constructor(capacity: number) {
    const words = 2 << Math.ceil(Math.log2(capacity * 2));
    this.#entries = new Int32Array(words);
    this.#mask = words - 2;
  }

  /** @returns the slot that holds `key`, or -1 */
  find(key: FlowKey, store: FlowStore): number {
    const entries = this.#entries;
    const mask = this.#mask;
    const { hash } = key;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const taken = entries[at]!;
      if (taken === 0) return -1;
      if (entries[at + 1] === hash && holdsKey(store, taken - 1, key)) return taken - 1;
    }
  }

  add(slot: number, hash: number): void {
    const entries = this.#entries;
    let at = (hash << 1) & this.#mask;
    while (entries[at] !== 0) at = (at + 2) & this.#mask;
    entries[at] = slot + 1;
    entries[at + 1] = hash;
  }

  /** Closes the gap by moving up what would no longer be found, so that no tombstones gather.
   *  @param hash as given to `add`
   *  Source: Knuth, The Art of Computer Programming 3, algorithm 6.4R. */
  remove(slot: number, hash: number): void {
    const entries = this.#entries;
    const mask = this.#mask;
    let gap = (hash << 1) & mask;
    while (entries[gap] !== slot + 1) gap = (gap + 2) & mask;
    for (let at = (gap + 2) & mask; entries[at] !== 0; at = (at + 2) & mask) {
      const home = (entries[at + 1]! << 1) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      entries[gap] = entries[at]!;
      entries[gap + 1] = entries[at + 1]!;
      gap = at;
    }
    entries[gap] = 0;
  }
}
