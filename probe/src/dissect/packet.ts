import { MAX_TUNNELS } from './tunnel-kinds.ts';

/** hot. One packet, reused for all: offsets, lengths and addresses as integers, no objects inside. Of a packet in a
 *  tunnel it is the innermost one. IPv4 addresses are held in the last word (`src3`, `dst3`), the other three are 0. */
export class Packet {
  /** The buffer that holds the frame; lent, valid until the next frame. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes: one read of a word costs less than four of its bytes. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Offset of the frame, and of the first byte after what was captured of it. */
  at = 0;
  end = 0;
  /** Length on the wire, link layer included; in a tunnel that of the frame inside. */
  wireBytes = 0;
  tsUs = 0;
  /** Index into the source's interfaces. */
  iface = 0;
  /** Offset of the destination MAC (source follows 6 bytes later), or -1 where the link has none. */
  macAt = -1;
  /** VLAN id of the outermost tag, or -1. */
  vlan = -1;
  /** 4 or 6; 0 when the frame carries no IP. */
  ipVersion = 0;
  /** Offset of the IP header, of what follows it (extension headers passed over), and that part's length on the wire
   *  by the IP header. */
  networkAt = 0;
  transportAt = 0;
  transportBytes = 0;
  /** Only of an IP fragment: where in its datagram's payload it belongs, whether others follow, which datagram. */
  fragmentAt = 0;
  hasMoreFragments = false;
  fragmentId = 0;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** IP protocol number: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6, 132 SCTP. */
  protocol = 0;
  /** Ports of TCP, UDP and SCTP. ICMP has none: type and answering type stand here (or code, where none answers), as
   *  Community ID does it, so that an echo and its reply are one conversation. */
  srcPort = 0;
  dstPort = 0;
  /** TCP: flags byte, raw 32-bit sequence and acknowledgement (signed), unscaled window. */
  tcpFlags = 0;
  seq = 0;
  ack = 0;
  window = 0;
  /** Payload of the transport: offset, bytes on the wire by the IP header, bytes captured (at most that). */
  payloadAt = 0;
  payloadBytes = 0;
  payloadCaptured = 0;
  /** Tunnels around it: how many, their kinds, their identifiers (see tunnel-kinds.ts). Only `tunnelDepth`
   *  identifiers have a meaning. */
  tunnelDepth = 0;
  tunnelKinds = 0;
  readonly tunnelIds = new Int32Array(MAX_TUNNELS);

  /** Makes what follows a tunnel's header the frame at hand.
   *  @param kind one of TUNNEL
   *  @param headerBytes of the payload; what is behind it is inside
   *  @returns `etherType`, for the caller to return */
  enter(kind: number, id: number, headerBytes: number, etherType: number): number {
    const depth = this.tunnelDepth++;
    if (depth < MAX_TUNNELS) {
      this.tunnelKinds |= kind << (depth << 3);
      this.tunnelIds[depth] = id;
    }
    const capturedEnd = this.payloadAt + this.payloadCaptured;
    this.at = this.payloadAt + headerBytes;
    this.wireBytes = this.payloadBytes - headerBytes;
    this.end = Math.max(this.at, capturedEnd);
    this.macAt = -1;
    return etherType;
  }
}
