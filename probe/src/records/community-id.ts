/** cold. Community ID version 1, with the default seed.
 *  Source: https://github.com/corelight/community-id-spec */
import { hash } from 'node:crypto';

/** ICMP, TCP, UDP, ICMPv6, SCTP. */
const WITH_PORTS = new Set([1, 6, 17, 58, 132]);

/** What is hashed: the seed (2 bytes, 0), both addresses, protocol, a zero, and the ports where there are some. One of
 *  each length serves all conversations: buffers of their own would cost the garbage collector more than the hash. */
class Tuple {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(addressWords: number, withPorts: boolean) {
    this.bytes = new Uint8Array(2 + 8 * addressWords + (withPorts ? 6 : 2));
    this.view = new DataView(this.bytes.buffer);
  }
}

const IPV4 = { bare: new Tuple(1, false), ports: new Tuple(1, true) };
const IPV6 = { bare: new Tuple(4, false), ports: new Tuple(4, true) };

/** @param src address as words of 32 bits, first byte highest: one or four; `dst` likewise
 *  @param srcPort port, or the ICMP type; `dstPort` port, or the answering ICMP type, or the code
 *  @param isOrdered true for what has no way back (an ICMP error): source and destination stay as they are */
export function communityId(
  src: readonly number[],
  dst: readonly number[],
  srcPort: number,
  dstPort: number,
  protocol: number,
  isOrdered: boolean,
): string {
  const hasPorts = WITH_PORTS.has(protocol);
  const { bytes, view } = (src.length === 1 ? IPV4 : IPV6)[hasPorts ? 'ports' : 'bare'];
  const keeps = isOrdered || (compareWords(src, dst) || srcPort - dstPort) < 0;
  const protocolAt = 2 + 8 * src.length;
  putWords(view, 2, keeps ? src : dst);
  putWords(view, 2 + 4 * src.length, keeps ? dst : src);
  view.setUint8(protocolAt, protocol);
  if (hasPorts) {
    view.setUint16(protocolAt + 2, keeps ? srcPort : dstPort);
    view.setUint16(protocolAt + 4, keeps ? dstPort : srcPort);
  }
  return `1:${hash('sha1', bytes, 'base64')}`;
}

function compareWords(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((word, index) => word !== b[index]);
  return differs < 0 ? 0 : (a[differs]! >>> 0) - (b[differs]! >>> 0);
}

function putWords(view: DataView, at: number, words: readonly number[]): void {
  for (let index = 0; index < words.length; index++) view.setInt32(at + 4 * index, words[index]!);
}
