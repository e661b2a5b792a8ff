// cold. Strings of Redis as text, escaped as redis-cli does it.
import { characterEnd, isText, latin1, utf8 } from '../kit/text.ts';

/** What could not be told from its neighbours in a command line or a list. */
const NEEDS_QUOTES = /^$|[\s"'\\,[\]{}]/;
const ESCAPES: { readonly [character: string]: string } = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
};

/** @param isCut more follows that is not given: a character cut in two is left out
 *  @returns a string that stands alone: text as it is, anything else escaped and in quotes */
export function wholeText(bytes: Uint8Array, at: number, end: number, isCut: boolean): string {
  return textOf(bytes, at, end, isCut) ?? binaryText(bytes, at, end);
}

/** @returns a string among others, in quotes where it needs them */
export function partText(bytes: Uint8Array, at: number, end: number, isCut: boolean): string {
  const text = textOf(bytes, at, end, isCut);
  return text === undefined ? binaryText(bytes, at, end) : quoted(text);
}

export const quoted = (text: string): string => (NEEDS_QUOTES.test(text) ? inQuotes(text) : text);

/** @returns undefined when the bytes are no text */
function textOf(bytes: Uint8Array, at: number, end: number, isCut: boolean): string | undefined {
  const textEnd = isCut ? characterEnd(bytes, at, end) : end;
  if (!isText(bytes, at, textEnd)) return undefined;
  const text = utf8(bytes, at, textEnd);
  return text.includes('\ufffd') ? undefined : text;
}

const binaryText = (bytes: Uint8Array, at: number, end: number): string => inQuotes(latin1(bytes, at, end), 0xff);

/** @param lastEscaped above the ASCII characters, which are shown from 0x20 to 0x7e */
function inQuotes(text: string, lastEscaped = 0x9f): string {
  let escaped = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    const isShown = (code >= 0x20 && code < 0x7f) || code > lastEscaped;
    escaped += ESCAPES[character] ?? (isShown ? character : `\\x${code.toString(16).padStart(2, '0')}`);
  }
  return `"${escaped}"`;
}
