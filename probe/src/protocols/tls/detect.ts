// warm. Whether bytes are TLS, and where a record starts.
import type { Detection, Direction } from '../analyzer.ts';
import { beginning } from './starttls.ts';
import * as wire from './wire.ts';

const SEEN_BYTES = wire.RECORD_HEADER_BYTES + wire.HANDSHAKE_HEADER_BYTES + 2; // up to the hello's version
const ALERT_LEVELS = [1, 2];

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  const first = bytes[0] ?? 0;
  if (first >= wire.CHANGE_CIPHER_SPEC && first <= wire.APPLICATION_DATA) return detectRecord(direction, bytes);
  const found = beginning(direction, bytes);
  if (found === 'more' || found === 'no') return found;
  // The server's clear text alone would fit other protocols; the client's hello behind its command does not.
  return direction === 0 ? detectRecord(direction, bytes.subarray(found.at)) : 'more';
}

function detectRecord(direction: Direction, bytes: Uint8Array): Detection {
  if (bytes.length < wire.RECORD_HEADER_BYTES) return couldBeHeader(bytes) ? 'more' : 'no';
  if (!wire.isRecordHeader(bytes, 0)) return 'no';
  if (bytes[0] === wire.APPLICATION_DATA) return detectMidway(bytes);
  if (bytes[0] === wire.ALERT) return direction === 1 ? detectAlert(bytes) : 'no';
  if (bytes[0] !== wire.HANDSHAKE) return 'no';
  if (bytes.length < SEEN_BYTES) return 'more';
  return isHello(direction, bytes) ? 'yes' : 'no';
}

const couldBeHeader = (bytes: Uint8Array): boolean => bytes.length < 2 || bytes[1] === 3;

function isHello(direction: Direction, bytes: Uint8Array): boolean {
  const [type, high, major] = [bytes[5], bytes[6], bytes[9]];
  return type === (direction === 0 ? wire.CLIENT_HELLO : wire.SERVER_HELLO) && high === 0 && major === 3;
}

/** A server that refuses says only this. */
function detectAlert(bytes: Uint8Array): Detection {
  if (bytes.length < wire.RECORD_HEADER_BYTES + 2) return 'more';
  return wire.recordBytes(bytes, 0) === 2 && ALERT_LEVELS.includes(bytes[5] ?? 0) ? 'yes' : 'no';
}

/** Met in mid-stream: one header proves little, a second one behind it a lot. */
function detectMidway(bytes: Uint8Array): Detection {
  const next = wire.RECORD_HEADER_BYTES + wire.recordBytes(bytes, 0);
  if (bytes.length < next + wire.RECORD_HEADER_BYTES) return bytes.length === next && bytes[2] === 3 ? 'yes' : 'more';
  return wire.isRecordHeader(bytes, next) ? 'yes' : 'no';
}

/** @returns where a record starts, with another one or nothing behind it */
export function resync(_direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + wire.RECORD_HEADER_BYTES <= bytes.length; at++) {
    if (!wire.isRecordHeader(bytes, at)) continue;
    const next = at + wire.RECORD_HEADER_BYTES + wire.recordBytes(bytes, at);
    if (next >= bytes.length || wire.isRecordHeader(bytes, next)) return at;
  }
  return -1;
}
