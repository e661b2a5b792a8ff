import { expect, test } from '@jest/globals';
import { DISSECTED, Duplicates, dissect, Packet } from '@nanogelf/probe';
import * as p from '../src/packets/index.ts';

const V4 = { src: '192.0.2.1', dst: '198.51.100.7', id: 7 };
const V6 = { src: '2001:db8::1', dst: '2001:db8::2:3' };
const SEGMENT = p.tcp({ srcPort: 40001, dstPort: 80, seq: 5, ack: 9, flags: p.ACK }, 'payload');
const T0 = 1_700_000_000_000_000;

interface Sighting {
  readonly bytes: Uint8Array;
  readonly iface: number;
  readonly tsUs?: number;
  /** Tag that the kernel took off. */
  readonly vlanTci?: number;
}

/** @returns for each sighting whether it is one too many */
function judge(sightings: readonly Sighting[]): boolean[] {
  const duplicates = new Duplicates();
  const packet = new Packet();
  return sightings.map(({ bytes, iface, tsUs = T0, vlanTci = -1 }) => {
    const status = dissect(packet, bytes, 0, bytes.length, bytes.length, tsUs, iface, p.LINKTYPE_ETHERNET, vlanTci);
    expect(status).toBe(DISSECTED);
    return duplicates.has(packet);
  });
}

const onBoth = (first: Uint8Array, second: Uint8Array): boolean[] =>
  judge([
    { bytes: first, iface: 0 },
    { bytes: second, iface: 1, tsUs: T0 + 20 },
  ]);

test.each<[string, p.Datagram]>([
  ['TCP over IPv4', p.ipv4(V4, SEGMENT)],
  ['TCP over IPv6', p.ipv6(V6, SEGMENT)],
  ['UDP', p.ipv4(V4, p.udp(1, 2, 'twelve bytes'))],
  ['UDP without payload', p.ipv4(V4, p.udp(1, 2, ''))],
  ['an echo', p.ipv4(V4, p.icmp(8, 0, Buffer.from('00010001616263', 'hex')))],
  ['a packet in a tunnel', p.ipv4(V4, p.udp(9, 4789, p.vxlan(5, p.ethernet(p.ipv4(V4, SEGMENT)))))],
])('%s on a second device is one too many', (_, datagram) => {
  expect(onBoth(p.ethernet(datagram), p.ethernet(datagram))).toEqual([false, true]);
});

test('a router in between changes the MAC addresses and the TTL, not the packet', () => {
  const there = p.ethernet(p.ipv4({ ...V4, ttl: 64 }, SEGMENT));
  const here = p.ethernet(p.ipv4({ ...V4, ttl: 63 }, SEGMENT), { srcMac: '02:00:00:00:00:09' });
  expect(onBoth(there, here)).toEqual([false, true]);
});

test('a VLAN sub-interface shows what its parent shows with a tag, in the frame or beside it', () => {
  const datagram = p.ipv4(V4, SEGMENT);
  expect(onBoth(p.ethernet(datagram, { vlans: [5] }), p.ethernet(datagram))).toEqual([false, true]);
  const beside = { bytes: p.ethernet(datagram), iface: 0, vlanTci: 5 };
  expect(judge([beside, { bytes: p.ethernet(datagram), iface: 1 }])).toEqual([false, true]);
});

test('the same bytes again on the first device were sent again, and its copy is left out again', () => {
  const bytes = p.ethernet(p.ipv4(V4, SEGMENT));
  const on = (iface: number, lateUs: number): Sighting => ({ bytes, iface, tsUs: T0 + lateUs });
  expect(judge([on(0, 0), on(1, 20), on(0, 1000), on(1, 1020)])).toEqual([false, true, false, true]);
  expect(judge([on(0, 0), on(0, 10), on(1, 20), on(1, 30)])).toEqual([false, false, true, true]);
});

test('a copy that is read first, because its ring is, stands for the packet', () => {
  const bytes = p.ethernet(p.ipv4(V4, SEGMENT));
  expect(
    judge([
      { bytes, iface: 1, tsUs: T0 + 20 },
      { bytes, iface: 0, tsUs: T0 },
    ]),
  ).toEqual([false, true]);
});

test('the same bytes after a while are another packet, on whatever device', () => {
  const bytes = p.ethernet(p.ipv4(V4, SEGMENT));
  expect(
    judge([
      { bytes, iface: 0 },
      { bytes, iface: 1, tsUs: T0 + 100_001 },
    ]),
  ).toEqual([false, false]);
});

const OTHERS: { readonly [what: string]: p.Datagram } = {
  sequence: p.ipv4(V4, p.tcp({ srcPort: 40001, dstPort: 80, seq: 6, ack: 9, flags: p.ACK }, 'payload')),
  acknowledgement: p.ipv4(V4, p.tcp({ srcPort: 40001, dstPort: 80, seq: 5, ack: 10, flags: p.ACK }, 'payload')),
  flags: p.ipv4(V4, p.tcp({ srcPort: 40001, dstPort: 80, seq: 5, ack: 9, flags: p.ACK | p.FIN }, 'payload')),
  port: p.ipv4(V4, p.tcp({ srcPort: 40002, dstPort: 80, seq: 5, ack: 9, flags: p.ACK }, 'payload')),
  length: p.ipv4(V4, p.tcp({ srcPort: 40001, dstPort: 80, seq: 5, ack: 9, flags: p.ACK }, 'payloads')),
  identification: p.ipv4({ ...V4, id: 8 }, SEGMENT),
  address: p.ipv4({ ...V4, dst: '198.51.100.8' }, SEGMENT),
  direction: p.ipv4({ ...V4, src: V4.dst, dst: V4.src }, SEGMENT),
  tunnel: p.ipv4(V4, p.udp(9, 4789, p.vxlan(5, p.ethernet(p.ipv4(V4, SEGMENT))))),
};

test.each(Object.keys(OTHERS))('a packet with another %s on a second device is kept', what => {
  expect(onBoth(p.ethernet(p.ipv4(V4, SEGMENT)), p.ethernet(OTHERS[what] as p.Datagram))).toEqual([false, false]);
});

test('datagrams that differ in their first bytes only are kept', () => {
  const datagram = (text: string) => p.ethernet(p.ipv6(V6, p.udp(1, 53, `${text} the same from here on`)));
  expect(onBoth(datagram('one'), datagram('two'))).toEqual([false, false]);
});

test('among more packets than it remembers the copies of the last ones are still known', () => {
  const frame = (n: number) => p.ethernet(p.ipv4(V4, p.udp(n >> 8, n & 255, 'twelve bytes')));
  const sightings = Array.from({ length: 40_000 }, (_, n) => [
    { bytes: frame(n), iface: 0, tsUs: T0 + n },
    ...(n < 500 ? [] : [{ bytes: frame(n - 500), iface: 1, tsUs: T0 + n }]),
  ]).flat();
  const isOneTooMany = sightings.map(({ iface }) => iface === 1);
  expect(judge(sightings)).toEqual(isOneTooMany);
});
