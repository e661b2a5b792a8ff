import { expect, test } from '@jest/globals';
import { dissect, Packet, STATUS_NAMES } from '@nanogelf/probe';
import * as p from '../src/packets/index.ts';
import { tsharkFields } from '../src/packets/tshark.ts';
import { seededRandom } from '../src/random.ts';
import { onlyRecord, replay } from './flow-kit.ts';

const V4 = { src: '192.0.2.1', dst: '192.0.2.2' };
const V6 = { src: '2001:db8::1', dst: '2001:db8::2' };
const OUTER4 = { src: '10.9.0.1', dst: '10.9.0.2' };
const OUTER6 = { src: 'fc00::1', dst: 'fc00::2' };

type Link = (datagram: p.Datagram) => Buffer;
const over = (outer: typeof V4, transport: p.Transport): Buffer => p.ethernet(p.ip(outer, transport));
const macs = { srcMac: '02:11:00:00:00:01', dstMac: '02:11:00:00:00:02' };
const frame: Link = datagram => p.ethernet(datagram, macs);
const tlv = p.join(p.u16(0x0102), 0x80, 1, p.u32(7));

/** Name, TUNNEL, how a datagram is put into it, the frame inside it alone, its number as tshark finds it. */
const TUNNELS: [string, string, Link, Link, [field: string, value: string]][] = [
  ['VXLAN', 'VXLAN:42', d => over(OUTER4, p.udp(50_000, 4789, p.vxlan(42, frame(d)))), frame, ['vxlan.vni', '42']],
  [
    'VXLAN over IPv6',
    'VXLAN:7',
    d => over(OUTER6, p.udp(50_000, 4789, p.vxlan(7, frame(d)))),
    frame,
    ['vxlan.vni', '7'],
  ],
  [
    'VXLAN on 8472',
    'VXLAN:16777215',
    d => over(OUTER4, p.udp(5, 8472, p.vxlan(0xffffff, frame(d)))),
    frame,
    ['vxlan.vni', '16777215'],
  ],
  [
    'Geneve',
    'GENEVE:43',
    d => over(OUTER4, p.udp(50_000, 6081, p.geneve(43, frame(d)))),
    frame,
    ['geneve.vni', '0x00002b'],
  ],
  [
    'Geneve with options',
    'GENEVE:43',
    d => over(OUTER4, p.udp(50_000, 6081, p.geneve(43, frame(d), undefined, tlv))),
    frame,
    ['geneve.vni', '0x00002b'],
  ],
  [
    'Geneve of IP',
    'GENEVE:44',
    d => over(OUTER6, p.udp(9, 6081, p.geneve(44, d.bytes, d.etherType))),
    p.raw,
    ['geneve.vni', '0x00002c'],
  ],
  ['GRE', 'GRE', d => over(OUTER4, p.gre(d.etherType, d.bytes)), p.raw, ['gre.proto', '']],
  [
    'GRE with key and sequence',
    'GRE:4294967295',
    d => over(OUTER4, p.gre(d.etherType, d.bytes, 0xffffffff, 9)),
    p.raw,
    ['gre.key', '0xffffffff'],
  ],
  ['GRE of Ethernet', 'GRE:5', d => over(OUTER6, p.gre(0x6558, frame(d), 5)), frame, ['gre.key', '0x00000005']],
  ['NVGRE', 'NVGRE:5001', d => over(OUTER4, p.nvgre(5001, 77, frame(d))), frame, ['gre.key', '0x0013894d']],
  ['ERSPAN I', 'ERSPAN', d => over(OUTER4, p.erspan(1, 0, frame(d))), frame, ['gre.proto', '0x88be']],
  ['ERSPAN II', 'ERSPAN:1023', d => over(OUTER4, p.erspan(2, 1023, frame(d))), frame, ['erspan.spanid', '1023']],
  ['ERSPAN III', 'ERSPAN:99', d => over(OUTER4, p.erspan(3, 99, frame(d))), frame, ['erspan.spanid', '99']],
  ['IP in IP', '', d => over(OUTER4, p.ipInIp(d)), p.raw, ['ip.proto', '']],
  ['IP in IPv6', '', d => over(OUTER6, p.ipInIp(d)), p.raw, ['ipv6.nxt', '']],
  [
    'GTP-U',
    'GTP-U:3000000000',
    d => over(OUTER4, p.udp(2152, 2152, p.gtpU(3e9, d))),
    p.raw,
    ['gtp.teid', '0xb2d05e00'],
  ],
  [
    'GTP-U with a PDU session container',
    'GTP-U:8',
    d => over(OUTER4, p.udp(2152, 2152, p.gtpU(8, d, p.join(0, 9)))),
    p.raw,
    ['gtp.teid', '0x00000008'],
  ],
];
/** tshark knows the port of Linux only when told. */
const LINUX_VXLAN = ['-d', 'udp.port==8472,vxlan'];
const IP_IN_IP: { [outerInner: string]: string } = { 44: 'IPIP', 46: '6IN4', 64: '4IN6', 66: '6IN6' };

