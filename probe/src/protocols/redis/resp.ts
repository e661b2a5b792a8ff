// The bytes that types begin with, and lengths.
// Source: https://redis.io/docs/latest/develop/reference/protocol-spec and the RESP3 specification (antirez/RESP3).
export const SIMPLE_STRING = 0x2b; // '+'
export const SIMPLE_ERROR = 0x2d; // '-'
export const INTEGER = 0x3a; // ':'
export const BULK_STRING = 0x24; // '$'
export const ARRAY = 0x2a; // '*'
export const NULL = 0x5f; // '_'
export const BOOLEAN = 0x23; // '#'
export const DOUBLE = 0x2c; // ','
export const BIG_NUMBER = 0x28; // '('
export const BULK_ERROR = 0x21; // '!'
export const VERBATIM_STRING = 0x3d; // '='
export const MAP = 0x25; // '%'
export const ATTRIBUTE = 0x7c; // '|'
export const SET = 0x7e; // '~'
export const PUSH = 0x3e; // '>'
/** A part of a string whose length was not known when it began. */
export const STREAMED_PART = 0x3b; // ';'
/** The end of an aggregate whose length was not known when it began. */
export const STREAMED_END = 0x2e; // '.'
/** A command as a line of words. */
export const INLINE = 0;

export const LF = 0x0a;
export const CR = 0x0d;

/** Digits of a length; a string is 512 MB at most by default. */
const LENGTH_DIGITS = 12;
/** Instead of a length: a null. */
export const NONE = -1;
/** The length is not known yet. */
export const STREAMED = -2;
/** This is none. */
export const BAD = -3;
/** The bytes end too soon to tell. */
export const CUT = -4;

/** @returns the length that stands at `at` with its line's end; or NONE for -1, STREAMED for '?', BAD, CUT */
export function lengthAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  let end = at;
  for (; end - at <= LENGTH_DIGITS; end++) {
    const digit = (bytes[end] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (end > at) return end - at > LENGTH_DIGITS ? BAD : endOfLine(bytes, end, value);
  if (bytes[at] === undefined) return CUT;
  if (bytes[at] === 0x3f) return endOfLine(bytes, at + 1, STREAMED);
  if (bytes[at] !== 0x2d) return BAD;
  if (bytes[at + 1] === undefined) return CUT;
  return bytes[at + 1] === 0x31 ? endOfLine(bytes, at + 2, NONE) : BAD;
}

function endOfLine(bytes: Uint8Array, at: number, value: number): number {
  if (at >= bytes.length) return CUT;
  if (bytes[at] !== CR) return BAD;
  if (at + 1 >= bytes.length) return CUT;
  return bytes[at + 1] === LF ? value : BAD;
}
