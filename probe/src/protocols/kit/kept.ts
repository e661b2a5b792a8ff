// warm. The first bytes of something long, copied.
const EMPTY = Buffer.alloc(0);

export class Kept {
  readonly #limitBytes: number;
  #buffer = EMPTY;
  #lengthBytes = 0;
  #closed = false;

  /** @param limitBytes more is passed over */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @returns what is kept, valid until the next `add` */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#lengthBytes);
  }

  /** Nothing more is kept. */
  get isFull(): boolean {
    return this.#closed || this.#lengthBytes === this.#limitBytes;
  }

  add(bytes: Uint8Array, at: number, end: number): void {
    const takes = Math.min(end - at, this.#limitBytes - this.#lengthBytes);
    if (takes <= 0 || this.#closed) return;
    const needed = this.#lengthBytes + takes;
    if (needed > this.#buffer.length) this.#grow(needed);
    this.#buffer.set(bytes.subarray(at, at + takes), this.#lengthBytes);
    this.#lengthBytes = needed;
  }

  /** What follows is not the continuation: nothing more is kept. */
  close(): void {
    this.#closed = true;
  }

  #grow(needed: number): void {
    const size = this.#lengthBytes === 0 ? needed : Math.min(this.#limitBytes, needed * 2);
    const larger = Buffer.allocUnsafe(size);
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}
