// cold. Bytes of a body as text, by their character set. Source: RFC 9110 section 8.3, WHATWG Encoding.
import { TextDecoder } from 'node:util';
import { characterEnd, isText, latin1, utf8 } from './text.ts';

export interface Content {
  /** Undefined when the body is no text or cannot be decoded. */
  readonly text: string | undefined;
  readonly cut: boolean;
}

const NO_TEXT: Content = { text: undefined, cut: false };
const UTF8 = /^(?:utf-?8|us-ascii|ascii)?$/;

/** @returns the charset parameter, small; empty without one */
export const charsetOf = (contentType: string): string =>
  contentType.includes('=')
    ? (/;\s*charset\s*=\s*["']?([^\s"';,]{1,40})/i.exec(contentType)?.[1] ?? '').toLowerCase()
    : '';

/** @param bytes the body, or its beginning
 *  @param charset label of the WHATWG's encoding standard; anything else is taken for UTF-8
 *  @param isCut whether a character may be cut in two at the end
 *  @param limitBytes of the text, as UTF-8 */
export function toText(bytes: Uint8Array, charset: string, isCut: boolean, limitBytes: number): Content {
  const decoder = decoderOf(byteOrderMark(bytes) ?? charset);
  if (decoder !== undefined) return decode(bytes, decoder, isCut, limitBytes);
  const at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const end = isCut ? characterEnd(bytes, at, bytes.length) : bytes.length;
  return isText(bytes, at, end) ? { text: utf8(bytes, at, end), cut: isCut } : NO_TEXT;
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

/** @returns undefined for UTF-8, and where there is none of that name */
function decoderOf(charset: string): TextDecoder | undefined {
  if (UTF8.test(charset)) return undefined;
  try {
    return new TextDecoder(charset);
  } catch {
    return undefined;
  }
}

/** Characters 0x80 to 0x9f. Node 20's own decoder gives those of ISO 8859-1 instead. */
const UPPER = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

const windows1252 = (bytes: Uint8Array): string =>
  latin1(bytes, 0, bytes.length).replace(/[\x80-\x9f]/g, character => UPPER[character.charCodeAt(0) - 0x80] ?? '');

function decode(bytes: Uint8Array, decoder: TextDecoder, isCut: boolean, limitBytes: number): Content {
  // In a stream, a character that is cut in two is held back.
  const text = decoder.encoding === 'windows-1252' ? windows1252(bytes) : decoder.decode(bytes, { stream: isCut });
  const encoded = Buffer.from(text);
  if (!isText(encoded, 0, encoded.length)) return NO_TEXT;
  if (encoded.length <= limitBytes) return { text, cut: isCut };
  return { text: utf8(encoded, 0, characterEnd(encoded, 0, limitBytes)), cut: true };
}
