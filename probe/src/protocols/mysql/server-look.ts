// warm. Whether bytes look like a packet of a server's.
import type { Detection } from '../analyzer.ts';
import { ByteReader } from '../kit/byte-reader.ts';
import { isText } from '../kit/text.ts';
import * as wire from './wire.ts';

const MAX_GREETING_BYTES = 512;
const MIN_GREETING_BYTES = 24;
const LAST_STATUS = 0x7fff;
const USUAL_WARNINGS = 255;
const PREPARE_OK_BYTES = 12;
/** Of a packet that tells how many columns follow. */
const MAX_COUNT_BYTES = 4;
/** Packets in a row, fitting each other, of which no other bytes look so. */
const SURE_PACKETS = 3;

/** @param at of the header */
export function lookAtServer(bytes: Uint8Array, at: number): Detection {
  const [lengthBytes, sequence] = [wire.payloadBytes(bytes, at), wire.sequenceOf(bytes, at)];
  if (lengthBytes === 0) return 'no';
  const end = wire.endsAt(bytes, at);
  const seesNext = end + wire.HEADER_BYTES <= bytes.length;
  if (seesNext && wire.sequenceOf(bytes, end) !== wire.following(sequence)) return 'no';
  const payload = at + wire.HEADER_BYTES;
  const look = sequence === 0 ? lookAtGreeting(bytes, payload, lengthBytes) : lookAtPacket(bytes, payload, end);
  return look === 'yes' && end < bytes.length && !seesNext ? 'more' : look;
}

function lookAtPacket(bytes: Uint8Array, at: number, end: number): Detection {
  const [first, lengthBytes] = [bytes[at] ?? 0, end - at];
  if (first === wire.ERR) return isError(bytes, at, lengthBytes) ? 'yes' : 'no';
  if (isColumn(bytes, at)) return 'yes';
  if (end > bytes.length) return 'no';
  if (first === wire.EOF && lengthBytes === wire.EOF_BYTES) return 'yes';
  if ((first === wire.OK || first === wire.EOF) && isOk(bytes, at, end)) return 'yes';
  if (isQuestion(bytes, at, end)) return 'more';
  return lengthBytes <= MAX_COUNT_BYTES && isColumn(bytes, end + wire.HEADER_BYTES) ? 'yes' : 'no';
}

function lookAtGreeting(bytes: Uint8Array, at: number, lengthBytes: number): Detection {
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

/** What a server asks in the middle of an exchange: for a file, or for another kind of password. */
function isQuestion(bytes: Uint8Array, at: number, end: number): boolean {
  const first = bytes[at] ?? 0;
  if (end - at < 2 || (first !== wire.LOCAL_INFILE && first !== wire.EOF)) return false;
  const nul = first === wire.EOF ? bytes.indexOf(0, at) : end;
  return nul > at + 1 && nul <= end && isText(bytes, at + 1, nul);
}

/** OK, or the answer to COM_STMT_PREPARE. */
function isOk(bytes: Uint8Array, at: number, end: number): boolean {
  const reader = new ByteReader(bytes, at + 1, end);
  wire.readLenenc(reader); // affected rows
  wire.readLenenc(reader); // last insert id
  const [status, warnings] = [reader.u16le(), reader.u16le()];
  const isUsual = !reader.failed && status <= LAST_STATUS && warnings <= USUAL_WARNINGS;
  const isChanged = (status & wire.SERVER_SESSION_STATE_CHANGED) !== 0;
  if (isUsual && (reader.left === 0 || isChanged || isText(bytes, reader.at + 1, end))) return true;
  const isPrepared = end - at === PREPARE_OK_BYTES || end - at === PREPARE_OK_BYTES + 1;
  return isPrepared && bytes[at] === wire.OK && bytes[at + 9] === 0;
}

/** Whether packets that follow each other start at `from`. */
export function isChain(bytes: Uint8Array, from: number): boolean {
  let at = from;
  for (let count = 1; ; count++) {
    const end = wire.endsAt(bytes, at);
    if (end === at + wire.HEADER_BYTES || end > bytes.length) return false;
    if (count === SURE_PACKETS || (count > 1 && end === bytes.length)) return true;
    if (end + wire.HEADER_BYTES > bytes.length) return false;
    if (wire.sequenceOf(bytes, end) !== wire.following(wire.sequenceOf(bytes, at))) return false;
    at = end;
  }
}
