/** hot. IPv4 and IPv6: addresses, the protocol and where its bytes lie. */
import type { Packet } from './packet.ts';
import { BAD_HEADER, DISSECTED, FRAGMENT, TOO_DEEP, TRUNCATED } from './status.ts';

const HOP_BY_HOP = 0;
const ROUTING = 43;
const IPV6_FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HIP = 139;
const SHIM6 = 140;

/** RFC 8200 §4.1 knows of at most seven in a row. */
const MAX_EXTENSION_HEADERS = 10;

/** Reads the IP header at `networkAt`: sets addresses, `protocol`, `transportAt`, `transportBytes`, and cuts `end`
 *  where the packet ends, so that padding of the link is not taken for payload.
 *  @returns a status */
export function readNetwork(packet: Packet): number {
  return packet.ipVersion === 4 ? readIpv4(packet) : readIpv6(packet);
}

/** Source: RFC 791 §3.1. */
function readIpv4(packet: Packet): number {
  const { bytes, view, networkAt: at } = packet;
  if (at + 20 > packet.end) return TRUNCATED;
  const headerBytes = (bytes[at]! & 0x0f) << 2;
  const onWire = packet.wireBytes - (at - packet.at);
  const claimed = view.getUint16(at + 2);
  // Segmentation offload leaves the length at 0 when the frame is longer than the field can say.
  const total = claimed === 0 ? onWire : claimed;
  if (bytes[at]! >> 4 !== 4 || headerBytes < 20 || total < headerBytes || total > onWire) return BAD_HEADER;
  if (at + headerBytes > packet.end) return TRUNCATED;
  packet.src0 = packet.src1 = packet.src2 = 0;
  packet.dst0 = packet.dst1 = packet.dst2 = 0;
  packet.src3 = view.getInt32(at + 12);
  packet.dst3 = view.getInt32(at + 16);
  packet.protocol = bytes[at + 9]!;
  packet.transportAt = at + headerBytes;
  packet.transportBytes = total - headerBytes;
  if (packet.end > at + total) packet.end = at + total;
  const fragment = view.getUint16(at + 6);
  return (fragment & 0x3fff) === 0
    ? DISSECTED
    : setFragment(packet, fragment << 3, fragment & 0x2000, view.getUint16(at + 4));
}

/** @param at offset in the datagram's payload; only its low 16 bits are used
 *  @param more not 0 when other pieces follow */
function setFragment(packet: Packet, at: number, more: number, id: number): number {
  packet.fragmentAt = at & 0xffff;
  packet.hasMoreFragments = more !== 0;
  packet.fragmentId = id;
  return FRAGMENT;
}

/** Source: RFC 8200 §3; a payload length of 0 is a jumbogram (RFC 2675) or segmentation offload. */
function readIpv6(packet: Packet): number {
  const { bytes, view, networkAt: at } = packet;
  if (at + 40 > packet.end) return TRUNCATED;
  const onWire = packet.wireBytes - (at - packet.at) - 40;
  const claimed = view.getUint16(at + 4);
  const payloadBytes = claimed === 0 ? onWire : claimed;
  if (bytes[at]! >> 4 !== 6 || payloadBytes > onWire) return BAD_HEADER;
  packet.src0 = view.getInt32(at + 8);
  packet.src1 = view.getInt32(at + 12);
  packet.src2 = view.getInt32(at + 16);
  packet.src3 = view.getInt32(at + 20);
  packet.dst0 = view.getInt32(at + 24);
  packet.dst1 = view.getInt32(at + 28);
  packet.dst2 = view.getInt32(at + 32);
  packet.dst3 = view.getInt32(at + 36);
  if (packet.end > at + 40 + payloadBytes) packet.end = at + 40 + payloadBytes;
  return passExtensions(packet, at + 40, at + 40 + payloadBytes, bytes[at + 6]!);
}

/** @param wireEnd offset after the IP packet as it was on the wire, at least `packet.end` */
function passExtensions(packet: Packet, from: number, wireEnd: number, firstHeader: number): number {
  const { bytes, end } = packet;
  let at = from;
  let next = firstHeader;
  for (let depth = 0; depth <= MAX_EXTENSION_HEADERS; depth++) {
    if (!isExtension(next)) {
      packet.protocol = next;
      packet.transportAt = at;
      packet.transportBytes = wireEnd - at;
      return DISSECTED;
    }
    if (at + 8 > wireEnd) return BAD_HEADER;
    if (at + 8 > end) return TRUNCATED;
    if (next === IPV6_FRAGMENT && (packet.view.getUint16(at + 2) & 0xfff9) !== 0) {
      return readFragmentHeader(packet, at, wireEnd);
    }
    const headerBytes = extensionBytes(next, bytes[at + 1]!);
    next = bytes[at]!;
    at += headerBytes;
    if (at > wireEnd) return BAD_HEADER;
  }
  return TOO_DEEP;
}

/** Source: RFC 8200 §4.5. */
function readFragmentHeader(packet: Packet, at: number, wireEnd: number): number {
  const { view } = packet;
  packet.protocol = packet.bytes[at]!;
  packet.transportAt = at + 8;
  packet.transportBytes = wireEnd - at - 8;
  const fragment = view.getUint16(at + 2);
  return setFragment(packet, fragment & 0xfff8, fragment & 1, view.getInt32(at + 4));
}

function isExtension(header: number): boolean {
  return (
    header === HOP_BY_HOP ||
    header === ROUTING ||
    header === IPV6_FRAGMENT ||
    header === AUTHENTICATION ||
    header === DESTINATION_OPTIONS ||
    header === MOBILITY ||
    header === HIP ||
    header === SHIM6
  );
}

function extensionBytes(header: number, length: number): number {
  if (header === IPV6_FRAGMENT) return 8;
  return header === AUTHENTICATION ? (length + 2) << 2 : (length + 1) << 3;
}
