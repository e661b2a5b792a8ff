// warm. Whether bytes are Redis, and where a message starts.
import type { Detection, Direction } from '../analyzer.ts';
import { latin1 } from '../kit/text.ts';
import { isCommand, LONGEST_NAME, startsCommand } from './commands.ts';
import { isMessage } from './pubsub.ts';
import * as resp from './resp.ts';

/** Lines that clients of others send too: FTP, POP3, IRC, NATS, memcached. */
const AMBIGUOUS =
  /^(?:auth|copy|echo|get|help|info|move|ping|quit|select|time|type)\b|^(?:set|append) \S+ \d+ \d+ \d+|^(?:incr|decr|touch) \S+ \d/i;
const IS_HTTP = /\bHTTP\/\d/;
/** Errors that only Redis has. */
const ERROR =
  /^(?:WRONGTYPE|NOAUTH|WRONGPASS|NOPERM|NOPROTO|LOADING|MOVED|ASK|TRYAGAIN|CLUSTERDOWN|CROSSSLOT|NOSCRIPT|BUSY|READONLY|MISCONF|OOM|EXECABORT|MASTERDOWN|DENIED) |^ERR (?:unknown (?:sub)?command|wrong number of arguments|value is not an integer)/;
/** Simple strings that only Redis has, lines of MONITOR among them. */
const SIMPLE = /^(?:(?:OK|PONG|QUEUED|RESET)\r\n|(?:FULLRESYNC|CONTINUE) |\d{9,}\.\d{6} \[\d)/;
const LINE_LIMIT_BYTES = 512;
/** So many lines that others send too, but nobody one after the other, are believed. */
const LINES_TO_BELIEVE = 3;

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  return direction === 0 ? detectCommand(bytes) : detectReplies(bytes);
}

function detectCommand(bytes: Uint8Array): Detection {
  return bytes[0] === resp.ARRAY ? detectArray(bytes, 0) : detectInline(bytes);
}

/** A command: an array whose first element is a bulk string with a name. One that is not known may be a reply as well. */
function detectArray(bytes: Uint8Array, at: number): Detection {
  const name = nameAt(bytes, at);
  if (name === undefined) return 'more';
  if (name === '') return 'no';
  return isCommand(name) ? 'yes' : 'more';
}

/** @returns the first element of the array at `at`; undefined when the bytes end too soon, '' when it is no bulk string
 *  as short as a command's name */
function nameAt(bytes: Uint8Array, at: number): string | undefined {
  const count = resp.lengthAt(bytes, at + 1);
  if (count === resp.CUT) return undefined;
  const from = bytes.indexOf(resp.LF, at) + 1;
  if (count <= 0) return '';
  if (from >= bytes.length) return undefined;
  const length = bytes[from] === resp.BULK_STRING ? resp.lengthAt(bytes, from + 1) : resp.BAD;
  if (length === resp.CUT) return undefined;
  if (length <= 0 || length > LONGEST_NAME) return '';
  const nameAt = bytes.indexOf(resp.LF, from) + 1;
  return nameAt + length + 2 > bytes.length ? undefined : latin1(bytes, nameAt, nameAt + length);
}

/** Looks at one line after the other, until one is told. */
function detectInline(bytes: Uint8Array): Detection {
  let lines = 0;
  for (let at = 0; at < bytes.length && lines < LINES_TO_BELIEVE; lines++) {
    const found = lookAtCommandLine(bytes, at);
    const newline = bytes.indexOf(resp.LF, at);
    if (found !== 'more' || newline < 0) return found;
    at = newline + 1;
  }
  return lines < LINES_TO_BELIEVE ? 'more' : 'yes';
}

