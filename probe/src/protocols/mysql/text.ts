// cold. Text as clients send it: nearly always UTF-8; what is none is read byte by byte.
import { characterEnd, isText, latin1, utf8 } from '../kit/text.ts';

const NOT_UTF8 = '\ufffd';

/** @param limitBytes more is left out, between two characters */
export function textOf(bytes: Uint8Array, limitBytes = bytes.length): string {
  const end = bytes.length <= limitBytes ? bytes.length : characterEnd(bytes, 0, limitBytes);
  const text = utf8(bytes, 0, end);
  return text.includes(NOT_UTF8) ? latin1(bytes, 0, end) : text;
}

/** @returns text, or hexadecimal digits behind 0x for what is none */
export function textOrHex(bytes: Uint8Array, limitBytes: number): string {
  if (isText(bytes, 0, bytes.length)) return textOf(bytes, limitBytes);
  const end = Math.min(bytes.length, limitBytes >> 1);
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('hex')}`;
}
