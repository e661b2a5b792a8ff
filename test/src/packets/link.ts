// cold. Link layers, named and numbered as pcap does. Source: https://www.tcpdump.org/linktypes.html
import { join, macBytes, u16, u32 } from './bytes.ts';
import { type Datagram, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './network.ts';

export const LINKTYPE_NULL = 0;
export const LINKTYPE_ETHERNET = 1;
export const LINKTYPE_RAW = 101;
export const LINKTYPE_LINUX_SLL = 113;
export const LINKTYPE_IPV4 = 228;
export const LINKTYPE_IPV6 = 229;
export const LINKTYPE_LINUX_SLL2 = 276;

const ARPHRD_ETHER = 1;
const SRC_MAC = '02:00:00:00:00:01';
const DST_MAC = '02:00:00:00:00:02';

export interface EthernetHeader {
  readonly srcMac?: string;
  readonly dstMac?: string;
  /** VLAN ids, outermost first; several make a QinQ stack. */
  readonly vlans?: readonly number[];
}

/** Source: IEEE 802.3, 802.1Q (0x8100) and 802.1ad (0x88a8 outside, when there are several tags). */
export function ethernet(datagram: Datagram, header: EthernetHeader = {}): Buffer {
  const vlans = header.vlans ?? [];
  const tags = vlans.map((vlan, index) => join(u16(index < vlans.length - 1 ? 0x88a8 : 0x8100), u16(vlan)));
  return join(
    macBytes(header.dstMac ?? DST_MAC),
    macBytes(header.srcMac ?? SRC_MAC),
    ...tags,
    u16(datagram.etherType),
    datagram.bytes,
  );
}

/** Linux "cooked" capture.
 *  @param packetType 0 to us, 1 broadcast, 2 multicast, 3 between others, 4 sent by us */
export const sll = (datagram: Datagram, packetType = 0): Buffer =>
  join(u16(packetType), u16(ARPHRD_ETHER), u16(6), macBytes(SRC_MAC), u16(0), u16(datagram.etherType), datagram.bytes);

/** Linux "cooked" capture, second version: carries the interface's index. */
export const sll2 = (datagram: Datagram, packetType = 0, ifIndex = 1): Buffer =>
  join(
    u16(datagram.etherType),
    u16(0),
    u32(ifIndex),
    u16(ARPHRD_ETHER),
    packetType,
    6,
    macBytes(SRC_MAC),
    u16(0),
    datagram.bytes,
  );

/** BSD loopback: the address family in the byte order of the machine that wrote the file.
 *  @param ipv6Family 24 NetBSD and OpenBSD, 28 FreeBSD, 30 Darwin */
export function bsdNull(datagram: Datagram, order: 'little' | 'big' = 'little', ipv6Family = 30): Buffer {
  const family = u32(familyOf(datagram, ipv6Family));
  return join(order === 'big' ? family : family.reverse(), datagram.bytes);
}

function familyOf({ etherType }: Datagram, ipv6Family: number): number {
  if (etherType === ETHERTYPE_IPV4) return 2;
  if (etherType === ETHERTYPE_IPV6) return ipv6Family;
  throw new TypeError(`datagram: expected IPv4 or IPv6, got EtherType ${etherType}`);
}

/** No link layer at all (LINKTYPE_RAW, _IPV4, _IPV6). */
export const raw = (datagram: Datagram): Buffer => datagram.bytes;
