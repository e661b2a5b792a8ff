// cold. The two compressions of GELF, and reading either within a cap.
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { failure, type Outcome, success } from '../outcome.ts';

export type Compression = 'none' | 'gzip' | 'zlib';

/** A message is not inflated beyond this, whatever it claims: the longest that an envelope carries, too. */
export const MAX_INFLATED_BYTES = 256 * 1024;

/** @param bytes lent @returns `bytes` itself for `none` */
export function compress(bytes: Uint8Array, compression: Compression): Uint8Array {
  if (compression === 'none') return bytes;
  return compression === 'gzip' ? gzipSync(bytes) : deflateSync(bytes);
}

/** Source: RFC 1952 section 2.3.1. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Source: RFC 1950 section 2.2: method 8, and the first two bytes are a multiple of 31. */
export const isZlib = (bytes: Uint8Array): boolean =>
  bytes.length >= 2 && (at(bytes, 0) & 15) === 8 && ((at(bytes, 0) << 8) | at(bytes, 1)) % 31 === 0;

/** Reads gzip, zlib or plain bytes, told apart by how they begin.
 *  @param bytes lent
 *  @param maxBytes most that may come out
 *  @returns `bytes` itself when they are not compressed */
export function decompress(
  bytes: Uint8Array,
  maxBytes: number = MAX_INFLATED_BYTES,
): Outcome<Uint8Array, 'inflate' | 'inflated_too_long'> {
  if (isGzip(bytes)) return attempt(() => gunzipSync(bytes, { maxOutputLength: maxBytes }));
  if (isZlib(bytes)) return attempt(() => inflateSync(bytes, { maxOutputLength: maxBytes }));
  return bytes.length > maxBytes ? failure('inflated_too_long') : success(bytes);
}

function attempt(inflate: () => Uint8Array): Outcome<Uint8Array, 'inflate' | 'inflated_too_long'> {
  try {
    return success(inflate());
  } catch (error) {
    return failure((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'inflated_too_long' : 'inflate');
  }
}

const at = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;
