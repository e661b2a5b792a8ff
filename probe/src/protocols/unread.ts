// warm. Bytes of one direction that the analyzer did not consume yet.
import type { Budget } from './limits.ts';

const EMPTY = new Uint8Array(0);
const FIRST_BYTES = 2048;

export class Unread {
  /** When the first unread byte arrived, and the last. */
  beginUs = 0;
  lastUs = 0;
  readonly #budget: Budget;
  readonly #limitBytes: number;
  #buffer = EMPTY;
  #at = 0;
  #end = 0;
  /** How many of the unread bytes were there before the last ones came. */
  #olderBytes = 0;

  /** @param limitBytes most that this direction holds
   *  @param budget what all directions share */
  constructor(limitBytes: number, budget: Budget) {
    this.#limitBytes = limitBytes;
    this.#budget = budget;
  }

  get lengthBytes(): number {
    return this.#end - this.#at;
  }

  /** @returns the unread bytes, valid until the next call */
  view(): Uint8Array {
    return this.#buffer.subarray(this.#at, this.#end);
  }

  /** Copies `bytes` behind what is there.
   *  @returns false, having copied nothing, when a limit would be passed */
  append(bytes: Uint8Array, tsUs: number): boolean {
    if (!this.#reserve(bytes.length)) return false;
    this.#olderBytes = this.lengthBytes;
    this.lastUs = tsUs;
    if (this.#olderBytes === 0) this.beginUs = tsUs;
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
    return true;
  }

  /** @returns when the unread byte at `offset` arrived, as nearly as two times can tell */
  arrivedUs(offset: number): number {
    return offset < this.#olderBytes ? this.beginUs : this.lastUs;
  }

  /** Forgets the first `lengthBytes`; memory goes back as soon as nothing is left. */
  consume(lengthBytes: number): void {
    this.beginUs = this.arrivedUs(lengthBytes);
    this.#olderBytes = Math.max(0, this.#olderBytes - lengthBytes);
    this.#at += lengthBytes;
    if (this.#at >= this.#end) this.clear();
  }

  clear(): void {
    this.#budget.give(this.#buffer.length);
    this.#buffer = EMPTY;
    this.#at = 0;
    this.#end = 0;
  }

  #reserve(moreBytes: number): boolean {
    if (this.#end + moreBytes <= this.#buffer.length) return true;
    const held = this.lengthBytes;
    if (held + moreBytes > this.#limitBytes) return false;
    if (held + moreBytes <= this.#buffer.length) this.#buffer.copyWithin(0, this.#at, this.#end);
    else if (!this.#grow(held + moreBytes)) return false;
    this.#at = 0;
    this.#end = held;
    return true;
  }

  #grow(neededBytes: number): boolean {
    let size = Math.max(this.#buffer.length, FIRST_BYTES);
    while (size < neededBytes) size *= 2;
    if (!this.#budget.take(size - this.#buffer.length)) return false;
    const larger = new Uint8Array(size);
    larger.set(this.view());
    this.#buffer = larger;
    return true;
  }
}
