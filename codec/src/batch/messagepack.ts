// warm. Reads MessagePack from strangers: values only, no extensions, within limits that the input cannot move.
import { isUtf8 } from 'node:buffer';
import { failure, type Outcome, success } from '../outcome.ts';

/** Elements of an array: the most records one batch holds. */
export const MAX_ARRAY = 512;
/** Fields of a record, or of a value in it: twice the fields all our tables have together. */
export const MAX_MAP = 256;
/** Bytes of one string: the longest body text that a probe may be told to keep. */
export const MAX_STRING_BYTES = 64 * 1024;
/** Array, record, list in it, answer in the list, its parts, and some room. */
export const MAX_NESTING = 8;

export type MessagePackReason =
  | 'truncated'
  | 'trailing'
  | 'array_length'
  | 'map_length'
  | 'string_length'
  | 'nesting'
  | 'extension'
  | 'reserved'
  | 'utf8'
  | 'key';

/** A record that is compressed alone stands in its batch as bytes. */
export type MessagePackValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | MessagePackValue[]
  | { [key: string]: MessagePackValue };

/** @param bytes lent; strings are copied out of it, binary values are views of it
 *  @returns the one value that the bytes are, or why they are not. 64-bit integers beyond 2^53 lose their last digits. */
export function decodeMessagePack(bytes: Uint8Array): Outcome<MessagePackValue, MessagePackReason> {
  const reader = new Reader(bytes);
  const value = reader.value(MAX_NESTING);
  if (reader.fault === undefined && reader.at < bytes.length) return failure('trailing');
  return reader.fault === undefined ? success(value) : failure(reader.fault);
}

/** Source: https://github.com/msgpack/msgpack/blob/master/spec.md, "Formats". After a fault all reads give null. */
class Reader {
  at = 0;
  fault: MessagePackReason | undefined;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  value(nesting: number): MessagePackValue {
    const format = this.#unsigned(1);
    if (format <= 0x7f) return format;
    if (format <= 0x8f) return this.#map(format & 0x0f, nesting);
    if (format <= 0x9f) return this.#array(format & 0x0f, nesting);
    if (format <= 0xbf) return this.#string(format & 0x1f);
    if (format >= 0xe0) return format - 0x100;
    return this.#tagged(format, nesting);
  }

  #tagged(format: number, nesting: number): MessagePackValue {
    switch (format) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#unsigned(1 << (format - 0xc4)));
      case 0xca:
        return this.#skip(4) ? this.#bytes.readFloatBE(this.at - 4) : null;
      case 0xcb:
        return this.#skip(8) ? this.#bytes.readDoubleBE(this.at - 8) : null;
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#unsigned(1 << (format - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#signed(1 << (format - 0xd0));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#unsigned(1 << (format - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(2 << (format - 0xdc)), nesting);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 << (format - 0xde)), nesting);
      default:
        return this.#fail(format === 0xc1 ? 'reserved' : 'extension');
    }
  }

  #array(length: number, nesting: number): MessagePackValue {
    if (length > MAX_ARRAY) return this.#fail('array_length');
    if (nesting === 0) return this.#fail('nesting');
    // It grows by what is there, not by the length that was claimed.
    const array: MessagePackValue[] = [];
    while (array.length < length && this.fault === undefined) array.push(this.value(nesting - 1));
    return array;
  }

  #map(length: number, nesting: number): MessagePackValue {
    if (length > MAX_MAP) return this.#fail('map_length');
    if (nesting === 0) return this.#fail('nesting');
    const map: { [key: string]: MessagePackValue } = {};
    for (let i = 0; i < length && this.fault === undefined; i++) {
      const key = this.value(0);
      // Assigning __proto__ would not make a field.
      if (typeof key !== 'string' || key === '__proto__') return this.#fail('key');
      map[key] = this.value(nesting - 1);
    }
    return map;
  }

  #string(lengthBytes: number): MessagePackValue {
    if (lengthBytes > MAX_STRING_BYTES) return this.#fail('string_length');
    if (!this.#skip(lengthBytes)) return null;
    const at = this.at - lengthBytes;
    const text = this.#bytes.toString('utf8', at, this.at);
    // The check costs as much as the reading, and only text that was replaced needs it.
    return text.includes('\ufffd') && !isUtf8(this.#bytes.subarray(at, this.at)) ? this.#fail('utf8') : text;
  }

  #binary(lengthBytes: number): MessagePackValue {
    return this.#skip(lengthBytes) ? this.#bytes.subarray(this.at - lengthBytes, this.at) : null;
  }

  #unsigned(lengthBytes: number): number {
    if (!this.#skip(lengthBytes)) return 0;
    const at = this.at - lengthBytes;
    if (lengthBytes < 8) return this.#bytes.readUIntBE(at, lengthBytes);
    return this.#bytes.readUInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4);
  }

  #signed(lengthBytes: number): number {
    if (!this.#skip(lengthBytes)) return 0;
    const at = this.at - lengthBytes;
    if (lengthBytes < 8) return this.#bytes.readIntBE(at, lengthBytes);
    return this.#bytes.readInt32BE(at) * 2 ** 32 + this.#bytes.readUInt32BE(at + 4);
  }

  /** Moves past bytes that are then read behind `at`; a view of each number would cost more than the number.
   *  @returns false when they are not there */
  #skip(lengthBytes: number): boolean {
    if (this.fault === undefined && this.at + lengthBytes > this.#bytes.length) this.#fail('truncated');
    if (this.fault !== undefined) return false;
    this.at += lengthBytes;
    return true;
  }

  #fail(reason: MessagePackReason): null {
    this.fault ??= reason;
    return null;
  }
}
