// warm. One direction of a conversation on its way to an analyzer: what was not read of it, and whether its place is known.
import type { Budget, EngineLimits } from './limits.ts';
import { Unread } from './unread.ts';

const NOTHING = new Uint8Array(0);

export class Way {
  /** Undefined while nothing is unread, as nearly always: a busy host has many conversations. */
  unread: Unread | undefined;
  /** It looks for the start of a message, and has passed over so many bytes. */
  isSeeking = false;
  soughtBytes = 0;
  /** Its first bytes were seen to be this protocol's, or need not be. */
  hasAgreed = false;
  readonly #limits: EngineLimits;
  readonly #budget: Budget;

  /** @param budget of unread bytes, shared by all */
  constructor(limits: EngineLimits, budget: Budget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  get unreadBytes(): number {
    return this.unread?.lengthBytes ?? 0;
  }

  /** @returns the unread bytes, valid until the next call */
  view(): Uint8Array {
    return this.unread?.view() ?? NOTHING;
  }

  /** Copies `bytes` behind what is unread.
   *  @returns false, having copied nothing, when a limit would be passed */
  append(bytes: Uint8Array, tsUs: number): boolean {
    const unread = this.unread ?? new Unread(this.#limits.unreadBytes, this.#budget);
    if (!unread.append(bytes, tsUs)) return false;
    this.unread = unread;
    return true;
  }

  /** Forgets the first `lengthBytes` unread bytes. */
  consume(lengthBytes: number): void {
    this.unread?.consume(lengthBytes);
    if (this.unreadBytes === 0) this.unread = undefined;
  }

  clear(): void {
    this.unread?.clear();
    this.unread = undefined;
  }
}
