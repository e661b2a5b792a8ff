import { expect, test } from '@jest/globals';
import { addressWords } from '../../src/dissect/address-words.ts';
import { OwnTraffic } from '../../src/dissect/own-traffic.ts';
import { Packet } from '../../src/dissect/packet.ts';

function datagram(srcPort: number, dst: string, dstPort: number, protocol = 17): Packet {
  const packet = new Packet();
  packet.ipVersion = dst.includes(':') ? 6 : 4;
  [packet.dst0, packet.dst1, packet.dst2, packet.dst3] = addressWords(dst);
  return Object.assign(packet, { protocol, srcPort, dstPort });
}

test('the own path is known, every other one is not', () => {
  const own = new OwnTraffic();
  own.mark(40_000, 12_201, '192.0.2.200');
  own.mark(40_001, 12_201, '2001:db8::ffff:1');
  expect(own.has(datagram(40_000, '192.0.2.200', 12_201))).toBe(true);
  expect(own.has(datagram(40_001, '2001:db8::ffff:1', 12_201))).toBe(true);
  expect(own.has(datagram(40_002, '192.0.2.200', 12_201))).toBe(false);
  expect(own.has(datagram(40_000, '192.0.2.201', 12_201))).toBe(false);
  expect(own.has(datagram(40_000, '192.0.2.200', 12_202))).toBe(false);
  expect(own.has(datagram(40_000, '192.0.2.200', 12_201, 6))).toBe(false);
  expect(own.has(datagram(40_001, '2001:db8:0:1::ffff:1', 12_201))).toBe(false);
});

test('words without a sign are compared as well', () => {
  const own = new OwnTraffic();
  own.mark(1, 2, '192.0.2.1');
  const packet = datagram(1, '192.0.2.1', 2);
  packet.dst3 >>>= 0;
  expect(own.has(packet)).toBe(true);
});

test('what was cleared is not known any more', () => {
  const own = new OwnTraffic();
  own.mark(1, 2, '192.0.2.1');
  own.clear();
  expect(own.has(datagram(1, '192.0.2.1', 2))).toBe(false);
});
