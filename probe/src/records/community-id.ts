/** cold. Community ID version 1, with the default seed.
 *  Source: https://github.com/corelight/community-id-spec */
import { createHash } from 'node:crypto';

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
  const bytes = Buffer.alloc(8);
  bytes[2] = protocol;
  bytes.writeUInt16BE(keeps ? srcPort : dstPort, 4);
  bytes.writeUInt16BE(keeps ? dstPort : srcPort, 6);
  const hash = createHash('sha1').update(bytes.subarray(0, 2));
  hash.update(keeps ? src : dst).update(keeps ? dst : src);
  if (hasPorts(protocol)) hash.update(bytes.subarray(2));
  else hash.update(bytes.subarray(2, 4));
  return `1:${hash.digest('base64')}`;
}

/** ICMP, TCP, UDP, ICMPv6, SCTP. */
const hasPorts = (protocol: number): boolean => [1, 6, 17, 58, 132].includes(protocol);
