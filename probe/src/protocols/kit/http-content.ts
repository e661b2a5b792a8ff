// cold. A kept body without its codings, as text.
import { brotliDecompressSync, constants, inflateRawSync, inflateSync, unzipSync } from 'node:zlib';
import { type Content, charsetOf, toText } from './http-charset.ts';
import { undoZstd } from './zstd.ts';

/** Compressed bytes that are kept beyond `bodyLen`: headers and tables that come before the content. */
const CODING_OVERHEAD_BYTES = 1024;
/** Of zstd, which can only be unpacked block by block: most answers of an API are one block of less. */
const ZSTD_BYTES = 16 * 1024;

/** @returns bytes that are kept of a body in these codings, for `bodyLen` bytes of its content */
export const codedBytes = (coding: string, bodyLen: number): number =>
  coding === '' ? bodyLen : bodyLen + (/zstd/i.test(coding) ? ZSTD_BYTES : CODING_OVERHEAD_BYTES);
/** Decoded bytes at most: a body that grows beyond this from what is kept is a bomb, and left out. */
const DECODED_LIMIT_BYTES = 4 * 1024 * 1024;
/** Codings one on top of the other that are undone; nobody in good faith uses more. */
const CODINGS_LIMIT = 3;

/** @param decoded the body, or its beginning, without codings
 *  @param isWhole whether it is all of it
 *  @param limitBytes text that is given, in bytes */
export function textOf(decoded: Uint8Array, contentType: string, isWhole: boolean, limitBytes: number): Content {
  const isCut = !isWhole || decoded.length > limitBytes;
  return toText(decoded.subarray(0, limitBytes), charsetOf(contentType), isCut, limitBytes);
}

/** @param kept the first bytes of a body as transferred
 *  @param coding codings with commas between them, in the order in which they were applied; or ''
 *  @returns what came of them; undefined when a coding is not known, or the bytes are not in it */
export function undoCodings(kept: Uint8Array, coding: string): Uint8Array | undefined {
  if (coding === '') return kept;
  const codings = coding.split(',', CODINGS_LIMIT + 1).map(name => name.trim().toLowerCase());
  if (codings.length > CODINGS_LIMIT) return undefined;
  let bytes: Uint8Array | undefined = kept;
  for (const name of codings.reverse()) bytes = bytes && undoCoding(bytes, name);
  return bytes;
}

const ZLIB = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: DECODED_LIMIT_BYTES };
const BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: DECODED_LIMIT_BYTES };

/** @returns undefined when the coding is not known or the bytes are not in it */
function undoCoding(bytes: Uint8Array, coding: string): Uint8Array | undefined {
  try {
    if (coding === 'gzip' || coding === 'x-gzip') return unzipSync(bytes, ZLIB);
    if (coding === 'deflate') return undoDeflate(bytes);
    if (coding === 'br') return brotliDecompressSync(bytes, BROTLI);
    if (coding === 'zstd') return undoZstd(bytes);
  } catch {
    return undefined;
  }
  return coding === 'identity' ? bytes : undefined;
}

/** Some servers send raw deflate, without zlib's header. Source: RFC 9110 section 8.4.1.2, note. */
function undoDeflate(bytes: Uint8Array): Uint8Array {
  const isZlib = ((bytes[0] ?? 0) & 0x0f) === 8 && (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) % 31 === 0;
  return isZlib ? inflateSync(bytes, ZLIB) : inflateRawSync(bytes, ZLIB);
}
