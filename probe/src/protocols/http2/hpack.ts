// warm. Reads the header blocks of one direction. Source: RFC 7541 sections 5 and 6.
import { isAscii } from 'node:buffer';
import { latin1, utf8 } from '../kit/text.ts';
import { decodedLimit, decodeHuffman } from './hpack-huffman.ts';
import { DynamicTable, type Entry, STATIC_TABLE } from './hpack-table.ts';

/** A larger header block is passed over: servers take 8 to 64 KiB. */
export const BLOCK_LIMIT_BYTES = 64 * 1024;

/** Takes a block's fields in their order. */
export interface FieldSink {
  addField(field: Entry): void;
}

/** An index, a length or a table size that is larger is nonsense here. */
const INTEGER_LIMIT = 2 ** 32;
const NONE = -1;

/** Where the strings of all decoders are decoded, one after the other. */
const scratch = Buffer.allocUnsafeSlow(decodedLimit(BLOCK_LIMIT_BYTES));

export class HpackDecoder {
  readonly #table = new DynamicTable();
  #bytes: Uint8Array = scratch;
  #at = 0;
  #end = 0;
  /** Bytes on the wire of the string that was read last, Huffman code undone. */
  #stringBytes = 0;

  /** What the dynamic table holds. */
  get tableBytes(): number {
    return this.#table.sizeBytes;
  }

  /** A block was lost, or none was seen yet: entries that it may have made are not known. */
  lose(): void {
    this.#table.lose();
  }

  /** Reads one whole block.
   *  @param bytes lent; at most {@link BLOCK_LIMIT_BYTES} lie between the offsets
   *  @returns false when it is no HPACK: what was read so far was given, and the table is lost */
  decode(bytes: Uint8Array, at: number, end: number, sink: FieldSink): boolean {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    let isWell = this.#readSizes();
    while (isWell && this.#at < end) isWell = this.#readField(sink);
    this.#bytes = scratch;
    if (!isWell) this.lose();
    return isWell;
  }

  /** Source: RFC 7541 section 6.3; they stand before the fields (section 4.2). */
  #readSizes(): boolean {
    while (this.#at < this.#end && ((this.#bytes[this.#at] ?? 0) & 0xe0) === 0x20) {
      const maxBytes = this.#readInteger(5);
      if (maxBytes < 0) return false;
      this.#table.resize(maxBytes);
    }
    return true;
  }

  #readField(sink: FieldSink): boolean {
    const first = this.#bytes[this.#at] ?? 0;
    if ((first & 0x80) !== 0) return this.#readIndexed(sink);
    if ((first & 0x40) !== 0) return this.#readLiteral(sink, 6, true);
    return (first & 0x20) === 0 && this.#readLiteral(sink, 4, false);
  }

  #readIndexed(sink: FieldSink): boolean {
    const entry = this.#entryAt(this.#readInteger(7));
    if (entry === undefined) return false;
    sink.addField(entry);
    return true;
  }

  #readLiteral(sink: FieldSink, prefixBits: number, isIndexed: boolean): boolean {
    const index = this.#readInteger(prefixBits);
    const known = index === 0 ? undefined : this.#entryAt(index);
    const name = index === 0 ? this.#readString() : known?.name;
    const nameBytes = index === 0 ? this.#stringBytes : (name?.length ?? 0);
    const value = name === undefined ? undefined : this.#readString();
    if (name === undefined || value === undefined) return false;
    const field = { name, value, isSeen: known?.isSeen ?? true };
    if (isIndexed) this.#table.add(field, nameBytes + this.#stringBytes);
    sink.addField(field);
    return true;
  }

  #entryAt(index: number): Entry | undefined {
    if (index <= 0) return undefined;
    return index < STATIC_TABLE.length ? STATIC_TABLE[index] : this.#table.at(index - STATIC_TABLE.length + 1);
  }

  /** Source: RFC 7541 section 5.1.
   *  @returns NONE when it does not end, or is too large */
  #readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = (this.#bytes[this.#at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let scale = 1; this.#at < this.#end && value < INTEGER_LIMIT; scale *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value < INTEGER_LIMIT ? value : NONE;
      if (scale > INTEGER_LIMIT) return NONE;
    }
    return NONE;
  }

  /** Source: RFC 7541 section 5.2. */
  #readString(): string | undefined {
    if (this.#at >= this.#end) return undefined;
    const isCoded = ((this.#bytes[this.#at] ?? 0) & 0x80) !== 0;
    const lengthBytes = this.#readInteger(7);
    const at = this.#at;
    if (lengthBytes < 0 || at + lengthBytes > this.#end) return undefined;
    this.#at += lengthBytes;
    if (!isCoded) return this.#textOf(this.#bytes, at, lengthBytes);
    return this.#textOf(scratch, 0, decodeHuffman(this.#bytes, at, at + lengthBytes, scratch));
  }

  #textOf(bytes: Uint8Array, at: number, lengthBytes: number): string | undefined {
    if (lengthBytes < 0) return undefined;
    this.#stringBytes = lengthBytes;
    if (lengthBytes === 0) return '';
    const end = at + lengthBytes;
    return isAscii(bytes.subarray(at, end)) ? latin1(bytes, at, end) : utf8(bytes, at, end);
  }
}
