// warm. Letters, numbers and line ends in the bytes of a header block.

export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const TAB = 0x09;
export const COMMA = 0x2c;

export const nameOf = (text: string): Uint8Array => Buffer.from(text.toLowerCase(), 'latin1');

/** Letters compare without case; the hyphen has the bit set already. */
export function isName(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (((bytes[at + i] ?? 0) | 0x20) !== name[i]) return false;
  return true;
}

/** @returns the decimal number between the offsets, or -1 when it is none or larger than 2^53 */
export function readNumber(bytes: Uint8Array, at: number, end: number): number {
  if (end <= at || end - at > 15) return -1;
  let value = 0;
  for (let i = at; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** @returns where the line that holds `at` ends, its CR and LF left out */
export function lineEndOf(bytes: Uint8Array, at: number, end: number): number {
  const newline = bytes.indexOf(LF, at);
  if (newline < 0 || newline >= end) return end;
  return newline > at && bytes[newline - 1] === CR ? newline - 1 : newline;
}

export const nextLine = (bytes: Uint8Array, lineEnd: number): number => lineEnd + (bytes[lineEnd] === CR ? 2 : 1);

/** A wrapped value's line ends are space too. */
const isSpace = (byte: number | undefined): boolean => byte === SP || byte === TAB || byte === CR || byte === LF;

export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && isSpace(bytes[i])) i++;
  return i;
}

export function trimEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = end;
  while (i > at && isSpace(bytes[i - 1])) i--;
  return i;
}
