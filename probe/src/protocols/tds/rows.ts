// warm. Passes over the values of one row, however long they are, without keeping them.
// Source: MS-TDS sections 2.2.7.17 (ROW), 2.2.7.13 (NBCROW) and 2.2.5.2.3 (values in parts).
import { littleEndian } from '../kit/byte-reader.ts';
import type { TypeInfo } from './types.ts';

const POINTER_EXTRA_BYTES = 8; // timestamp behind a text pointer
const PARTS_NULL = 0xff;

export class RowSkipper {
  isOver = false;
  readonly #columns: readonly TypeInfo[];
  #column = 0;
  /** Bytes of the value at hand that are passed over. */
  #skip = 0;
  #inParts = false;
  /** NBCROW: which columns are null; undefined until it was read, and for ROW. */
  #nulls: Uint8Array | undefined;
  #needsNulls: boolean;

  /** @param isCompressed NBCROW: a bitmap says which values are left out */
  constructor(columns: readonly TypeInfo[], isCompressed: boolean) {
    this.#columns = columns;
    this.#needsNulls = isCompressed;
    this.isOver = columns.length === 0;
  }

  /** @returns where it needs more bytes, or where the row ends */
  skip(bytes: Uint8Array, at: number): number {
    let next = at;
    while (!this.isOver) {
      const reached = this.#step(bytes, next);
      if (reached === undefined) return next;
      next = reached;
    }
    return next;
  }

  /** @returns undefined when more bytes are needed first */
  #step(bytes: Uint8Array, at: number): number | undefined {
    if (this.#skip > 0) return this.#pass(bytes, at);
    if (this.#needsNulls) return this.#readNulls(bytes, at);
    if (this.#inParts) return this.#readPart(bytes, at);
    const column = this.#columns[this.#column];
    if (column === undefined || this.#isNull()) return this.#advance(at);
    return this.#readLength(column, bytes, at);
  }

  #pass(bytes: Uint8Array, at: number): number | undefined {
    const passed = Math.min(this.#skip, bytes.length - at);
    if (passed <= 0) return undefined;
    this.#skip -= passed;
    if (this.#skip === 0 && !this.#inParts) this.#advance(at);
    return at + passed;
  }

  #advance(at: number): number {
    this.#column += 1;
    this.isOver = this.#column >= this.#columns.length;
    return at;
  }

  #readNulls(bytes: Uint8Array, at: number): number | undefined {
    const end = at + Math.ceil(this.#columns.length / 8);
    if (end > bytes.length) return undefined;
    this.#nulls = bytes.slice(at, end);
    this.#needsNulls = false;
    return end;
  }

  #isNull(): boolean {
    return ((this.#nulls?.[this.#column >> 3] ?? 0) & (1 << (this.#column & 7))) !== 0;
  }

  #readLength({ framing, bytes: fixed }: TypeInfo, bytes: Uint8Array, at: number): number | undefined {
    if (framing === 'fixed') return this.#begin(fixed, at);
    if (framing === 'byte') return has(bytes, at, 1) ? this.#begin(bytes[at] ?? 0, at + 1) : undefined;
    if (framing === 'short')
      return has(bytes, at, 2) ? this.#begin(orNone(littleEndian(bytes, at, 2), 0xffff), at + 2) : undefined;
    if (framing === 'long')
      return has(bytes, at, 4) ? this.#begin(orNone(littleEndian(bytes, at, 4), 0xffffffff), at + 4) : undefined;
    return framing === 'parts' ? this.#beginParts(bytes, at) : this.#beginPointed(bytes, at);
  }

  #begin(lengthBytes: number, at: number): number {
    this.#skip = lengthBytes;
    return lengthBytes === 0 ? this.#advance(at) : at;
  }

  #beginParts(bytes: Uint8Array, at: number): number | undefined {
    if (!has(bytes, at, 8)) return undefined;
    const isNull = bytes.subarray(at, at + 8).every(byte => byte === PARTS_NULL);
    if (isNull) return this.#advance(at + 8);
    this.#inParts = true;
    return at + 8;
  }

  #readPart(bytes: Uint8Array, at: number): number | undefined {
    if (!has(bytes, at, 4)) return undefined;
    this.#skip = littleEndian(bytes, at, 4);
    if (this.#skip === 0) {
      this.#inParts = false;
      this.#advance(at);
    }
    return at + 4;
  }

  #beginPointed(bytes: Uint8Array, at: number): number | undefined {
    const pointerBytes = bytes[at] ?? 0;
    if (has(bytes, at, 1) && pointerBytes === 0) return this.#advance(at + 1);
    const lengthAt = at + 1 + pointerBytes + POINTER_EXTRA_BYTES;
    return has(bytes, lengthAt, 4) ? this.#begin(littleEndian(bytes, lengthAt, 4), lengthAt + 4) : undefined;
  }
}

const has = (bytes: Uint8Array, at: number, lengthBytes: number): boolean => at + lengthBytes <= bytes.length;

const orNone = (length: number, none: number): number => (length === none ? 0 : length);
