// warm. GELF messages on a stream: JSON texts, each ended by a NUL (GELF over TCP) or a newline (Logstash's json_lines).
// Neither byte occurs inside one, so both ends are taken.

/** A message that is longer is passed over and counted: the longest that any of our inputs takes. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Two of us say by ALPN that what arrives is acknowledged: the receiver sends back, as a decimal number and a newline,
 *  how many messages of this connection it has passed on. */
export const ACKNOWLEDGED_PROTOCOL = 'nanogelf/1';

const NUL = 0x00;
const LF = 0x0a;

/** Cuts a stream into messages. Holds at most one unfinished message. */
export class MessageCutter {
  /** Messages that were too long. */
  tooLong = 0;
  #parts: Buffer[] = [];
  #heldBytes = 0;
  #skipping = false;

  /** @param bytes what came next; kept while a message is unfinished
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
    this.#keep(last);
    const [parts, skipped] = [this.#parts, this.#skipping];
    this.#parts = [];
    this.#heldBytes = 0;
    this.#skipping = false;
    if (skipped) this.tooLong += 1;
    else if (parts.length > 0) take(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
  }

  #keep(part: Buffer): void {
    if (part.length === 0 || this.#skipping) return;
    this.#heldBytes += part.length;
    this.#skipping = this.#heldBytes > MAX_MESSAGE_BYTES;
    if (this.#skipping) this.#parts = [];
    else this.#parts.push(part);
  }
}
