/** hot. Tunnels: from a packet that carries another one to the innermost. A packet becomes what it carries: `at`, `end`
 *  and `wireBytes` are then those of the frame inside. What only looks like a tunnel stays what it is. */
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, readEncapsulated } from './link.ts';
import { readNetwork } from './network.ts';
import type { Packet } from './packet.ts';
import { CARRIER, DISSECTED, TUNNELS_TOO_DEEP } from './status.ts';
import { GRE, IPIP, IPV6, readTransport, UDP } from './transport.ts';
import { openGre } from './tunnel-gre.ts';
import { isMirror, MAX_TUNNELS, TUNNEL } from './tunnel-kinds.ts';
import { openUdpTunnel } from './tunnel-udp.ts';

/** Reads what the IP header at `networkAt` begins, down to the innermost packet.
 *  @returns a status */
export function readDatagram(packet: Packet): number {
  const network = readNetwork(packet);
  if (network !== DISSECTED) return network;
  const transport = readTransport(packet);
  return transport === CARRIER ? readTunnels(packet) : transport;
}

/** Opens the tunnels around what `readTransport` has called a carrier, down to the innermost packet.
 *  @returns a status; `DISSECTED` for the carrier itself when it is no tunnel */
export function readTunnels(packet: Packet): number {
  let status = CARRIER;
  while (status === CARRIER) {
    const etherType = openTunnel(packet);
    if (etherType === 0) return DISSECTED;
    if (packet.tunnelDepth > MAX_TUNNELS) return TUNNELS_TOO_DEEP;
    status = readInside(packet, etherType);
  }
  return status;
}

function readInside(packet: Packet, etherType: number): number {
  const link = readEncapsulated(packet, etherType);
  if (link !== DISSECTED) return link;
  if (isMirror(packet.tunnelKinds, packet.tunnelDepth - 1)) restoreLength(packet);
  const network = readNetwork(packet);
  return network === DISSECTED ? readTransport(packet) : network;
}

/** Passes over the header of a tunnel (none for IP inside IP), when the packet at hand is one of a tunnel.
 *  @returns the EtherType of what is now at `at`, 0 when this is no tunnel. Source: RFC 2003 §3, RFC 2473 §3, RFC 4213 §3 */
function openTunnel(packet: Packet): number {
  switch (packet.protocol) {
    case UDP:
      return openUdpTunnel(packet);
    case GRE:
      return openGre(packet);
    case IPIP:
      if (!carriesVersion(packet, 4)) return 0;
      return packet.enter(packet.ipVersion === 4 ? TUNNEL.IPIP : TUNNEL.FOUR_IN_SIX, 0, 0, ETHERTYPE_IPV4);
    case IPV6:
      if (!carriesVersion(packet, 6)) return 0;
      return packet.enter(packet.ipVersion === 4 ? TUNNEL.SIX_IN_FOUR : TUNNEL.SIX_IN_SIX, 0, 0, ETHERTYPE_IPV6);
    default:
      return 0;
  }
}

function carriesVersion(packet: Packet, version: number): boolean {
  return packet.payloadCaptured > 0 && packet.bytes[packet.payloadAt]! >> 4 === version;
}

/** A mirror cuts what is too long for its own packets, so that the length is found only in the IP header. */
function restoreLength(packet: Packet): void {
  const { view, networkAt, at, end } = packet;
  const lengthAt = networkAt + (packet.ipVersion === 4 ? 2 : 4);
  if (lengthAt + 2 > end) return;
  const claimed = view.getUint16(lengthAt) + (packet.ipVersion === 4 ? 0 : 40);
  packet.wireBytes = Math.max(packet.wireBytes, networkAt - at + claimed);
}
