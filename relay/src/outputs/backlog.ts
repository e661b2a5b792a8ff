// warm. Messages in order: those written and not yet confirmed, then those to write.

/** The head is cut off when so many confirmed messages stand before it. */
const COMPACT = 4_096;

export class Backlog {
  /** Messages confirmed since the connection began. */
  confirmedSinceRewind = 0;
  readonly #limitBytes: number;
  #messages: (Uint8Array | undefined)[] = [];
  #head = 0;
  #next = 0;
  #heldBytes = 0;

  /** @param limitBytes of all messages held; the next one is refused */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get length(): number {
    return this.#messages.length - this.#head;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  get hasUnconfirmed(): boolean {
    return this.#next > this.#head;
  }

  /** @returns false, having kept nothing, when there is no room */
  add(message: Uint8Array): boolean {
    if (this.#heldBytes + message.length > this.#limitBytes) return false;
    this.#heldBytes += message.length;
    this.#messages.push(message);
    return true;
  }

  /** @returns the next message to write, which is unconfirmed from then on */
  next(): Uint8Array | undefined {
    const message = this.#messages[this.#next];
    if (message !== undefined) this.#next += 1;
    return message;
  }

  /** The oldest `count` written messages arrived; more than were written are not believed.
   *  @returns how many were forgotten */
  confirm(count: number): number {
    const end = Math.min(this.#head + Math.max(0, count), this.#next);
    const confirmed = end - this.#head;
    for (; this.#head < end; this.#head++) {
      this.#heldBytes -= this.#messages[this.#head]?.length ?? 0;
      this.#messages[this.#head] = undefined;
    }
    this.confirmedSinceRewind += confirmed;
    if (this.#head >= COMPACT) this.#compact();
    return confirmed;
  }

  /** The connection ended: what was not confirmed is written again on the next one.
   *  @returns how many messages that are */
  rewind(): number {
    const again = this.#next - this.#head;
    this.#next = this.#head;
    this.confirmedSinceRewind = 0;
    return again;
  }

  #compact(): void {
    this.#messages = this.#messages.slice(this.#head);
    this.#next -= this.#head;
    this.#head = 0;
  }
}