const conversation = (inner: typeof V4, link: Link) =>
  new p.Conversation({ client: inner.src, server: inner.dst, link })
    .handshake()
    .send('client', 'GET / HTTP/1.1')
    .send('server', 'x'.repeat(3000))
    .ack('client')
    .close().frames;

test.each(TUNNELS)(
  '%s: the flow inside is the bare one, under the number that tshark finds',
  (name, text, tunnel, bare, field) => {
    for (const inner of [V4, V6]) {
      const frames = conversation(inner, tunnel);
      const { TUNNEL, ...record } = onlyRecord(frames);
      const isRaw = bare === p.raw;
      expect(record).toEqual(onlyRecord(conversation(inner, bare), isRaw ? { linkType: p.LINKTYPE_RAW } : {}));
      expect(TUNNEL).toBe(text || IP_IN_IP[`${name === 'IP in IP' ? 4 : 6}${inner === V4 ? 4 : 6}`]);
      const rows = tsharkFields(p.pcapFile(frames), ['tcp.srcport', 'tcp.dstport', 'tcp.len', field[0]], LINUX_VXLAN);
      expect(rows).toHaveLength(frames.length);
      expect(rows[3]?.slice(0, 3)).toEqual(['40000', '80', '14']);
      if (field[1] !== '') expect(rows[3]?.[3]).toBe(field[1]);
    }
  },
);

const nested =
  (link: Link): Link =>
  d =>
    over(OUTER4, p.erspan(2, 7, over(OUTER6, p.udp(1, 4789, p.vxlan(42, link(d))))));

test('tunnels inside tunnels are named from the outside in', () => {
  const { TUNNEL, ...record } = onlyRecord(conversation(V4, nested(frame)));
  expect(TUNNEL).toBe('ERSPAN:7/VXLAN:42');
  expect(record).toEqual(onlyRecord(conversation(V4, frame)));
});

test('four tunnels are opened, a fifth is counted', () => {
  const wrap = (depth: number, datagram: p.Datagram): p.Datagram =>
    depth === 0 ? datagram : wrap(depth - 1, p.ip(OUTER4, p.ipInIp(datagram)));
  const at = (depth: number) => [{ tsUs: 1e15, bytes: p.ethernet(wrap(depth, p.ip(V4, p.udp(1, 2)))) }];
  expect(onlyRecord(at(4)).TUNNEL).toBe('IPIP/IPIP/IPIP/IPIP');
  const { statuses, records } = replay(at(5));
  expect([statuses[STATUS_NAMES.indexOf('tunnels_too_deep')], records]).toEqual([1, []]);
});

const inVxlan =
  (vni: number): Link =>
  d =>
    over(OUTER4, p.udp(50_000, 4789, p.vxlan(vni, frame(d))));
const answer = (link: Link, tsUs = 1e15) => ({
  tsUs,
  bytes: link(p.ip({ src: V4.dst, dst: V4.src }, p.udp(53, 999, 'answer'))),
});
const question = (link: Link) => ({ tsUs: 1e15, bytes: link(p.ip(V4, p.udp(999, 53, 'question'))) });

