/** hot. TCP, UDP, ICMP, ICMPv6, SCTP; any other protocol is a conversation without ports. */
import { icmpCounterpart } from './icmp.ts';
import type { Packet } from './packet.ts';
import { BAD_HEADER, CARRIER, DISSECTED, TRUNCATED } from './status.ts';
import { isTunnelPort } from './tunnel-udp.ts';

export const ICMP = 1;
/** IPv4 inside IP, and IPv6. */
export const IPIP = 4;
export const TCP = 6;
export const UDP = 17;
export const IPV6 = 41;
export const GRE = 47;
export const ICMPV6 = 58;
export const SCTP = 132;

/** Reads the transport header at `transportAt`: ports, TCP's fields, and where the payload lies.
 *  @returns a status, or CARRIER when it was read and may be a tunnel's */
export function readTransport(packet: Packet): number {
  switch (packet.protocol) {
    case TCP:
      return readTcp(packet);
    case UDP:
      return readUdp(packet);
    case ICMP:
    case ICMPV6:
      return readIcmp(packet);
    case SCTP:
      return readSctp(packet);
    case IPIP:
    case IPV6:
    case GRE:
      readPortless(packet);
      return CARRIER;
    default:
      return readPortless(packet);
  }
}

function readPortless(packet: Packet): number {
  packet.srcPort = packet.dstPort = 0;
  return setPayload(packet, 0, packet.transportBytes);
}

/** Whether `headerBytes` of the transport header were sent and captured. */
function checkHeader(packet: Packet, headerBytes: number): number {
  if (packet.transportBytes < headerBytes) return BAD_HEADER;
  return packet.transportAt + headerBytes > packet.end ? TRUNCATED : DISSECTED;
}

function setPayload(packet: Packet, headerBytes: number, payloadBytes: number): number {
  const captured = packet.end - packet.transportAt - headerBytes;
  packet.payloadAt = packet.transportAt + headerBytes;
  packet.payloadBytes = payloadBytes;
  packet.payloadCaptured = captured < 0 ? 0 : Math.min(captured, payloadBytes);
  return DISSECTED;
}

function setPorts(packet: Packet): void {
  const { view, transportAt: at } = packet;
  packet.srcPort = view.getUint16(at);
  packet.dstPort = view.getUint16(at + 2);
}

/** Source: RFC 9293 §3.1. */
function readTcp(packet: Packet): number {
  const status = checkHeader(packet, 20);
  if (status !== DISSECTED) return status;
  const { bytes, view, transportAt: at } = packet;
  const headerBytes = (bytes[at + 12]! >> 4) << 2;
  if (headerBytes < 20 || headerBytes > packet.transportBytes) return BAD_HEADER;
  setPorts(packet);
  packet.seq = view.getInt32(at + 4);
  packet.ack = view.getInt32(at + 8);
  packet.tcpFlags = bytes[at + 13]!;
  packet.window = view.getUint16(at + 14);
  return setPayload(packet, headerBytes, packet.transportBytes - headerBytes);
}

/** Source: RFC 768. A length that does not fit (0 with offload, a first fragment) gives way to IP's. */
function readUdp(packet: Packet): number {
  const status = checkHeader(packet, 8);
  if (status !== DISSECTED) return status;
  const claimed = packet.view.getUint16(packet.transportAt + 4);
  const total = claimed >= 8 && claimed <= packet.transportBytes ? claimed : packet.transportBytes;
  setPorts(packet);
  setPayload(packet, 8, total - 8);
  return isTunnelPort(packet.dstPort) ? CARRIER : DISSECTED;
}

/** Source: RFC 792, RFC 4443. */
function readIcmp(packet: Packet): number {
  const status = checkHeader(packet, 8);
  if (status !== DISSECTED) return status;
  const { bytes, transportAt: at } = packet;
  const counterpart = icmpCounterpart(packet.protocol === ICMPV6, bytes[at]!);
  packet.srcPort = bytes[at]!;
  packet.dstPort = counterpart < 0 ? bytes[at + 1]! : counterpart;
  return setPayload(packet, 8, packet.transportBytes - 8);
}

/** Source: RFC 9260 §3.1. */
function readSctp(packet: Packet): number {
  const status = checkHeader(packet, 12);
  if (status !== DISSECTED) return status;
  setPorts(packet);
  return setPayload(packet, 12, packet.transportBytes - 12);
}
