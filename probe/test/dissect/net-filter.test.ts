import { BlockList, isIPv4 } from 'node:net';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseNetRule } from '../../src/config/net-rule.ts';
import { addressWords } from '../../src/dissect/address-words.ts';
import { createNetFilter, MAX_NET_RULES, type NetRule } from '../../src/dissect/net-filter.ts';
import { Packet } from '../../src/dissect/packet.ts';

function makePacket(src: string, srcPort: number, dst: string, dstPort: number): Packet {
  const packet = new Packet();
  packet.ipVersion = isIPv4(src) ? 4 : 6;
  [packet.src0, packet.src1, packet.src2, packet.src3] = addressWords(src);
  [packet.dst0, packet.dst1, packet.dst2, packet.dst3] = addressWords(dst);
  packet.srcPort = srcPort;
  packet.dstPort = dstPort;
  return packet;
}

function rule(text: string): NetRule {
  const parsed = parseNetRule(text);
  if (parsed === undefined) throw new Error(`not a rule: ${text}`);
  return parsed;
}

const v4 = makePacket('10.1.2.3', 40_000, '192.0.2.7', 443);
const v6 = makePacket('2001:db8::1', 40_000, '2001:db8:1::2', 53);

test.each([
  ['10.1.2.3', v4, true],
  ['10.1.2.4', v4, false],
  ['192.0.2.7:443', v4, true],
  ['192.0.2.7:40000', v4, false],
  ['10.1.2.3:40000', v4, true],
  ['443', v4, true],
  ['44', v4, false],
  ['10.0.0.0/8', v4, true],
  ['10.1.2.0/30', v4, true],
  ['10.1.2.0/31', v4, false],
  ['192.0.2.0/24:443', v4, true],
  ['192.0.2.0/24:80', v4, false],
  ['0.0.0.0/0', v4, true],
  ['::/0', v4, false],
  ['0.0.0.0/0', v6, false],
  ['2001:db8::1', v6, true],
  ['[2001:db8:1::2]:53', v6, true],
  ['[2001:db8:1::2]:54', v6, false],
  ['2001:db8::/32', v6, true],
  ['[2001:db8:1::/48]:53', v6, true],
  ['2001:db8:2::/47', v6, false],
  ['::2', v6, false],
])('%s against a packet', (text, packet, expected) => {
  expect(createNetFilter([rule(text)], [])(packet)).toBe(expected);
  expect(createNetFilter([], [rule(text)])(packet)).toBe(!expected);
});

test('what is left out stays out even where it is asked for', () => {
  expect(createNetFilter([rule('443')], [rule('10.0.0.0/8')])(v4)).toBe(false);
});

test('without rules everything passes, with rules to keep a frame without IP does not', () => {
  const arp = new Packet();
  expect(createNetFilter([], [])(arp)).toBe(true);
  expect(createNetFilter([], [rule('443')])(arp)).toBe(true);
  expect(createNetFilter([rule('443')], [])(arp)).toBe(false);
});

test('more rules than are walked in reasonable time are refused', () => {
  const many = new Array<NetRule>(MAX_NET_RULES + 1).fill(rule('1'));
  expect(() => createNetFilter(many, [])).toThrow(RangeError);
});

test.each([
  '',
  '0',
  '65536',
  '10.0.0',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.1:0',
  '::1:x',
  '[::1',
  '10.0.0.0/',
  'host',
  '10.0.0.1/8/8',
  'fe80::1%lo',
])('"%s" is no rule', text => {
  expect(parseNetRule(text)).toBeUndefined();
});

test('an address before a port may be IPv6 only in brackets: without them the whole is an address', () => {
  expect(parseNetRule('::1:53')).toMatchObject({ prefixBits: 128, port: 0 });
});

const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6());

test('networks contain the same addresses as for Node', () => {
  fc.assert(
    fc.property(anyAddress, anyAddress, fc.nat(128), fc.boolean(), (network, address, bits, near) => {
      const version = isIPv4(network) ? 'ipv4' : 'ipv6';
      const prefix = isIPv4(network) ? bits % 33 : bits;
      const probe = near ? network : address;
      const twin = new BlockList();
      twin.addSubnet(network, prefix, version);
      const packet = makePacket(probe, 1, probe, 2);
      const same = isIPv4(probe) === isIPv4(network);
      const expected = same && twin.check(probe, isIPv4(probe) ? 'ipv4' : 'ipv6');
      expect(createNetFilter([rule(`${network}/${prefix}`)], [])(packet)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});