test('the same addresses and ports in two networks, or in none, are different conversations of one Community ID', () => {
  const frames = [inVxlan(1), inVxlan(2), frame].flatMap(link => [question(link), answer(link)]);
  const { records } = replay(frames);
  expect(records.map(record => [record.TUNNEL, record.PKTS])).toEqual([
    ['VXLAN:1', 2],
    ['VXLAN:2', 2],
    [undefined, 2],
  ]);
  expect(new Set(records.map(record => record.COMMUNITY_ID)).size).toBe(1);
});

test('IPv6 conversations keep networks apart too', () => {
  const bytes = (vni: number) => inVxlan(vni)(p.ip(V6, p.udp(1, 2)));
  expect(replay([1, 2, 1].map(vni => ({ tsUs: 1e15, bytes: bytes(vni) }))).records).toHaveLength(2);
});

test('both directions of GTP-U are one conversation, though their numbers differ', () => {
  const teid =
    (id: number): Link =>
    d =>
      over(OUTER4, p.udp(2152, 2152, p.gtpU(id, d)));
  expect(onlyRecord([question(teid(5)), answer(teid(6))])).toMatchObject({
    TUNNEL: 'GTP-U:5',
    SRC_PKTS: 1,
    DST_PKTS: 1,
  });
});

test('the flow number of NVGRE does not part a conversation', () => {
  const flow =
    (id: number): Link =>
    d =>
      over(OUTER4, p.nvgre(5001, id, frame(d)));
  expect(onlyRecord([question(flow(1)), answer(flow(2))])).toMatchObject({ TUNNEL: 'NVGRE:5001', PKTS: 2 });
});

const tail = frame(p.ip(V4, p.udp(1, 2, 'inner')));
const echo = p.join(0x32, 1, p.u16(4), p.u32(0), p.u32(1));
test.each<[string, p.Transport]>([
  ['text to the port of VXLAN', p.udp(50_000, 4789, 'hello, world: a plain datagram')],
  ['VXLAN with reserved bits', p.udp(50_000, 4789, p.join(8, 1, 0, 0, p.u32(42 << 8), tail))],
  ['VXLAN without a number', p.udp(50_000, 4789, p.join(0, 0, 0, 0, p.u32(0), tail))],
  ['VXLAN without a frame', p.udp(50_000, 8472, p.vxlan(1, Buffer.alloc(13)))],
  ['text to the port of Geneve', p.udp(50_000, 6081, 'hello, world: a plain datagram')],
  ['Geneve of a later version', p.udp(50_000, 6081, p.join(0x40, p.geneve(1, tail).subarray(1)))],
  ['Geneve with options beyond the end', p.udp(50_000, 6081, p.join(0x3f, p.geneve(1, tail).subarray(1)))],
  ['a control packet of Geneve', p.udp(50_000, 6081, p.join(0, 0x80, p.geneve(1, tail).subarray(2)))],
  ['text to the port of GTP-U', p.udp(50_000, 2152, '0123 hello, world')],
  ['an echo of GTP-U', p.udp(2152, 2152, echo)],
  ['GTP-U of another length', p.udp(2152, 2152, p.join(p.gtpU(1, p.ip(V4, p.udp(1, 2))), 0))],
  [
    'GTP-U with an extension of no length',
    p.udp(2152, 2152, p.join(0x34, 0xff, p.u16(28), p.u32(1), 0, 0, 0, 0x85, Buffer.alloc(24, 0))),
  ],
  ['GRE of PPTP', p.gre(0x880b, p.join(0, 1), undefined)],
  ['GRE with routing', { ...p.gre(0x800, tail), bytes: p.join(0x40, p.gre(0x800, tail).bytes.subarray(1)) }],
  ['IP protocol 4 without IP', { protocol: 4, bytes: Buffer.from('no packet'), checksumAt: -1 }],
])('%s is a conversation of its own', (_, transport) => {
  const record = onlyRecord([{ tsUs: 1e15, bytes: over(OUTER4, transport) }]);
  expect(record).toMatchObject({ SRC_IP: OUTER4.src, DST_IP: OUTER4.dst, PKTS: 1 });
  expect(record).not.toHaveProperty('TUNNEL');
});

