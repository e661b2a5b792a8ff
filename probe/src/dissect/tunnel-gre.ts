/** hot. GRE, and what travels in it: NVGRE and the mirrored frames of ERSPAN. */
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_MPLS,
  ETHERTYPE_MPLS_MULTICAST,
  ETHERTYPE_TRANSPARENT_ETHERNET,
} from './link.ts';
import type { Packet } from './packet.ts';
import { TUNNEL } from './tunnel-kinds.ts';

const CHECKSUM = 0x8000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
/** All else has to be 0: routing (RFC 1701), recursion, the version (1 is PPTP's). */
const KNOWN_FLAGS = CHECKSUM | KEY | SEQUENCE;

const ETHERTYPE_ERSPAN = 0x88be;
const ETHERTYPE_ERSPAN_III = 0x22eb;
/** Frame type of ERSPAN III: an IP packet without a link layer. */
const ERSPAN_FRAME_IP = 2;
/** Below it virtual subnets are reserved: a key without such a number is a plain key. Source: RFC 7637 §3.2. */
const NVGRE_MIN_SUBNET = 0x1000;

/** @returns the EtherType of what is now at `packet.at`, 0 when it is not to be opened. Source: RFC 2784 §2, RFC 2890 */
export function openGre(packet: Packet): number {
  const { view, payloadAt: at, payloadCaptured } = packet;
  if (payloadCaptured < 4) return 0;
  const flags = view.getUint16(at);
  if ((flags & ~KNOWN_FLAGS) !== 0) return 0;
  const keyAt = (flags & CHECKSUM) !== 0 ? 8 : 4;
  const headerBytes = keyAt + ((flags & KEY) !== 0 ? 4 : 0) + ((flags & SEQUENCE) !== 0 ? 4 : 0);
  if (headerBytes >= payloadCaptured) return 0;
  const etherType = view.getUint16(at + 2);
  switch (etherType) {
    case ETHERTYPE_TRANSPARENT_ETHERNET:
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
      if ((flags & KEY) === 0) return packet.enter(TUNNEL.GRE, 0, headerBytes, etherType);
      return enterKeyed(packet, flags, view.getInt32(at + keyAt), headerBytes, etherType);
    case ETHERTYPE_ERSPAN:
      return openErspan(packet, flags, headerBytes);
    case ETHERTYPE_ERSPAN_III:
      return openErspan3(packet, headerBytes);
    default:
      return 0;
  }
}

/** NVGRE is Ethernet with a key whose upper 24 bits name a virtual subnet; the lower 8 spread flows over paths.
 *  Source: RFC 7637 §3.2. */
function enterKeyed(packet: Packet, flags: number, key: number, headerBytes: number, etherType: number): number {
  const subnet = key >>> 8;
  const isNvgre = flags === KEY && etherType === ETHERTYPE_TRANSPARENT_ETHERNET && subnet >= NVGRE_MIN_SUBNET;
  if (isNvgre) return packet.enter(TUNNEL.NVGRE, subnet, headerBytes, etherType);
  return packet.enter(TUNNEL.GRE_KEYED, key, headerBytes, etherType);
}

/** Type I is the frame alone, type II has a sequence number in GRE and a header of 8 bytes.
 *  Source: draft-foschiano-erspan §4.1, §4.2. */
function openErspan(packet: Packet, flags: number, greBytes: number): number {
  if ((flags & SEQUENCE) === 0) return packet.enter(TUNNEL.ERSPAN_I, 0, greBytes, ETHERTYPE_TRANSPARENT_ETHERNET);
  const at = packet.payloadAt + greBytes;
  if (greBytes + 8 > packet.payloadCaptured || packet.bytes[at]! >> 4 !== 1) return 0;
  return packet.enter(TUNNEL.ERSPAN, sessionId(packet, at), greBytes + 8, ETHERTYPE_TRANSPARENT_ETHERNET);
}

/** 12 bytes, 8 more when the last bit of them says so. Source: draft-foschiano-erspan §4.3. */
function openErspan3(packet: Packet, greBytes: number): number {
  const { bytes, view } = packet;
  const at = packet.payloadAt + greBytes;
  if (greBytes + 12 > packet.payloadCaptured || bytes[at]! >> 4 !== 2) return 0;
  const last = view.getUint16(at + 10);
  const headerBytes = greBytes + ((last & 1) !== 0 ? 20 : 12);
  if (headerBytes >= packet.payloadCaptured) return 0;
  const isFrame = ((last >> 10) & 0x1f) !== ERSPAN_FRAME_IP;
  const etherType = isFrame ? ETHERTYPE_TRANSPARENT_ETHERNET : ipEtherType(bytes[packet.payloadAt + headerBytes]!);
  return packet.enter(TUNNEL.ERSPAN, sessionId(packet, at), headerBytes, etherType);
}

/** The lower 10 bits of the first word. */
function sessionId({ view }: Packet, at: number): number {
  return view.getUint16(at + 2) & 0x3ff;
}

function ipEtherType(firstByte: number): number {
  return firstByte >> 4 === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
}