function lookAtCommandLine(bytes: Uint8Array, at: number): Detection {
  const newline = bytes.indexOf(resp.LF, at);
  const end = newline < 0 ? bytes.length : newline;
  const line = latin1(bytes, at, Math.min(end, at + LINE_LIMIT_BYTES));
  const [word = ''] = /^[A-Za-z._-]*/.exec(line) ?? [];
  if (word === '' || word.length > LONGEST_NAME || IS_HTTP.test(line)) return 'no';
  if (word.length === line.length && newline < 0) return startsCommand(word) ? 'more' : 'no';
  if (!isCommand(word) || !/^[ \r]?$/.test(line.slice(word.length, word.length + 1))) return 'no';
  return newline < 0 || AMBIGUOUS.test(line) ? 'more' : 'yes';
}

/** Looks at one reply after the other, until one is told. Bulk strings alone may be what is left of a command. */
function detectReplies(bytes: Uint8Array): Detection {
  let lines = 0;
  let strings = 0;
  for (let at = 0; at < bytes.length; ) {
    const look = lookAt(bytes, at);
    if (look === 'no') return 'no';
    const isString = bytes[at] === resp.BULK_STRING;
    if (isString ? isCommand(stringAt(bytes, at)) : strings > 0 && isCommand(nameAt(bytes, at) ?? '')) return 'more';
    if (look === 'yes' && !isString) return 'yes';
    if (isString) strings += 1;
    const end = isString ? stringEnd(bytes, at) : lineEnd(bytes, at);
    if (end < 0) break;
    if (!isString) lines += 1;
    at = end;
  }
  return (lines > 0 && strings > 0) || strings === 1 ? 'yes' : 'more';
}

/** @returns the bulk string at `at` if it is as short as a name, and all there */
function stringAt(bytes: Uint8Array, at: number): string {
  const end = stringEnd(bytes, at);
  const from = bytes.indexOf(resp.LF, at) + 1;
  return end < 0 || end - 2 - from > LONGEST_NAME ? '' : latin1(bytes, from, end - 2);
}

/** @returns where the bulk string at `at` ends; -1 when it is cut */
function stringEnd(bytes: Uint8Array, at: number): number {
  const length = resp.lengthAt(bytes, at + 1);
  const from = bytes.indexOf(resp.LF, at) + 1;
  if (length === resp.NONE) return from;
  return length < 0 || from + length + 2 > bytes.length ? -1 : from + length + 2;
}

/** @returns where the simple string or error at `at` ends; -1 when it is cut, or none */
function lineEnd(bytes: Uint8Array, at: number): number {
  const isLine = bytes[at] === resp.SIMPLE_STRING || bytes[at] === resp.SIMPLE_ERROR;
  const newline = isLine ? bytes.indexOf(resp.LF, at) : -1;
  return newline < 0 ? -1 : newline + 1;
}

/** What the reply that starts at `at` tells. */
function lookAt(bytes: Uint8Array, at: number): Detection {
  const type = bytes[at];
  switch (type) {
    case resp.SIMPLE_STRING:
    case resp.SIMPLE_ERROR:
      return lookAtLine(bytes, at, type === resp.SIMPLE_STRING ? SIMPLE : ERROR);
    case resp.INTEGER:
    case resp.DOUBLE:
    case resp.BIG_NUMBER:
    case resp.BOOLEAN:
    case resp.NULL:
      return lookAtNumber(bytes, at);
    case resp.BULK_STRING:
    case resp.VERBATIM_STRING:
    case resp.BULK_ERROR:
      return lookAtString(bytes, at);
    case resp.ARRAY:
    case resp.MAP:
    case resp.SET:
    case resp.PUSH:
    case resp.ATTRIBUTE:
      return lookAtAggregate(bytes, at);
    default:
      return 'no';
  }
}

function lookAtLine(bytes: Uint8Array, at: number, known: RegExp): Detection {
  const line = latin1(bytes, at + 1, Math.min(at + LINE_LIMIT_BYTES, bytes.length));
  if (known.test(line)) return 'yes';
  const first = line.charCodeAt(0);
  return line === '' || (first > 0x20 && first < 0x7f) ? 'more' : 'no';
}

