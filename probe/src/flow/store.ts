/** hot. The memory of all conversations: records (see layout.ts), the upper words of IPv6 addresses, the tunnels around
 *  them, and which slots are taken. Slots are handed out lowest first, so memory is touched only as far as conversations are open at once. */
import { MAX_TUNNELS } from '../dissect/tunnel-kinds.ts';
import { RECORD_INTS } from './layout.ts';

/** Upper three words of both addresses; read only for IPv6. */
export const UPPER_INTS = 6;
/** Kinds of the tunnels, then an identifier for each; read only inside of tunnels. */
export const TUNNEL_INTS = 1 + MAX_TUNNELS;

/** glibc hands out large blocks 16 bytes behind the start of a page: with so many before them, records begin where cache
 *  lines do (7 % of a packet with a million conversations). */
const ALIGNMENT_BYTES = 48;

export class FlowStore {
  readonly capacity: number;
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
  readonly upper: Int32Array;
  readonly tunnels: Int32Array;
  /** When something has to be done with the slot at the earliest; Infinity for a free one. */
  readonly dueUs: Float64Array;
  /** Hash of the key: where the index holds the slot. */
  readonly hashes: Int32Array;
  /** No slot at or above it was ever taken. */
  highWater = 0;
  live = 0;
  readonly #free: Int32Array;
  #freeCount = 0;

  constructor(capacity: number) {
    const memory = new ArrayBuffer(ALIGNMENT_BYTES + capacity * RECORD_INTS * 4);
    this.capacity = capacity;
    this.ints = new Int32Array(memory, ALIGNMENT_BYTES);
    this.doubles = new Float64Array(memory, ALIGNMENT_BYTES);
    this.upper = new Int32Array(capacity * UPPER_INTS);
    this.tunnels = new Int32Array(capacity * TUNNEL_INTS);
    this.dueUs = new Float64Array(capacity);
    this.hashes = new Int32Array(capacity);
    this.#free = new Int32Array(capacity);
  }

  /** @returns a slot with its record at zero, or -1 when all are taken */
  take(): number {
    if (this.live === this.capacity) return -1;
    this.live++;
    if (this.#freeCount === 0) return this.highWater++;
    const slot = this.#free[--this.#freeCount]!;
    this.ints.fill(0, slot * RECORD_INTS, (slot + 1) * RECORD_INTS);
    return slot;
  }

  release(slot: number): void {
    this.live--;
    this.dueUs[slot] = Number.POSITIVE_INFINITY;
    this.#free[this.#freeCount++] = slot;
  }

  isLive(slot: number): boolean {
    return slot < this.highWater && this.dueUs[slot] !== Number.POSITIVE_INFINITY;
  }
}
