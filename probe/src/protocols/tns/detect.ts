// warm. Whether bytes are TNS, and where a packet starts.
import type { Detection, Direction } from '../analyzer.ts';
import * as packet from './packet.ts';
import * as ttc from './ttc.ts';

const CONNECT_VERSIONS = { from: 8, to: 12 };
/** 300 is that of Oracle 8, long ago. */
const MIN_VERSION = 300;
const MAX_VERSION = 400;
/** A client's message begins so; ANO's negotiation with a magic number; the connect data of a long CONNECT with a bracket. */
const CLIENT_MESSAGES: readonly number[] = [
  ttc.TTC_PROTOCOL,
  ttc.TTC_DATA_TYPES,
  ttc.TTC_FLUSH_OUT_BINDS,
  ttc.TTC_ONEWAY_FN,
  ttc.TTC_FAST_AUTH,
  0xde,
  0x28,
];

/** A server's begins so: every type that answers hold, from PROTOCOL to END_OF_REQUEST. */
const SERVER_MESSAGES: readonly number[] = [1, 2, 4, 6, 7, 8, 9, 11, 14, 15, 16, 19, 21, 23, 27, 28, 29, 0xde, 0x28];

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  if (!packet.isPacketHeader(direction, bytes, 0)) return 'no';
  if (bytes.length < packet.HEADER_BYTES) return 'more';
  const length = packet.packetBytes(bytes);
  const content = isPlausible(direction, bytes, length);
  if (content !== 'yes') return content;
  return bytes.length <= length || packet.isPacketHeader(direction, bytes, length) ? 'yes' : 'no';
}

function isPlausible(direction: Direction, bytes: Uint8Array, lengthBytes: number): Detection {
  switch (bytes[4]) {
    case packet.CONNECT:
      return hasVersions(bytes);
    case packet.ACCEPT:
      return hasVersion(bytes, packet.HEADER_BYTES);
    case packet.REFUSE:
    case packet.REDIRECT:
      return startsDescriptor(bytes, bytes[4] === packet.REFUSE ? 12 : 10, lengthBytes);
    case packet.RESEND:
      return 'yes';
    case packet.DATA:
      return lengthBytes === packet.DATA_HEADER_BYTES ? 'more' : startsMessage(direction, bytes);
    default:
      return bytes.length > lengthBytes ? 'yes' : 'more'; // too little to tell by, without a packet behind it
  }
}

function hasVersions(bytes: Uint8Array): Detection {
  if (bytes.length < CONNECT_VERSIONS.to) return 'more';
  const oldest = packet.u16(bytes, CONNECT_VERSIONS.from + 2);
  return oldest <= packet.u16(bytes, CONNECT_VERSIONS.from) ? hasVersion(bytes, CONNECT_VERSIONS.from) : 'no';
}

function hasVersion(bytes: Uint8Array, at: number): Detection {
  if (bytes.length < at + 2) return 'more';
  const version = packet.u16(bytes, at);
  return version >= MIN_VERSION && version <= MAX_VERSION ? 'yes' : 'no';
}

/** A longer one comes in a DATA packet of its own. */
function startsDescriptor(bytes: Uint8Array, at: number, lengthBytes: number): Detection {
  if (lengthBytes === at) return 'yes';
  if (bytes.length <= at) return 'more';
  return bytes[at] === 0x28 ? 'yes' : 'no';
}

/** In mid-stream a packet may go on with anything, but a server's never begins with a call. */
function startsMessage(direction: Direction, bytes: Uint8Array): Detection {
  const at = packet.DATA_HEADER_BYTES;
  if (bytes.length < at + 2) return 'more';
  const isCall = ttc.isCall(bytes, at);
  if (direction === 1 && isCall) return 'no';
  const types = direction === 0 ? CLIENT_MESSAGES : SERVER_MESSAGES;
  return isCall || types.includes(bytes[at] ?? 0) ? 'yes' : 'more';
}

/** @returns where a packet starts, with another one or nothing behind it */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + packet.HEADER_BYTES <= bytes.length; at++) {
    if (!packet.isPacketHeader(direction, bytes, at)) continue;
    const next = at + packet.packetBytes(bytes, at);
    if (next === bytes.length || (next < bytes.length && packet.isPacketHeader(direction, bytes, next))) return at;
    if (next > bytes.length && detect(direction, bytes.subarray(at)) !== 'no') return at;
  }
  return -1;
}
