/** hot. A frame's bytes → the one reused Packet. Nothing is allocated (but a view when the buffer
 *  changes), nothing is read outside of what was captured. */
import { readLink } from './link.ts';
import { readNetwork } from './network.ts';
import type { Packet } from './packet.ts';
import { CARRIER, DISSECTED } from './status.ts';
import { readTransport } from './transport.ts';
import { readTunnels } from './tunnels.ts';

/** Reads one frame into `packet`.
 *  @param packet overwritten; when the status is not `DISSECTED`, only where and when it was captured has a meaning
 *  @param bytes the buffer that holds the frame; lent, `packet` points into it
 *  @param at offset of the frame's first byte
 *  @param capturedBytes bytes present from `at`
 *  @param wireBytes length of the frame on the wire
 *  @param tsUs arrival, whole microseconds since the epoch
 *  @param iface index into the source's interfaces
 *  @param linkType LINKTYPE_* of that interface
 *  @param vlanTci the VLAN tag that the kernel took off the frame, or -1
 *  @returns `DISSECTED`, or the reason why this is no packet of a conversation (see status.ts) */
export function dissect(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  capturedBytes: number,
  wireBytes: number,
  tsUs: number,
  iface: number,
  linkType: number,
  vlanTci: number,
): number {
  if (packet.bytes !== bytes) {
    packet.bytes = bytes;
    packet.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  packet.at = at;
  packet.end = Math.min(at + capturedBytes, bytes.length);
  packet.wireBytes = wireBytes;
  packet.tsUs = tsUs;
  packet.iface = iface;
  packet.macAt = -1;
  packet.vlan = vlanTci < 0 ? -1 : vlanTci & 0x0fff;
  packet.tcpFlags = 0;
  packet.tunnelDepth = 0;
  packet.tunnelKinds = 0;
  const link = readLink(packet, linkType);
  if (link !== DISSECTED) return link;
  // As readDatagram does; written out, because V8 does not inline so deep, and a call costs 4 ns.
  const network = readNetwork(packet);
  if (network !== DISSECTED) return network;
  const transport = readTransport(packet);
  return transport === CARRIER ? readTunnels(packet) : transport;
}
