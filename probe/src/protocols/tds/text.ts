// warm. Texts as TDS has them: UCS-2, little-endian.
import type { ByteReader } from '../kit/byte-reader.ts';

interface Slices {
  ucs2Slice(this: Uint8Array, at: number, end: number): string;
}
const { ucs2Slice } = Buffer.prototype as unknown as Slices;

export const ucs2 = (bytes: Uint8Array, at: number, end: number): string => ucs2Slice.call(bytes, at, end);

/** @param characters of two bytes
 *  @returns '' when they are not there */
export function readText(reader: ByteReader, characters: number): string {
  const { bytes, at, end } = reader.block(characters * 2);
  return ucs2(bytes, at, end);
}

/** B_VARCHAR: a byte of length before it. */
export const readShortText = (reader: ByteReader): string => readText(reader, reader.u8());

/** US_VARCHAR: two bytes of length before it. */
export const readLongText = (reader: ByteReader): string => readText(reader, reader.u16le());
