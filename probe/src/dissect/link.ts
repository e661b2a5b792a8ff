/** hot. Link layers: from the frame's first byte to the IP header, through tags and labels. */
import type { Packet } from './packet.ts';
import { BAD_HEADER, DISSECTED, NOT_IP, TOO_DEEP, TRUNCATED, UNSUPPORTED_LINK } from './status.ts';

const LINKTYPE_NULL = 0;
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
/** DLT_RAW as the systems number it: 12 nearly everywhere, 14 on OpenBSD. */
const DLT_RAW = 12;
const DLT_RAW_OPENBSD = 14;
const LINKTYPE_LOOP = 108;
const LINKTYPE_LINUX_SLL = 113;
const LINKTYPE_IPV4 = 228;
const LINKTYPE_IPV6 = 229;
const LINKTYPE_LINUX_SLL2 = 276;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;
export const ETHERTYPE_MPLS = 0x8847;
export const ETHERTYPE_MPLS_MULTICAST = 0x8848;
/** An Ethernet frame inside a tunnel. Source: RFC 1701, IANA's "Transparent Ethernet Bridging". */
export const ETHERTYPE_TRANSPARENT_ETHERNET = 0x6558;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_QINQ = 0x88a8;
/** Tags of older QinQ switches. */
const ETHERTYPE_QINQ_OLD = 0x9100;
const ETHERTYPE_QINQ_OLD2 = 0x9200;
/** Below it the field is an IEEE 802.3 length. */
const ETHERTYPE_MIN = 0x0600;

/** Version 1, type 1, code 0. */
const PPPOE_SESSION_DATA = 0x1100;
const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;

/** Tags and labels passed over; real networks stack at most a handful. */
const MAX_LINK_LAYERS = 8;

/** Finds the IP header: sets `networkAt`, `ipVersion`, and `macAt` and `vlan` where there are any.
 *  @param linkType LINKTYPE_* of the frame
 *  @returns a status
 *  Source: https://www.tcpdump.org/linktypes.html */
export function readLink(packet: Packet, linkType: number): number {
  if (linkType === LINKTYPE_ETHERNET) return readEthernet(packet);
  switch (linkType) {
    case LINKTYPE_LINUX_SLL:
      return readCooked(packet, 14, 16);
    case LINKTYPE_LINUX_SLL2:
      return readCooked(packet, 0, 20);
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      return readIp(packet, packet.at + 4);
    case LINKTYPE_RAW:
    case DLT_RAW:
    case DLT_RAW_OPENBSD:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
      return readIp(packet, packet.at);
    default:
      return UNSUPPORTED_LINK;
  }
}

/** Finds the IP header of what a tunnel carries, as `readLink` does.
 *  @param etherType of what is at `packet.at` */
export function readEncapsulated(packet: Packet, etherType: number): number {
  if (etherType === ETHERTYPE_TRANSPARENT_ETHERNET) return readEthernet(packet);
  return readEtherType(packet, packet.at, etherType);
}

function readEthernet(packet: Packet): number {
  const { at } = packet;
  if (at + 14 > packet.end) return TRUNCATED;
  packet.macAt = at;
  const etherType = packet.view.getUint16(at + 12);
  if (etherType === ETHERTYPE_IPV4) return setIp(packet, at + 14, 4);
  return readEtherType(packet, at + 14, etherType);
}

/** Linux cooked capture, either version: no MAC pair, the protocol is an EtherType. */
function readCooked(packet: Packet, typeAt: number, headerBytes: number): number {
  const { at } = packet;
  if (at + headerBytes > packet.end) return TRUNCATED;
  return readEtherType(packet, at + headerBytes, packet.view.getUint16(at + typeAt));
}

/** A link without EtherType (or whose family number differs from system to system): the version nibble tells. */
function readIp(packet: Packet, at: number): number {
  if (at >= packet.end) return TRUNCATED;
  const version = packet.bytes[at]! >> 4;
  return version === 4 || version === 6 ? setIp(packet, at, version) : NOT_IP;
}

function setIp(packet: Packet, at: number, version: number): number {
  packet.networkAt = at;
  packet.ipVersion = version;
  return DISSECTED;
}

/** Walks from the bytes behind an EtherType to the IP header. */
function readEtherType(packet: Packet, at: number, etherType: number): number {
  const { view, end } = packet;
  for (let depth = 0; depth < MAX_LINK_LAYERS; depth++) {
    switch (etherType) {
      case ETHERTYPE_IPV4:
        return setIp(packet, at, 4);
      case ETHERTYPE_IPV6:
        return setIp(packet, at, 6);
      case ETHERTYPE_VLAN:
      case ETHERTYPE_QINQ:
      case ETHERTYPE_QINQ_OLD:
      case ETHERTYPE_QINQ_OLD2:
        if (at + 4 > end) return TRUNCATED;
        if (packet.vlan < 0) packet.vlan = view.getUint16(at) & 0x0fff;
        etherType = view.getUint16(at + 2);
        at += 4;
        break;
      case ETHERTYPE_MPLS:
      case ETHERTYPE_MPLS_MULTICAST:
        return readMpls(packet, at);
      case ETHERTYPE_PPPOE_SESSION:
        return readPppoe(packet, at);
      default: {
        if (etherType >= ETHERTYPE_MIN) return NOT_IP;
        const snap = checkSnap(packet, at);
        if (snap !== DISSECTED) return snap;
        etherType = view.getUint16(at + 6);
        at += 8;
      }
    }
  }
  return TOO_DEEP;
}

/** Whether LLC with SNAP and an Ethernet OUI is at `at`: AA AA 03 00 00 00, an EtherType follows. Source: RFC 1042. */
function checkSnap(packet: Packet, at: number): number {
  const { view, end } = packet;
  if (at + 8 > end) return packet.at + packet.wireBytes > end ? TRUNCATED : NOT_IP;
  return view.getUint32(at) === 0xaaaa0300 && view.getUint16(at + 4) === 0 ? DISSECTED : NOT_IP;
}

/** Labels up to the one marked as the bottom of the stack. Source: RFC 3032 §2.1. */
function readMpls(packet: Packet, at: number): number {
  for (let depth = 0; depth < MAX_LINK_LAYERS; depth++, at += 4) {
    if (at + 4 > packet.end) return TRUNCATED;
    if ((packet.bytes[at + 2]! & 1) !== 0) return readIp(packet, at + 4);
  }
  return TOO_DEEP;
}

/** Source: RFC 2516 §4, RFC 1661 §2. */
function readPppoe(packet: Packet, at: number): number {
  const { view } = packet;
  if (at + 8 > packet.end) return TRUNCATED;
  if (view.getUint16(at) !== PPPOE_SESSION_DATA) return BAD_HEADER;
  const protocol = view.getUint16(at + 6);
  if (protocol === PPP_IPV4) return setIp(packet, at + 8, 4);
  return protocol === PPP_IPV6 ? setIp(packet, at + 8, 6) : NOT_IP;
}
