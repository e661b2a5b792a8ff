/** hot. Tunnels over UDP. The port alone says nothing: the header has to be one of the tunnel, too. */
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_TRANSPARENT_ETHERNET } from './link.ts';
import type { Packet } from './packet.ts';
import { TUNNEL } from './tunnel-kinds.ts';

const VXLAN_PORT = 4789;
/** Before IANA gave it a port, and still the default of Linux. */
const VXLAN_LINUX_PORT = 8472;
const GENEVE_PORT = 6081;
const GTP_U_PORT = 2152;
export const UDP_TUNNEL_PORTS: readonly number[] = [VXLAN_PORT, VXLAN_LINUX_PORT, GENEVE_PORT, GTP_U_PORT];

const ETHERNET_BYTES = 14;

/** Bits of the first word of VXLAN with Group Policy beside the group's number. */
const VXLAN_GROUP_POLICY = 0x88000000 | 0;
const VXLAN_GROUP_POLICY_FIXED = 0xffb70000 | 0;
const VXLAN_WITH_VNI = 0x08000000;

const GTP_U_G_PDU = 0xff;
/** More than any release of 3GPP puts into one packet. */
const MAX_GTP_U_EXTENSIONS = 8;

export function isTunnelPort(port: number): boolean {
  return port === VXLAN_PORT || port === VXLAN_LINUX_PORT || port === GENEVE_PORT || port === GTP_U_PORT;
}

/** @returns the EtherType of what is now at `packet.at`, 0 when the datagram is no tunnel's */
export function openUdpTunnel(packet: Packet): number {
  switch (packet.dstPort) {
    case VXLAN_PORT:
    case VXLAN_LINUX_PORT:
      return openVxlan(packet);
    case GENEVE_PORT:
      return openGeneve(packet);
    case GTP_U_PORT:
      return openGtpU(packet);
    default:
      return 0;
  }
}

/** Source: RFC 7348 §5, draft-smith-vxlan-group-policy §2.1. */
function openVxlan(packet: Packet): number {
  const { view, payloadAt: at } = packet;
  if (packet.payloadCaptured < 8 || packet.payloadBytes < 8 + ETHERNET_BYTES) return 0;
  const first = view.getInt32(at);
  const second = view.getInt32(at + 4);
  const isKnown = first === VXLAN_WITH_VNI || (first & VXLAN_GROUP_POLICY_FIXED) === VXLAN_GROUP_POLICY;
  if (!isKnown || (second & 0xff) !== 0) return 0;
  return packet.enter(TUNNEL.VXLAN, second >>> 8, 8, ETHERTYPE_TRANSPARENT_ETHERNET);
}

/** Control packets (bit O) carry nothing. Source: RFC 8926 §3.4. */
function openGeneve(packet: Packet): number {
  const { view, payloadAt: at } = packet;
  if (packet.payloadCaptured < 8) return 0;
  const first = view.getUint16(at);
  const etherType = view.getUint16(at + 2);
  const vni = view.getInt32(at + 4);
  const headerBytes = 8 + ((first >> 8) << 2);
  // Version 0, reserved bits 0, no control packet; the length of the options is what is left of the first byte.
  if ((first & 0xc0bf) !== 0 || (vni & 0xff) !== 0 || headerBytes >= packet.payloadBytes) return 0;
  if (!isCarried(etherType)) return 0;
  return packet.enter(TUNNEL.GENEVE, vni >>> 8, headerBytes, etherType);
}

function isCarried(etherType: number): boolean {
  return etherType === ETHERTYPE_TRANSPARENT_ETHERNET || etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6;
}

/** Only packets of users are passed on: version 1, protocol type GTP, G-PDU, IP inside.
 *  Source: 3GPP TS 29.281 §5.1, §5.2.1. */
function openGtpU(packet: Packet): number {
  const { bytes, view, payloadAt: at, payloadCaptured } = packet;
  if (payloadCaptured < 8) return 0;
  const flags = bytes[at]!;
  if (flags >> 4 !== 3 || (flags & 0x08) !== 0 || bytes[at + 1] !== GTP_U_G_PDU) return 0;
  if (view.getUint16(at + 2) + 8 !== packet.payloadBytes) return 0;
  const headerBytes = (flags & 7) === 0 ? 8 : passGtpUOptions(packet, (flags & 4) !== 0);
  if (headerBytes === 0 || headerBytes >= payloadCaptured) return 0;
  const version = bytes[at + headerBytes]! >> 4;
  if (version !== 4 && version !== 6) return 0;
  const etherType = version === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
  return packet.enter(TUNNEL.GTP_U, view.getInt32(at + 4), headerBytes, etherType);
}

/** Sequence number, N-PDU number and extension headers, each ending with the type of the next.
 *  @returns length of the whole header, 0 when it does not end where it should */
function passGtpUOptions({ bytes, payloadAt: at, payloadCaptured }: Packet, hasExtensions: boolean): number {
  let headerBytes = 12;
  if (!hasExtensions) return headerBytes;
  for (let count = 0; count <= MAX_GTP_U_EXTENSIONS; count++) {
    if (headerBytes >= payloadCaptured) return 0;
    if (bytes[at + headerBytes - 1] === 0) return headerBytes;
    const lengthBytes = bytes[at + headerBytes]! << 2;
    if (lengthBytes === 0) return 0;
    headerBytes += lengthBytes;
  }
  return 0;
}
