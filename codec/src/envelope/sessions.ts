// hot. The live sessions of all kids, four places to a row, in columns addressed by slot.
import { widen } from './columns.ts';
import { lookUp, markSeen, WINDOW_WORDS } from './window.ts';
import { KEY_BYTES, PROOF_BYTES } from './wire.ts';

/** A probe needs one; after a restart or a clock jump two overlap while datagrams are under way. */
export const SESSIONS_PER_KID = 4;

export const SLOT_EMPTY = 0;
/** Known from the state file; its key is derived when its next datagram comes. */
export const SLOT_RESTORED = 1;
export const SLOT_KEYED = 2;

export class Sessions {
  slot = new Uint8Array(0);
  t0 = new Uint32Array(0);
  sid = new Uint32Array(0);
  /** One more than the highest sequence number accepted. */
  next = new Uint32Array(0);
  /** How far its latest send times were ahead of our clock, at most. */
  aheadMs = new Float64Array(0);
  private keys = new Uint8Array(0);
  private proofs = new Uint8Array(0);
  private windows = new Uint32Array(0);

  grow(rows: number): void {
    const slots = rows * SESSIONS_PER_KID;
    this.slot = widen(this.slot, slots);
    this.t0 = widen(this.t0, slots);
    this.sid = widen(this.sid, slots);
    this.next = widen(this.next, slots);
    this.aheadMs = widen(this.aheadMs, slots);
    this.keys = widen(this.keys, slots * KEY_BYTES);
    this.proofs = widen(this.proofs, slots * PROOF_BYTES);
    this.windows = widen(this.windows, slots * WINDOW_WORDS);
  }

  /** @returns the slot of a live session, or -1 */
  find(row: number, t0: number, sid: number): number {
    const end = (row + 1) * SESSIONS_PER_KID;
    for (let at = row * SESSIONS_PER_KID; at < end; at++)
      if (this.t0[at] === t0 && this.sid[at] === sid && this.slot[at] !== SLOT_EMPTY) return at;
    return -1;
  }

  /** @returns where a new session goes: an empty slot, else that of the oldest, which then must end */
  place(row: number): number {
    let oldest = row * SESSIONS_PER_KID;
    const end = oldest + SESSIONS_PER_KID;
    for (let at = oldest; at < end; at++) {
      if (this.slot[at] === SLOT_EMPTY) return at;
      if ((this.t0[at] as number) < (this.t0[oldest] as number)) oldest = at;
    }
    return oldest;
  }

  key(at: number): Uint8Array {
    return this.keys.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES);
  }

  /** E ‖ mac1 of a sealed session. */
  proof(at: number): Uint8Array {
    return this.proofs.subarray(at * PROOF_BYTES, (at + 1) * PROOF_BYTES);
  }

  open(at: number, t0: number, sid: number): void {
    this.t0[at] = t0;
    this.sid[at] = sid;
    this.next[at] = 0;
    this.aheadMs[at] = Number.NEGATIVE_INFINITY;
    this.windows.fill(0, at * WINDOW_WORDS, (at + 1) * WINDOW_WORDS);
  }

  /** Everything below `next` counts as seen: which were, the state file does not say. */
  restore(at: number, t0: number, sid: number, next: number): void {
    this.open(at, t0, sid);
    this.slot[at] = SLOT_RESTORED;
    this.next[at] = next;
    this.windows.fill(0xffffffff, at * WINDOW_WORDS, (at + 1) * WINDOW_WORDS);
  }

  setKey(at: number, key: Uint8Array, proof: Uint8Array): void {
    this.key(at).set(key);
    this.proof(at).set(proof);
    this.slot[at] = SLOT_KEYED;
  }

  /** Ends all sessions of a row.
   *  @returns the newest t0 among them, or 0 */
  forget(row: number): number {
    let newest = 0;
    const end = (row + 1) * SESSIONS_PER_KID;
    for (let at = row * SESSIONS_PER_KID; at < end; at++) {
      if (this.slot[at] !== SLOT_EMPTY) newest = Math.max(newest, this.t0[at] as number);
      this.slot[at] = SLOT_EMPTY;
    }
    return newest;
  }

  /** @returns FRESH, SEEN or BELOW */
  lookUp(at: number, seq: number): number {
    return lookUp(this.windows, at * WINDOW_WORDS, this.next[at] as number, seq);
  }

  mark(at: number, seq: number): void {
    this.next[at] = markSeen(this.windows, at * WINDOW_WORDS, this.next[at] as number, seq);
  }

  /** @returns the furthest that any live session of the row was ahead; -Infinity without one */
  maxAheadMs(row: number): number {
    let max = Number.NEGATIVE_INFINITY;
    const end = (row + 1) * SESSIONS_PER_KID;
    for (let at = row * SESSIONS_PER_KID; at < end; at++)
      if (this.slot[at] !== SLOT_EMPTY) max = Math.max(max, this.aheadMs[at] as number);
    return max;
  }
}
