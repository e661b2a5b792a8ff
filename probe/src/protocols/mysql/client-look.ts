// warm. Whether bytes look like a packet of a client's.
import type { Detection } from '../analyzer.ts';
import { isText, latin1 } from '../kit/text.ts';
import * as commands from './commands.ts';
import * as wire from './wire.ts';

const LOGIN_HEAD_BYTES = 32;
const FILLER_BYTES = 19; // zero, before four bytes that are MariaDB's
const SEEN_TEXT_BYTES = 16;
/** How nearly every statement starts. */
const STATEMENT = /^[\s(]*(?:[a-z]{2,}[\s(]|\/\*|-- )/i;

/** @returns whether a statement starts in the packet at `at` that needs no further proof */
export function startsStatement(bytes: Uint8Array, at: number): boolean {
  const text = at + wire.HEADER_BYTES + 1;
  return STATEMENT.test(latin1(bytes, text, Math.min(bytes.length, text + SEEN_TEXT_BYTES)));
}

/** @param at of the header */
export function lookAtClient(bytes: Uint8Array, at: number): Detection {
  const [sequence, lengthBytes] = [wire.sequenceOf(bytes, at), wire.payloadBytes(bytes, at)];
  if (lengthBytes === 0) return 'no';
  if (sequence === 1) return lookAtLogin(bytes, at + wire.HEADER_BYTES, lengthBytes);
  if (sequence !== 0) return 'no';
  const look = lookAtCommand(bytes, at + wire.HEADER_BYTES, lengthBytes);
  const end = wire.endsAt(bytes, at);
  // Commands that want no answer may be followed by another one.
  if (look === 'no' || end + wire.HEADER_BYTES >= bytes.length) return look;
  return wire.sequenceOf(bytes, end) === 0 && commands.nameOf(bytes[end + wire.HEADER_BYTES] ?? 0) ? look : 'no';
}

function lookAtLogin(bytes: Uint8Array, at: number, lengthBytes: number): Detection {
  if (bytes.length - at < LOGIN_HEAD_BYTES) return lengthBytes < LOGIN_HEAD_BYTES ? 'no' : 'more';
  return isLoginAt(bytes, at, lengthBytes) ? 'yes' : 'no';
}

/** @param at of the payload */
export function isLoginAt(bytes: Uint8Array, at: number, lengthBytes: number): boolean {
  if (lengthBytes < LOGIN_HEAD_BYTES || bytes.length - at < LOGIN_HEAD_BYTES) return false;
  const is41 = ((bytes[at + 1] ?? 0) & (wire.CLIENT_PROTOCOL_41 >> 8)) !== 0;
  return is41 && isZero(bytes, at + 9, at + 9 + FILLER_BYTES);
}

function isZero(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** How long commands without text are; those that no client needs alone are no proof. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [commands.COM_QUIT, 1],
  [0x07, 2],
  [commands.COM_STATISTICS, 1],
  [commands.COM_PROCESS_INFO, 1],
  [0x0c, 5],
  [0x0d, 1],
  [commands.COM_PING, 1],
  [commands.COM_STMT_CLOSE, 5],
  [commands.COM_STMT_RESET, 5],
  [0x1b, 3],
  [commands.COM_STMT_FETCH, 9],
  [commands.COM_RESET_CONNECTION, 1],
]);

function lookAtCommand(bytes: Uint8Array, at: number, lengthBytes: number): Detection {
  const code = bytes[at] ?? 0;
  if (code === commands.COM_QUERY || code === commands.COM_STMT_PREPARE)
    return lookAtText(bytes, at + 1, lengthBytes - 1);
  if (code === commands.COM_STMT_EXECUTE) return lookAtExecute(bytes, at, lengthBytes);
  const fixed = FIXED_BYTES.get(code);
  if (fixed !== undefined) return fixed === lengthBytes ? 'more' : 'no';
  if (code === commands.COM_CONNECT || commands.nameOf(code) === undefined) return 'no';
  return code === commands.COM_INIT_DB && lookAtText(bytes, at + 1, lengthBytes - 1) === 'no' ? 'no' : 'more';
}

/** A statement starts with a word, a bracket, a comment or white space; attributes may come before it. */
function lookAtText(bytes: Uint8Array, at: number, lengthBytes: number): Detection {
  const hasAttributes = (bytes[at] ?? 0) < 0x09 && bytes[at + 1] === 1;
  if (hasAttributes) return lengthBytes > 2 ? 'yes' : 'no';
  const end = Math.min(bytes.length, at + Math.min(lengthBytes, SEEN_TEXT_BYTES));
  if (end <= at) return lengthBytes > 0 ? 'more' : 'no';
  const first = bytes[at] ?? 0;
  const isStart = /[\s\w(/#;*{`-]/.test(String.fromCharCode(first)) || first >= 0x80;
  return isStart && isText(bytes, at, end) ? 'yes' : 'no';
}

/** The number of iterations is always 1. */
function lookAtExecute(bytes: Uint8Array, at: number, lengthBytes: number): Detection {
  if (lengthBytes < 10) return 'no';
  if (bytes.length < at + 10) return 'more';
  return (bytes[at + 5] ?? 0) < 0x10 && bytes[at + 6] === 1 && isZero(bytes, at + 7, at + 10) ? 'yes' : 'no';
}
