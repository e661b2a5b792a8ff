import { expect, test } from '@jest/globals';
import * as p from '../src/packets/index.ts';
import { tsharkFields } from '../src/packets/tshark.ts';

const T0 = 1_700_000_000_123_456;
const at = (...frames: Uint8Array[]): p.Frame[] => frames.map((bytes, index) => ({ tsUs: T0 + index, bytes }));
const V4 = { src: '192.0.2.1', dst: '198.51.100.7' };
const V6 = { src: '2001:db8::1', dst: '2001:db8::2:3' };

const GOOD = '1';

test('the Internet checksum agrees with the worked example of RFC 1071', () => {
  expect(p.checksum(Buffer.from('0001f203f4f5f6f7', 'hex'))).toBe(~0xddf2 & 0xffff);
});

test('tshark finds every checksum of TCP, UDP and ICMP over IPv4 and IPv6 good', () => {
  const transports = [p.tcp({ srcPort: 1, dstPort: 2 }, 'odd'), p.udp(1, 2, 'odd'), p.udp(1, 2, 'even')];
  const echo = Buffer.from('00010001616263', 'hex');
  const frames = at(
    ...transports.flatMap(transport => [p.ethernet(p.ipv4(V4, transport)), p.ethernet(p.ipv6(V6, transport))]),
    p.ethernet(p.ipv4(V4, p.icmp(8, 0, echo))),
    p.ethernet(p.ipv6(V6, p.icmp6(128, 0, echo))),
  );
  const fields = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map(name => `${name}.checksum.status`);
  const rows = tsharkFields(p.pcapFile(frames), fields);
  expect(rows.map(row => row.join('|'))).toEqual([
    '1|1|||',
    '|1|||',
    '1||1||',
    '||1||',
    '1||1||',
    '||1||',
    '1|||1|',
    '||||1',
  ]);
});

test('tshark reads back the TCP header and options', () => {
  const options = p.join(p.mss(1400), p.windowScale(7), p.sack([100, 200]), p.timestamps(0xdeadbeef, 5));
  const segment = p.tcp(
    { srcPort: 40001, dstPort: 443, seq: 0xfffffff0, ack: 77, flags: p.SYN | p.ACK, window: 512, options },
    'payload',
  );
  const fields = ['srcport', 'dstport', 'seq_raw', 'ack_raw', 'flags', 'window_size_value', 'len'];
  const inOptions = ['options.mss_val', 'options.wscale.shift', 'options.timestamp.tsval', 'options.sack_le'];
  const [row] = tsharkFields(
    p.pcapFile(at(p.ethernet(p.ipv4(V4, segment)))),
    [...fields, ...inOptions].map(name => `tcp.${name}`),
  );
  const header = ['40001', '443', '4294967280', '77', '0x0012', '512', '7'];
  expect(row?.slice(0, 10)).toEqual([...header, '1400', '7', '3735928559']);
});

test('tshark reads back addresses, IPv4 options and a stack of VLAN tags', () => {
  const routerAlert = Uint8Array.of(0x94, 4, 0, 0);
  const frame = p.ethernet(p.ipv4({ ...V4, options: routerAlert, ttl: 9 }, p.udp(5, 6, 'x')), {
    srcMac: '0a:00:00:00:00:aa',
    vlans: [100, 42],
  });
  const fields = [
    'eth.src',
    'ieee8021ad.id',
    'vlan.id',
    'ip.src',
    'ip.dst',
    'ip.hdr_len',
    'ip.ttl',
    'ip.checksum.status',
    'udp.length',
  ];
  expect(tsharkFields(p.pcapFile(at(frame)), fields)).toEqual([
    ['0a:00:00:00:00:aa', '100', '42', V4.src, V4.dst, '24', '9', GOOD, '9'],
  ]);
});

test('tshark walks the IPv6 extension headers to the transport', () => {
  const extensions = [
    { type: p.HOP_BY_HOP },
    { type: p.DESTINATION, body: Buffer.from([1, 11, ...new Uint8Array(11)]) },
    { type: p.ROUTING, body: Buffer.from([0, 0, 0, 0, 0, 0]) },
  ];
  const frame = p.ethernet(p.ipv6({ ...V6, extensions }, p.tcp({ srcPort: 7, dstPort: 8 })));
  const [row] = tsharkFields(p.pcapFile(at(frame)), ['frame.protocols', 'ipv6.src', 'ipv6.dst', 'tcp.dstport']);
  expect(row).toEqual([expect.stringMatching(/ipv6:ipv6.hopopts:ipv6.dstopts:ipv6.routing:tcp/), V6.src, V6.dst, '8']);
});

test('tshark puts the fragments of IPv4 and IPv6 together again', () => {
  const whole = p.udp(9, 10, 'fragmented '.repeat(20));
  const frames = at(
    ...p.ipv4Fragments({ ...V4, id: 7 }, whole, 64).map(piece => p.ethernet(piece)),
    ...p.ipv6Fragments(V6, whole, 128).map(piece => p.ethernet(piece)),
  );
  const rows = tsharkFields(p.pcapFile(frames), ['udp.length', 'udp.checksum.status']);
  expect(rows.filter(([length]) => length !== '')).toEqual([
    ['228', GOOD],
    ['228', GOOD],
  ]);
  expect(rows).toHaveLength(4 + 2);
});

