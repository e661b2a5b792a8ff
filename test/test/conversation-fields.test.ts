import { expect, test } from '@jest/globals';
import { ethernet, IPPROTO_SCTP, icmp, icmp6, ip, raw, type Transport, tcp, udp } from '../src/packets/index.ts';
import { onlyRecord } from './flow-kit.ts';

const sctp = (srcPort: number, dstPort: number): Transport => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(srcPort, 0);
  bytes.writeUInt16BE(dstPort, 2);
  return { protocol: IPPROTO_SCTP, bytes, checksumAt: -1 };
};
const recordOf = (src: string, dst: string, transport: Transport) =>
  onlyRecord([{ tsUs: 1e15, bytes: ethernet(ip({ src, dst }, transport)) }]);
const rest = Buffer.alloc(4);

/** The values that the specification's own test suite publishes. */
test.each<[string, string, Transport, string]>([
  ['128.232.110.120', '66.35.250.204', tcp({ srcPort: 34855, dstPort: 80 }), '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  ['66.35.250.204', '128.232.110.120', tcp({ srcPort: 80, dstPort: 34855 }), '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  ['192.168.1.52', '8.8.8.8', udp(54585, 53), '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  ['8.8.8.8', '192.168.1.52', udp(53, 54585), '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  ['192.168.0.89', '192.168.0.1', icmp(8, 0, rest), '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  ['192.168.0.1', '192.168.0.89', icmp(0, 0, rest), '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  ['fe80::200:86ff:fe05:80da', 'fe80::260:97ff:fe07:69ea', icmp6(135, 0, rest), '1:dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  ['192.168.170.8', '192.168.170.56', sctp(7, 80), '1:jQgCxbku+pNGw8WPbEc/TS/uTpQ='],
])('Community ID of %s to %s is the published one', (src, dst, transport, id) => {
  expect(recordOf(src, dst, transport).COMMUNITY_ID).toBe(id);
});

test.each([
  ['2001:db8::1', '::'],
  ['::1', '1:0:0:2::3'],
  ['::ffff:10.0.0.1', '2001:db8:0:1:1:1:1:1'],
  ['fe80::1:0:0:1', 'ff02::fb'],
])('IPv6 addresses are written as RFC 5952 has it: %s %s', (src, dst) => {
  const record = recordOf(src, dst, udp(50_000, 50_001));
  expect([record.SRC_IP, record.DST_IP]).toEqual([src, dst]);
});

test('ICMP has no ports, and link addresses only where the link has them', () => {
  expect(recordOf('10.0.0.1', '10.0.0.2', icmp(8, 0, rest))).not.toHaveProperty('SRC_PORT');
  const bare = onlyRecord([{ tsUs: 1e15, bytes: raw(ip({ src: '1.1.1.1', dst: '2.2.2.2' }, udp(1, 2))) }], {
    linkType: 101,
  });
  expect(bare).not.toHaveProperty('SRC_MAC');
});

test('the card, its address and the VLAN are those of the first packet', () => {
  const bytes = ethernet(ip({ src: '10.0.0.1', dst: '10.0.0.2' }, udp(1000, 53)), { vlans: [42] });
  expect(onlyRecord([{ tsUs: 1e15, bytes }])).toMatchObject({
    CARD: 'eth0',
    CARD_IP: '10.0.0.9',
    VLAN: 42,
    SRC_MAC: '02:00:00:00:00:01',
    DST_MAC: '02:00:00:00:00:02',
  });
});
