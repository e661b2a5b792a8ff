// warm. Whether bytes are MySQL's, and where a packet or a frame starts.
import type { Detection, Direction } from '../analyzer.ts';
import { ByteReader } from '../kit/byte-reader.ts';
import { isText } from '../kit/text.ts';
import * as commands from './commands.ts';
import { FRAME_HEADER_BYTES } from './frame-reader.ts';
import * as wire from './wire.ts';

const MAX_GREETING_BYTES = 512;
const MIN_GREETING_BYTES = 24;
const LOGIN_HEAD_BYTES = 32;
const FILLER_BYTES = 19; // zero, before four bytes that are MariaDB's
const SEEN_TEXT_BYTES = 16;
/** Packets in a row, fitting each other, of which no other bytes look so. */
const SURE_PACKETS = 3;

/** `more`: it could be, and a longer prefix tells. */
type Look = Detection;

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  if (bytes.length < wire.HEADER_BYTES + 1) return 'more';
  const plain = direction === 0 ? lookAtClient(bytes, 0) : lookAtServer(bytes, 0);
  return plain === 'no' ? lookAtFrame(direction, bytes, 0) : plain;
}

/** @returns where a packet or a frame starts */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + wire.HEADER_BYTES < bytes.length; at++) {
    const plain = direction === 0 ? lookAtClient(bytes, at) : lookAtServer(bytes, at);
    if (plain === 'yes' || (plain === 'more' && endsAt(bytes, at) === bytes.length)) return at;
    if (direction === 1 && isChain(bytes, at)) return at;
    if (lookAtFrame(direction, bytes, at) === 'yes') return at;
  }
  return -1;
}

/** Whether what follows is in compressed frames, where the login was not seen. */
export const isFramed = (direction: Direction, bytes: Uint8Array): boolean =>
  (direction === 0 ? lookAtClient(bytes, 0) : lookAtServer(bytes, 0)) === 'no' &&
  lookAtFrame(direction, bytes, 0) === 'yes';

const endsAt = (bytes: Uint8Array, at: number): number => at + wire.HEADER_BYTES + wire.payloadBytes(bytes, at);

function lookAtClient(bytes: Uint8Array, at: number): Look {
  const [sequence, lengthBytes] = [wire.sequenceOf(bytes, at), wire.payloadBytes(bytes, at)];
  if (lengthBytes === 0) return 'no';
  if (sequence === 1) return lookAtLogin(bytes, at + wire.HEADER_BYTES, lengthBytes);
  if (sequence !== 0) return 'no';
  const look = lookAtCommand(bytes, at + wire.HEADER_BYTES, lengthBytes);
  const end = endsAt(bytes, at);
  // Commands that want no answer may be followed by another one.
  if (look === 'no' || end + wire.HEADER_BYTES >= bytes.length) return look;
  return wire.sequenceOf(bytes, end) === 0 && commands.nameOf(bytes[end + wire.HEADER_BYTES] ?? 0) ? look : 'no';
}

function lookAtLogin(bytes: Uint8Array, at: number, lengthBytes: number): Look {
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
  [0x0e, 1],
  [commands.COM_STMT_CLOSE, 5],
  [commands.COM_STMT_RESET, 5],
  [0x1b, 3],
  [commands.COM_STMT_FETCH, 9],
  [commands.COM_RESET_CONNECTION, 1],
]);

