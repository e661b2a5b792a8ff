// cold. A kept body as text: codings undone, character set applied, cut.
import { brotliDecompressSync, constants, inflateRawSync, inflateSync, unzipSync } from 'node:zlib';
import { characterEnd, isText, latin1, utf8 } from './text.ts';

/** Compressed bytes that are kept beyond `bodyLen`: headers and tables that come before the content. */
export const CODING_OVERHEAD_BYTES = 1024;
/** Decoded bytes at most: a body that grows beyond this from what is kept is a bomb, and left out. */
const DECODED_LIMIT_BYTES = 4 * 1024 * 1024;
/** Codings one on top of the other that are undone; nobody in good faith uses more. */
const CODINGS_LIMIT = 3;

const MEDIA = /^(?:image\/(?!svg)|video\/|audio\/|font\/|application\/(?:octet-stream|zip|pdf|gzip|x-gzip|grpc))/i;
const LATIN1 = /charset="?(?:iso-8859-1|latin1|us-ascii|windows-1252)/i;

/** @returns whether a body of this type is text as far as its Content-Type tells; true without one */
export const mayBeText = (contentType: string): boolean => !MEDIA.test(contentType);

export interface Content {
  /** Undefined when the body is no text or cannot be decoded. */
  readonly text: string | undefined;
  readonly cut: boolean;
}

/** @param kept the first bytes of the body as transferred
 *  @param coding value of Content-Encoding, or ''
 *  @param isWhole whether `kept` is all of it
 *  @param limitBytes text that is given, in bytes */
export function decodeContent(
  kept: Uint8Array,
  coding: string,
  contentType: string,
  isWhole: boolean,
  limitBytes: number,
): Content {
  const decoded = undoCodings(kept, coding);
  if (decoded === undefined) return { text: undefined, cut: false };
  const cut = !isWhole || decoded.length > limitBytes;
  const limit = Math.min(decoded.length, limitBytes);
  const end = cut ? characterEnd(decoded, 0, limit) : limit;
  if (!isText(decoded, 0, end)) return { text: undefined, cut: false };
  const read = contentType.includes('=') && LATIN1.test(contentType) ? latin1 : utf8;
  return { text: read(decoded, 0, end), cut };
}

function undoCodings(kept: Uint8Array, coding: string): Uint8Array | undefined {
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
