// cold. Handshake messages of one direction, out of the records that they are spread over. Source: RFC 8446 section 5.1.
import { HANDSHAKE_HEADER_BYTES } from './wire.ts';

/** A chain of certificates is some 10 KB; a message longer than this is not put together. */
export const MAX_MESSAGE_BYTES = 64 * 1024;

const EMPTY = new Uint8Array(0);

export class HandshakeReader {
  /** Its place is lost: what comes is not looked at. */
  isLost = false;
  #held = EMPTY;

  get heldBytes(): number {
    return this.#held.length;
  }

  /** @param content of one record, lent
   *  @param take gets each whole message: type and body, lent
   *  @returns false when a message is too long to be put together */
  push(content: Uint8Array, take: (type: number, body: Uint8Array) => void): boolean {
    if (this.isLost) return true;
    let rest = this.#held.length === 0 ? content : joined(this.#held, content);
    for (let end = messageEnd(rest); end <= rest.length; end = messageEnd(rest)) {
      take(rest[0] ?? 0, rest.subarray(HANDSHAKE_HEADER_BYTES, end));
      rest = rest.subarray(end);
    }
    if (messageEnd(rest) > MAX_MESSAGE_BYTES && rest.length >= HANDSHAKE_HEADER_BYTES) {
      this.lose();
      return false;
    }
    this.#held = rest.slice();
    return true;
  }

  lose(): void {
    this.isLost = true;
    this.#held = EMPTY;
  }
}

/** @returns where the first message ends; beyond the bytes while it is not whole */
function messageEnd(bytes: Uint8Array): number {
  if (bytes.length < HANDSHAKE_HEADER_BYTES) return Number.POSITIVE_INFINITY;
  return HANDSHAKE_HEADER_BYTES + (((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
