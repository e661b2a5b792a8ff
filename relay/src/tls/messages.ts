// warm. GELF messages on a stream: JSON texts, each ended by a NUL (GELF over TCP) or a newline (Logstash's json_lines).
// Neither byte occurs inside one, so both ends are taken.
import type { Writable } from 'node:stream';

/** A message that is longer is passed over and counted: the longest that any of our inputs takes. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Two of us say by ALPN that what arrives is acknowledged: the receiver sends back, as a decimal number and a newline,
 *  how many messages of this connection it has passed on. */
export const ACKNOWLEDGED_PROTOCOL = 'nanogelf/1';

/** What is kept of a message's beginning at least has this room. */
const MIN_HELD_BYTES = 4_096;
const NOTHING = Buffer.alloc(0);
const NUL = 0x00;
const LF = 0x0a;

/** Cuts a stream into messages. Holds at most one unfinished message, in one piece: a peer may send it byte by byte. */
export class MessageCutter {
  /** Messages that were too long. */
  tooLong = 0;
  #held = NOTHING;
  #heldBytes = 0;
  #skipping = false;

  /** @param bytes what came next, its own from then on
   *  @param take gets each message, at least 1 byte, its own from then on */
  push(bytes: Buffer, take: (message: Buffer) => void): void {
    let at = 0;
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== NUL && bytes[i] !== LF) continue;
      this.#finish(bytes.subarray(at, i), take);
      at = i + 1;
    }
    this.#keep(bytes.subarray(at));
  }

  #finish(last: Buffer, take: (message: Buffer) => void): void {
    if (this.#heldBytes > 0 || last.length > MAX_MESSAGE_BYTES) this.#keep(last);
    const message = this.#heldBytes > 0 ? this.#held.subarray(0, this.#heldBytes) : last;
    if (this.#skipping) this.tooLong += 1;
    else if (message.length > 0) take(message);
    this.#forget();
    this.#skipping = false;
  }

  #keep(part: Buffer): void {
    if (part.length === 0 || this.#skipping) return;
    const bytes = this.#heldBytes + part.length;
    if (bytes > MAX_MESSAGE_BYTES) {
      this.#forget();
      this.#skipping = true;
      return;
    }
    if (bytes > this.#held.length) this.#held = Buffer.concat([this.#held], roomFor(bytes));
    part.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }

  #forget(): void {
    this.#held = NOTHING;
    this.#heldBytes = 0;
  }
}

/** Grown twofold, so that many small parts are not copied many times. */
const roomFor = (bytes: number): number => Math.min(MAX_MESSAGE_BYTES, Math.max(MIN_HELD_BYTES, 2 * bytes));

/** Tells a peer how many of its messages were passed on. One that does not read is owed the latest number, not all of them. */
export class Acknowledger {
  readonly #stream: Writable;
  #total = 0;
  #isOwed = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('drain', () => this.#isOwed && this.tell(this.#total));
  }

  /** @param total messages since the connection began */
  tell(total: number): void {
    this.#total = total;
    this.#isOwed = this.#stream.writableNeedDrain;
    if (!this.#isOwed) this.#stream.write(`${total}\n`);
  }
}
