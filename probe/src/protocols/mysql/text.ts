// cold. Text as clients send it: nearly always UTF-8, or what they have announced. Bytes that are no UTF-8 (a binary value
// among the text) stand for one character each.
import { characterEnd, isText, latin1, utf8 } from '../kit/text.ts';
import type { Charset } from './charsets.ts';

const NO_CHARACTER = '\ufffd';

/** @param limitBytes more is left out, between two characters */
export function textOf(bytes: Uint8Array, limitBytes = bytes.length, charset?: Charset): string {
  if (charset !== undefined) return charsetText(bytes, limitBytes, charset);
  const end = bytes.length <= limitBytes ? bytes.length : characterEnd(bytes, 0, limitBytes);
  const text = utf8(bytes, 0, end);
  return text.includes(NO_CHARACTER) ? mixedText(bytes, end) : text;
}

function charsetText(bytes: Uint8Array, limitBytes: number, charset: NonNullable<Charset>): string {
  const text = charset.decode(bytes.subarray(0, limitBytes));
  const isTorn = bytes.length > limitBytes && text.endsWith(NO_CHARACTER);
  return isTorn ? text.slice(0, -NO_CHARACTER.length) : text;
}

/** Two to four bytes of UTF-8. Source: RFC 3629, section 4. */
const CHARACTERS =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}/g;

const mixedText = (bytes: Uint8Array, end: number): string =>
  latin1(bytes, 0, end).replace(CHARACTERS, character => Buffer.from(character, 'latin1').toString());

/** @returns text, or hexadecimal digits behind 0x for what is none */
export function textOrHex(bytes: Uint8Array, limitBytes: number, charset?: Charset): string {
  if (isText(bytes, 0, bytes.length)) return textOf(bytes, limitBytes, charset);
  const end = Math.min(bytes.length, limitBytes >> 1);
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('hex')}`;
}
