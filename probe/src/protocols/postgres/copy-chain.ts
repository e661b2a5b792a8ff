// warm. Finds the place again in data that is sent in great numbers: COPY, replication, rows. Such messages are often longer
// than a segment, so that none is ever seen as a whole; but each says where the next one begins.
import type { Direction } from '../analyzer.ts';
import { BACKEND, HEADER_BYTES } from './messages.ts';
import { isHeader } from './shapes.ts';
import { int32 } from './wire.ts';

/** Headers that must point to each other: two may in data that repeats itself. */
const CHAIN_HEADERS = 3;
/** Longest message that is followed: the server sends WAL in 128 KB, backups and files in less. */
const BODY_LIMIT_BYTES = 256 * 1024;
/** Places where a header is expected, at a time: enough while the data itself looks like one once in a kilobyte. */
const LINKS_LIMIT = 256;
/** What so many take: to be held for as long as there is a chain. */
export const CHAIN_BYTES = LINKS_LIMIT * 96;

interface Link {
  readonly type: number;
  /** That led here. */
  readonly headers: number;
}

export class CopyChain {
  readonly #direction: Direction;
  readonly #onFull: () => void;
  /** By the place in the stream, counted from an arbitrary one. */
  readonly #links = new Map<number, Link>();
  /** Place of the bytes that are offered next, and of the first that was not looked at. */
  #base = 0;
  #seen = 0;

  /** @param onFull called when a link is forgotten for a new one */
  constructor(direction: Direction, onFull: () => void) {
    this.#direction = direction;
    this.#onFull = onFull;
  }

  /** Bytes that were offered are passed over. */
  skip(lengthBytes: number): void {
    this.#base += lengthBytes;
  }

  /** @param bytes that follow those which were passed over, perhaps offered before
   *  @returns offset of a header that a chain has led to; -1 */
  find(bytes: Uint8Array): number {
    const last = bytes.length - HEADER_BYTES;
    for (let at = Math.max(0, this.#seen - this.#base); at <= last; at++) {
      if (bytes[at + 1] !== 0 || !this.#isBulk(bytes[at] ?? 0)) continue;
      if (this.#follow(bytes, at) >= CHAIN_HEADERS) return at;
    }
    this.#seen = Math.max(this.#seen, this.#base + last + 1);
    return -1;
  }

  #isBulk(type: number): boolean {
    return type === BACKEND.CopyData || (this.#direction === 1 && type === BACKEND.DataRow);
  }

  /** @returns length of the chain that ends with this header */
  #follow(bytes: Uint8Array, at: number): number {
    const type = bytes[at] ?? 0;
    const bodyBytes = int32(bytes, at + 1) - 4;
    if (bodyBytes > BODY_LIMIT_BYTES || !isHeader(this.#direction, type, bodyBytes)) return 0;
    const place = this.#base + at;
    const before = this.#links.get(place);
    const headers = before?.type === type ? before.headers + 1 : 1;
    this.#links.delete(place);
    this.#expect(place + HEADER_BYTES + bodyBytes, { type, headers });
    return headers;
  }

  #expect(place: number, link: Link): void {
    if (this.#links.size >= LINKS_LIMIT) this.#makeRoom();
    this.#links.set(place, link);
  }

  /** Forgets those that led to no header, and, where none did, the oldest. */
  #makeRoom(): void {
    for (const place of this.#links.keys()) if (place < this.#seen) this.#links.delete(place);
    const [oldest] = this.#links.size >= LINKS_LIMIT ? this.#links.keys() : [];
    if (oldest === undefined) return;
    this.#links.delete(oldest);
    this.#onFull();
  }
}