test.each([
  ['SLL', p.LINKTYPE_LINUX_SLL, (datagram: p.Datagram) => p.sll(datagram)],
  ['SLL2', p.LINKTYPE_LINUX_SLL2, (datagram: p.Datagram) => p.sll2(datagram)],
  ['NULL', p.LINKTYPE_NULL, (datagram: p.Datagram) => p.bsdNull(datagram)],
  ['NULL, big-endian', p.LINKTYPE_NULL, (datagram: p.Datagram) => p.bsdNull(datagram, 'big')],
  ['RAW', p.LINKTYPE_RAW, p.raw],
])('tshark reads IPv4 and IPv6 in %s frames', (_name, linkType, link) => {
  const frames = at(link(p.ipv4(V4, p.udp(1, 2, 'a'))), link(p.ipv6(V6, p.udp(3, 4, 'b'))));
  expect(tsharkFields(p.pcapFile(frames, { linkType }), ['ip.src', 'ipv6.src', 'udp.dstport'])).toEqual([
    [V4.src, '', '2'],
    ['', V6.src, '4'],
  ]);
});

test.each(['little', 'big'] as const)('a %s-endian pcap file keeps times and lengths', order => {
  const frame = {
    tsUs: T0,
    extraNs: 789,
    bytes: p.ethernet(p.ipv4(V4, p.udp(1, 2, 'x'.repeat(100)))),
    wireBytes: 1500,
  };
  const read = (resolution: 'us' | 'ns') =>
    tsharkFields(p.pcapFile([frame], { order, resolution, snapBytes: 60 }), [
      'frame.time_epoch',
      'frame.cap_len',
      'frame.len',
    ]);
  expect(read('us')).toEqual([['1700000000.123456000', '60', '1500']]);
  expect(read('ns')).toEqual([['1700000000.123456789', '60', '1500']]);
});

test('tshark sees a tunnel of GRE and one of VXLAN', () => {
  const inner = p.ipv4(V4, p.udp(11, 12, 'inner'));
  const outer = { src: '10.9.0.1', dst: '10.9.0.2' };
  const frames = at(
    p.ethernet(p.ipv4(outer, p.gre(p.ETHERTYPE_IPV4, inner.bytes, 5))),
    p.ethernet(p.ipv4(outer, p.udp(50000, 4789, p.vxlan(42, p.ethernet(inner))))),
  );
  expect(tsharkFields(p.pcapFile(frames), ['ip.src', 'gre.key', 'vxlan.vni', 'udp.dstport'])).toEqual([
    ['10.9.0.1,192.0.2.1', '0x00000005', '', '12'],
    ['10.9.0.1,192.0.2.1', '', '42', '4789,12'],
  ]);
});

test('tshark judges an undisturbed conversation as flawless', () => {
  const { frames } = new p.Conversation({ mssBytes: 100 })
    .handshake()
    .send('client', 'GET / HTTP/1.1\r\n\r\n')
    .ack('server')
    .send('server', 'x'.repeat(250))
    .ack('client')
    .close();
  const rows = tsharkFields(p.pcapFile(frames), ['tcp.len', 'tcp.analysis.flags']);
  expect(rows.map(([length]) => Number(length))).toEqual([0, 0, 0, 18, 0, 100, 100, 50, 0, 0, 0, 0]);
  expect(rows.every(([, flags]) => flags === '')).toBe(true);
});

test('tshark recognises the lost and the retransmitted segments of a script', () => {
  const { frames } = new p.Conversation()
    .handshake()
    .send('client', 'one')
    .ack('server')
    .lose('client', 'two')
    .send('client', 'three')
    .ack('server', 1004)
    .wait(300_000)
    .retransmit('client', 2)
    .retransmit('client', 1);
  const lost = tsharkFields(p.pcapFile(frames), ['frame.number'], ['-Y', 'tcp.analysis.lost_segment']);
  const again = tsharkFields(p.pcapFile(frames), ['tcp.len'], ['-Y', 'tcp.analysis.retransmission']);
  expect(lost).toEqual([['6']]);
  expect(again).toEqual([['3'], ['5']]);
});

test('a wrong address or piece is refused by name', () => {
  expect(() => p.ipBytes('1.2.3')).toThrow('expected an IPv4 address, got 1.2.3');
  expect(() => p.ipBytes('1:2')).toThrow('expected an IPv6 address, got 1:2');
  expect(() => p.ipv4Fragments(V4, p.udp(1, 2), 12)).toThrow('pieceBytes: expected a multiple of 8, got 12');
  expect(() => new p.Conversation().retransmit('client')).toThrow('client has not sent 1 segments yet');
});
