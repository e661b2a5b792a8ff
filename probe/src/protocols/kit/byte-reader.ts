// warm. Reads numbers and blocks out of lent bytes. Beyond the end it reads nothing and says so at last:
// a parser reads on, and asks once whether all was there.

export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  /** Something was read that is not there. */
  failed = false;

  /** @param end exclusive; at most `bytes.length` is used */
  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = Math.min(end, bytes.length);
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.#number(1);
  }

  u16(): number {
    return this.#number(2);
  }

  u24(): number {
    return this.#number(3);
  }

  u32(): number {
    return this.#number(4);
  }

  u16le(): number {
    return this.#numberLe(2);
  }

  u32le(): number {
    return this.#numberLe(4);
  }

  /** @returns the next 8 bytes as a number: exact up to 2^53 */
  u64le(): number {
    return this.#numberLe(8);
  }

  /** @returns a reader of the next `lengthBytes`; of none when they are not there */
  block(lengthBytes: number): ByteReader {
    const at = this.at;
    this.skip(lengthBytes);
    return new ByteReader(this.bytes, at, this.failed ? at : at + lengthBytes);
  }

  /** @returns the next `lengthBytes`, lent; none when they are not there */
  take(lengthBytes: number): Uint8Array {
    const { at, end } = this.block(lengthBytes);
    return this.bytes.subarray(at, end);
  }

  skip(lengthBytes: number): void {
    if (lengthBytes > this.left) this.failed = true;
    else this.at += lengthBytes;
  }

  #number(lengthBytes: number): number {
    const at = this.at;
    this.skip(lengthBytes);
    if (this.failed) return 0;
    let value = 0;
    for (let i = at; i < at + lengthBytes; i++) value = value * 256 + (this.bytes[i] ?? 0);
    return value;
  }

  #numberLe(lengthBytes: number): number {
    const at = this.at;
    this.skip(lengthBytes);
    return this.failed ? 0 : littleEndian(this.bytes, at, lengthBytes);
  }
}

/** For parsers that go by offsets.
 *  @returns the number of `lengthBytes` at `at`, exact up to 2^53; what is not there counts as 0 */
export function littleEndian(bytes: Uint8Array, at: number, lengthBytes: number): number {
  let value = 0;
  for (let i = at + lengthBytes - 1; i >= at; i--) value = value * 256 + (bytes[i] ?? 0);
  return value;
}