function lookAtCommand(bytes: Uint8Array, at: number, lengthBytes: number): Look {
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
function lookAtText(bytes: Uint8Array, at: number, lengthBytes: number): Look {
  const hasAttributes = (bytes[at] ?? 0) < 0x09 && bytes[at + 1] === 1;
  if (hasAttributes) return lengthBytes > 2 ? 'yes' : 'no';
  const end = Math.min(bytes.length, at + Math.min(lengthBytes, SEEN_TEXT_BYTES));
  if (end <= at) return lengthBytes > 0 ? 'more' : 'no';
  const first = bytes[at] ?? 0;
  const isStart = /[\s\w(/#;*{`-]/.test(String.fromCharCode(first)) || first >= 0x80;
  return isStart && isText(bytes, at, end) ? 'yes' : 'no';
}

/** The number of iterations is always 1. */
function lookAtExecute(bytes: Uint8Array, at: number, lengthBytes: number): Look {
  if (lengthBytes < 10) return 'no';
  if (bytes.length < at + 10) return 'more';
  return (bytes[at + 5] ?? 0) < 0x10 && bytes[at + 6] === 1 && isZero(bytes, at + 7, at + 10) ? 'yes' : 'no';
}

function lookAtServer(bytes: Uint8Array, at: number): Look {
  const [lengthBytes, sequence] = [wire.payloadBytes(bytes, at), wire.sequenceOf(bytes, at)];
  if (lengthBytes === 0) return 'no';
  const [payload, end] = [at + wire.HEADER_BYTES, endsAt(bytes, at)];
  if (end < bytes.length && wire.sequenceOf(bytes, end) !== wire.following(sequence) && end + 3 < bytes.length)
    return 'no';
  if (sequence === 0) return lookAtGreeting(bytes, payload, lengthBytes);
  const first = bytes[payload] ?? 0;
  if (first === wire.ERR) return isError(bytes, payload, lengthBytes) ? 'yes' : 'no';
  if (end > bytes.length) return isColumn(bytes, payload) ? 'yes' : 'no';
  if (first === wire.EOF && lengthBytes === wire.EOF_BYTES) return 'yes';
  if (first === wire.OK || first === wire.EOF) return isOk(bytes, payload, end) ? 'yes' : 'no';
  if (isColumn(bytes, payload)) return 'yes';
  return lengthBytes <= 3 && isColumn(bytes, end + wire.HEADER_BYTES) ? 'yes' : 'no';
}

function lookAtGreeting(bytes: Uint8Array, at: number, lengthBytes: number): Look {
  if (bytes[at] === wire.ERR) return isError(bytes, at, lengthBytes) ? 'yes' : 'no';
  if (lengthBytes < MIN_GREETING_BYTES || lengthBytes > MAX_GREETING_BYTES || bytes[at] !== 0x0a) return 'no';
  if (bytes.length < at + lengthBytes) return 'more';
  return isGreetingAt(bytes, at, lengthBytes) ? 'yes' : 'no';
}

/** @param at of the payload: version 10, the server's version as text, thread id, eight bytes, a zero */
export function isGreetingAt(bytes: Uint8Array, at: number, lengthBytes: number): boolean {
  if (bytes[at] !== 0x0a || lengthBytes > MAX_GREETING_BYTES) return false;
  const nul = bytes.indexOf(0, at + 1);
  const isVersion = nul > at + 1 && isText(bytes, at + 1, nul) && nul + 13 < at + lengthBytes;
  return isVersion && bytes[nul + 13] === 0;
}

function isError(bytes: Uint8Array, at: number, lengthBytes: number): boolean {
  const code = (bytes[at + 1] ?? 0) | ((bytes[at + 2] ?? 0) << 8);
  const end = Math.min(bytes.length, at + lengthBytes);
  return code >= 1000 && code < wire.PROGRESS && lengthBytes > 3 && end > at + 3 && isText(bytes, at + 3, end);
}

/** The catalog's name is always `def`. */
const isColumn = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 3 && bytes[at + 1] === 0x64 && bytes[at + 2] === 0x65 && bytes[at + 3] === 0x66;

/** OK, or the answer to COM_STMT_PREPARE. */
function isOk(bytes: Uint8Array, at: number, end: number): boolean {
  const reader = new ByteReader(bytes, at + 1, end);
  wire.readLenenc(reader);
  wire.readLenenc(reader);
  const status = reader.u16le();
  reader.skip(2);
  const isChanged = (status & wire.SERVER_SESSION_STATE_CHANGED) !== 0;
  if (!reader.failed && status < 0x8000 && (reader.left === 0 || isChanged || isText(bytes, reader.at + 1, end)))
    return true;
  const isPrepared = end - at === 12 || end - at === 13;
  return isPrepared && bytes[at] === wire.OK && bytes[at + 9] === 0;
}

function isChain(bytes: Uint8Array, from: number): boolean {
  let at = from;
  for (let count = 1; ; count++) {
    const end = endsAt(bytes, at);
    if (end === at + wire.HEADER_BYTES || end > bytes.length) return false;
    if (count === SURE_PACKETS || (count > 1 && end === bytes.length)) return true;
    if (end + wire.HEADER_BYTES > bytes.length) return false;
    if (wire.sequenceOf(bytes, end) !== wire.following(wire.sequenceOf(bytes, at))) return false;
    at = end;
  }
}

const ZLIB_DEFLATE = 0x78;

/** A compressed frame shows by zlib's header, one that is not by the packet in it. */
function lookAtFrame(direction: Direction, bytes: Uint8Array, at: number): Look {
  if (bytes.length < at + FRAME_HEADER_BYTES + wire.HEADER_BYTES + 1) return 'no';
  const [packedBytes, unpackedBytes] = [wire.payloadBytes(bytes, at), wire.payloadBytes(bytes, at + 4)];
  const [content, end] = [at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + packedBytes];
  if (direction === 0 && wire.sequenceOf(bytes, at) !== 0) return 'no';
  if (unpackedBytes > 0)
    return isPacked(bytes, content) && unpackedBytes >= packedBytes && end >= bytes.length ? 'yes' : 'no';
  if (packedBytes < wire.payloadBytes(bytes, content) + wire.HEADER_BYTES || end !== bytes.length) return 'no';
  return direction === 0 ? lookAtClient(bytes, content) : lookAtServer(bytes, content);
}

const isPacked = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === ZLIB_DEFLATE && ((ZLIB_DEFLATE << 8) | (bytes[at + 1] ?? 0)) % 31 === 0;