test('ARP inside a tunnel is counted as ARP outside of one', () => {
  const arp = p.ethernet({ etherType: 0x0806, bytes: Buffer.alloc(28) });
  const { statuses } = replay([{ tsUs: 1e15, bytes: over(OUTER4, p.udp(1, 4789, p.vxlan(1, arp))) }]);
  expect(statuses[STATUS_NAMES.indexOf('not_ip')]).toBe(1);
});

test('a frame that the mirror cut has the length that its IP header says', () => {
  for (const inner of [V4, V6]) {
    const whole = frame(p.ip(inner, p.udp(1, 2, 'x'.repeat(1000))));
    const bytes = over(OUTER4, p.erspan(2, 7, whole.subarray(0, 100)));
    expect(onlyRecord([{ tsUs: 1e15, bytes }])).toMatchObject({ BYTES: whole.length, TUNNEL: 'ERSPAN:7' });
  }
});

test('ERSPAN III carries bare IP too, and a header of its platform', () => {
  for (const inner of [V4, V6]) {
    const { bytes } = p.ip(inner, p.udp(1, 2));
    const { protocol, bytes: head } = p.erspan(3, 5, Buffer.alloc(0));
    head.writeUInt16BE((2 << 10) | 1, head.length - 2);
    const transport = { protocol, bytes: p.join(head, Buffer.alloc(8), bytes), checksumAt: -1 };
    const record = onlyRecord([{ tsUs: 1e15, bytes: over(OUTER4, transport) }]);
    expect(record).toMatchObject({ TUNNEL: 'ERSPAN:5', SRC_IP: inner.src, BYTES: bytes.length });
  }
});

test('VXLAN with a group policy is VXLAN', () => {
  const payload = p.join(0x88, 0, p.u16(500), p.u32(42 << 8), frame(p.ip(V4, p.udp(1, 2))));
  expect(onlyRecord([{ tsUs: 1e15, bytes: over(OUTER4, p.udp(9, 4789, payload)) }]).TUNNEL).toBe('VXLAN:42');
});

test('the VLAN inside counts where there is none outside', () => {
  const tagged = p.ethernet(p.ip(V4, p.udp(1, 2)), { vlans: [12] });
  expect(onlyRecord([{ tsUs: 1e15, bytes: over(OUTER4, p.udp(1, 4789, p.vxlan(1, tagged))) }]).VLAN).toBe(12);
});

const FIXTURES = [...TUNNELS.map(([, , tunnel]) => tunnel), nested(frame)].map(tunnel =>
  tunnel(p.ip(V6, p.tcp({ srcPort: 1, dstPort: 2 }, 'payload'))),
);

function checkWithin(bytes: Uint8Array, captured: number, wire: number): void {
  const packet = new Packet();
  const status = dissect(packet, bytes, 0, captured, wire, 1e15, 0, p.LINKTYPE_ETHERNET, -1);
  if (status !== 0) return;
  const { payloadAt, payloadCaptured, payloadBytes } = packet;
  if (payloadCaptured < 0 || payloadCaptured > payloadBytes)
    throw new Error(`captured ${payloadCaptured} of ${payloadBytes}`);
  if (payloadCaptured > 0 && payloadAt + payloadCaptured > captured) throw new Error(`beyond the ${captured} captured`);
}

test('no prefix of a tunnelled frame throws or is read beyond its end', () => {
  for (const whole of FIXTURES) {
    for (let length = 0; length <= whole.length; length++) {
      checkWithin(whole, length, whole.length);
      checkWithin(whole.subarray(0, length), length, length);
    }
  }
});

test('no changed byte of a tunnelled frame throws or leads beyond its end', () => {
  const random = seededRandom(7);
  for (let count = 0; count < 100_000; count++) {
    const bytes = Buffer.from(FIXTURES[count % FIXTURES.length]!);
    for (let change = 0; change < 3; change++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    checkWithin(bytes, Math.floor(random() * (bytes.length + 1)), bytes.length);
  }
});
