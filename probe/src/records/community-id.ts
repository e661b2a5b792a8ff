/** cold. Community ID version 1, with the default seed.
 *  Source: https://github.com/corelight/community-id-spec */
import { hash } from 'node:crypto';

/** @param src 4 or 16 bytes, `dst` likewise
 *  @param srcPort port, or the ICMP type; `dstPort` port, or the answering ICMP type, or the code
 *  @param isOrdered true for what has no way back (an ICMP error): source and destination stay as they are */
export function communityId(
  src: Buffer,
  dst: Buffer,
  srcPort: number,
  dstPort: number,
  protocol: number,
  isOrdered: boolean,
): string {
  const order = Buffer.compare(src, dst) || srcPort - dstPort;
  const keeps = isOrdered || order < 0;
  const bytes = Buffer.alloc(2 + 2 * src.length + (hasPorts(protocol) ? 6 : 2));
  const protocolAt = 2 + 2 * src.length;
  bytes.set(keeps ? src : dst, 2);
  bytes.set(keeps ? dst : src, 2 + src.length);
  bytes[protocolAt] = protocol;
  if (hasPorts(protocol)) {
    bytes.writeUInt16BE(keeps ? srcPort : dstPort, protocolAt + 2);
    bytes.writeUInt16BE(keeps ? dstPort : srcPort, protocolAt + 4);
  }
  return `1:${hash('sha1', bytes, 'base64')}`;
}

/** ICMP, TCP, UDP, ICMPv6, SCTP. */
const hasPorts = (protocol: number): boolean => [1, 6, 17, 58, 132].includes(protocol);