const NUMBER = /^(?::[+-]?\d{1,20}|,(?:[+-]?\d[\d.eE+-]{0,40}|-?inf|nan)|\([+-]?\d{1,500}|#[tf]|_)\r\n/;
const NUMBER_START = /^(?::[+-]?\d{0,20}|,[+-]?[\d.eE+infa-]{0,40}|\([+-]?\d{0,500}|#[tf]?|_)\r?$/;

function lookAtNumber(bytes: Uint8Array, at: number): Detection {
  const text = latin1(bytes, at, Math.min(at + LINE_LIMIT_BYTES + 2, bytes.length));
  if (NUMBER.test(text)) return 'yes';
  return NUMBER_START.test(text) ? 'more' : 'no';
}

function lookAtString(bytes: Uint8Array, at: number): Detection {
  const length = resp.lengthAt(bytes, at + 1);
  if (length === resp.CUT) return 'more';
  if (length === resp.BAD) return 'no';
  const end = bytes.indexOf(resp.LF, at) + 1 + length;
  if (length < 0 || end + 2 > bytes.length) return 'yes';
  return bytes[end] === resp.CR && bytes[end + 1] === resp.LF ? 'yes' : 'no';
}

function lookAtAggregate(bytes: Uint8Array, at: number): Detection {
  const count = resp.lengthAt(bytes, at + 1);
  if (count === resp.CUT) return 'more';
  if (count === resp.BAD) return 'no';
  if (count <= 0 && count !== resp.STREAMED) return 'yes';
  const from = bytes.indexOf(resp.LF, at) + 1;
  if (from >= bytes.length) return 'more';
  if (bytes[from] === resp.BULK_STRING && bytes[at] === resp.ARRAY) return lookAtStrings(bytes, at, from, count);
  return lookAt(bytes, from);
}

/** Elements of an array that are looked at. */
const ELEMENTS_LIMIT = 8;

/** An array of nothing but bulk strings may be a command as well. */
function lookAtStrings(bytes: Uint8Array, at: number, from: number, count: number): Detection {
  if (isMessage(nameAt(bytes, at) ?? '')) return 'yes';
  let element = from;
  for (let i = 0; i < Math.min(count, ELEMENTS_LIMIT) && element < bytes.length; i++) {
    if (bytes[element] !== resp.BULK_STRING) return lookAt(bytes, element);
    const length = resp.lengthAt(bytes, element + 1);
    if (length === resp.BAD) return 'no';
    if (length === resp.NONE) return 'yes';
    if (length < 0) return 'more';
    element = bytes.indexOf(resp.LF, element) + 1 + length + 2;
  }
  return 'more';
}

/** A message starts where a line starts. */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) {
    if (starts(direction, bytes, at)) return at;
    const newline = bytes.indexOf(resp.LF, at);
    if (newline < 0) return -1;
    at = newline + 1;
  }
  return -1;
}

function starts(direction: Direction, bytes: Uint8Array, at: number): boolean {
  if (direction === 0) return bytes[at] === resp.ARRAY ? NAME.test(nameAt(bytes, at) ?? '') : startsInline(bytes, at);
  const type = bytes[at];
  if (type === resp.SIMPLE_STRING || type === resp.SIMPLE_ERROR) return isWholeLine(bytes, at);
  if (type === resp.ARRAY) return resp.lengthAt(bytes, at + 1) > resp.BAD;
  return lookAt(bytes, at) === 'yes';
}

const NAME = /^[A-Za-z][\w.-]*$/;

/** Values may hold lines that begin so: what others say too counts only where a segment starts. */
function startsInline(bytes: Uint8Array, at: number): boolean {
  if (bytes.indexOf(resp.LF, at) < 0) return false;
  const found = detectInline(bytes.subarray(at));
  return found === 'yes' || (at === 0 && found === 'more');
}

/** Strings of lists may hold lines that begin so; whole ones of letters are believed. */
function isWholeLine(bytes: Uint8Array, at: number): boolean {
  const end = bytes.indexOf(resp.LF, at);
  const first = bytes[at + 1] ?? 0;
  return end > at + 1 && bytes[end - 1] === resp.CR && first > 0x20 && first < 0x7f;
}
