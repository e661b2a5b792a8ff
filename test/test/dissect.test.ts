import { expect, test } from '@jest/globals';
import { dissect, Packet, STATUS_NAMES } from '@nanogelf/probe';
import {
  bsdNull,
  type Datagram,
  DESTINATION,
  ethernet,
  HOP_BY_HOP,
  icmp,
  icmp6,
  ipv4,
  ipv4Fragments,
  ipv6,
  ipv6Fragments,
  join,
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_NULL,
  LINKTYPE_RAW,
  ROUTING,
  raw,
  sll,
  sll2,
  tcp,
  timestamps,
  u16,
  u32,
  udp,
} from '../src/packets/index.ts';
import { seededRandom } from '../src/random.ts';

const LOOP = 108;
const segment = tcp({ srcPort: 1000, dstPort: 80, seq: 0xfedcba98, ack: 7, flags: 0x18, window: 512 }, 'hello');
const four = ipv4({ src: '10.1.2.3', dst: '200.100.50.25' }, segment);
const six = ipv6({ src: '2001:db8::1', dst: 'fe80::2' }, segment);

function read(
  frame: Uint8Array,
  linkType = LINKTYPE_ETHERNET,
  more: { captured?: number; tci?: number; wire?: number } = {},
) {
  const packet = new Packet();
  // Not at the buffer's start, and with bytes behind, as in a ring.
  const bytes = join(Buffer.alloc(7, 0x55), frame, Buffer.alloc(64, 0xaa));
  const captured = more.captured ?? frame.length;
  const wire = more.wire ?? frame.length;
  const status = dissect(packet, bytes, 7, captured, wire, 1e15, 3, linkType, more.tci ?? -1);
  return { status: STATUS_NAMES[status], packet };
}

const payload = ({ packet }: { packet: Packet }): string =>
  Buffer.from(packet.bytes.subarray(packet.payloadAt, packet.payloadAt + packet.payloadCaptured)).toString();

const ether = (etherType: number, bytes: Uint8Array): Buffer => ethernet({ etherType, bytes: Buffer.from(bytes) });
const mpls = (labels: number, datagram: Datagram): Buffer =>
  join(...Array.from({ length: labels }, (_, n) => u32((n << 12) | (n === labels - 1 ? 0x1ff : 0xff))), datagram.bytes);
const pppoe = (protocol: number, { bytes }: Datagram): Buffer =>
  join(0x11, 0, u16(9), u16(bytes.length + 2), u16(protocol), bytes);
const snap = ({ etherType, bytes }: Datagram): Buffer =>
  ether(bytes.length + 8, join(0xaa, 0xaa, 3, 0, 0, 0, u16(etherType), bytes));

test.each<[string, number, Buffer]>([
  ['Ethernet', LINKTYPE_ETHERNET, ethernet(four)],
  ['Ethernet, IPv6', LINKTYPE_ETHERNET, ethernet(six)],
  ['VLAN', LINKTYPE_ETHERNET, ethernet(four, { vlans: [5] })],
  ['QinQ', LINKTYPE_ETHERNET, ethernet(six, { vlans: [5, 6] })],
  ['802.3 with SNAP', LINKTYPE_ETHERNET, snap(four)],
  ['MPLS', LINKTYPE_ETHERNET, ether(0x8847, mpls(1, four))],
  ['MPLS, three labels, IPv6', LINKTYPE_ETHERNET, ether(0x8847, mpls(3, six))],
  ['PPPoE', LINKTYPE_ETHERNET, ether(0x8864, pppoe(0x21, four))],
  ['PPPoE, IPv6', LINKTYPE_ETHERNET, ether(0x8864, pppoe(0x57, six))],
  ['SLL', LINKTYPE_LINUX_SLL, sll(four)],
  ['SLL2', LINKTYPE_LINUX_SLL2, sll2(six)],
  ['NULL', LINKTYPE_NULL, bsdNull(four)],
  ['NULL, big-endian, IPv6', LINKTYPE_NULL, bsdNull(six, 'big', 24)],
  ['LOOP', LOOP, bsdNull(four, 'big')],
  ['RAW', LINKTYPE_RAW, raw(four)],
  ['RAW as 12', 12, raw(six)],
  ['RAW as 14', 14, raw(four)],
  ['IPV4', LINKTYPE_IPV4, raw(four)],
  ['IPV6', LINKTYPE_IPV6, raw(six)],
])('%s: the segment inside is read whole, and every prefix is called truncated', (_, linkType, frame) => {
  const whole = read(frame, linkType);
  expect(whole.status).toBe('dissected');
  expect(whole.packet).toMatchObject({ protocol: 6, srcPort: 1000, dstPort: 80, ack: 7, tcpFlags: 0x18, window: 512 });
  expect(whole.packet.seq >>> 0).toBe(0xfedcba98);
  expect(whole.packet).toMatchObject({ payloadBytes: 5, payloadCaptured: 5, tsUs: 1e15, iface: 3 });
  expect(payload(whole)).toBe('hello');
  const headersEnd = whole.packet.payloadAt - 7;
  for (let captured = 0; captured < frame.length; captured++) {
    const { status, packet } = read(frame, linkType, { captured, wire: frame.length });
    expect(status).toBe(captured < headersEnd ? 'truncated' : 'dissected');
    if (captured >= headersEnd)
      expect(packet).toMatchObject({ payloadBytes: 5, payloadCaptured: captured - headersEnd });
  }
});

test('addresses are held as words, an IPv4 one in the last', () => {
  expect(read(ethernet(four)).packet).toMatchObject({ ipVersion: 4, src2: 0, src3: 0x0a010203, dst3: 0xc8643219 | 0 });
  const { packet } = read(ethernet(six));
  expect(packet).toMatchObject({
    ipVersion: 6,
    src0: 0x20010db8,
    src1: 0,
    src2: 0,
    src3: 1,
    dst0: 0xfe800000 | 0,
    dst3: 2,
  });
});

test('the outermost VLAN counts, the one beside the frame before any inside it', () => {
  expect(read(ethernet(four)).packet.vlan).toBe(-1);
  expect(read(ethernet(four, { vlans: [7, 8] })).packet.vlan).toBe(7);
  expect(read(ethernet(four, { vlans: [8] }), LINKTYPE_ETHERNET, { tci: 0xe009 }).packet.vlan).toBe(9);
});

test('padding of the link is no payload', () => {
  const short = ipv4({ src: '1.1.1.1', dst: '2.2.2.2' }, tcp({ srcPort: 1, dstPort: 2 }));
  const frame = join(ethernet(short), Buffer.alloc(6));
  expect(read(frame).packet).toMatchObject({ payloadBytes: 0, payloadCaptured: 0, wireBytes: 60 });
});

test('a frame of segmentation offload with length 0 reaches to the end of the frame', () => {
  const frame = ethernet(four);
  frame.writeUInt16BE(0, 16);
  expect(payload(read(frame))).toBe('hello');
  const jumbo = ethernet(six);
  jumbo.writeUInt16BE(0, 18);
  expect(payload(read(jumbo))).toBe('hello');
});

test('options of IPv4 and TCP are passed over', () => {
  const options = timestamps(1, 2);
  const inner = tcp({ srcPort: 1, dstPort: 2, options }, 'hello');
  expect(payload(read(ethernet(ipv4({ src: '1.1.1.1', dst: '2.2.2.2', options: Buffer.alloc(8, 1) }, inner))))).toBe(
    'hello',
  );
});

test('extension headers of IPv6 are passed over, too many are not', () => {
  const extensions = [HOP_BY_HOP, ROUTING, DESTINATION].map(type => ({ type, body: Buffer.alloc(6) }));
  const frame = ethernet(ipv6({ src: '::1', dst: '::2', extensions }, segment));
  expect(payload(read(frame))).toBe('hello');
  const many = Array.from({ length: 12 }, () => ({ type: DESTINATION, body: Buffer.alloc(6) }));
  expect(read(ethernet(ipv6({ src: '::1', dst: '::2', extensions: many }, segment))).status).toBe('too_deep');
});

test('every fragment waits for the others, an IPv6 packet with a fragment header of its own does not', () => {
  const datagram = udp(53, 54, Buffer.alloc(3000));
  const v4 = ipv4Fragments({ src: '1.1.1.1', dst: '2.2.2.2' }, datagram, 1480).map(piece => read(ethernet(piece)));
  expect(v4.map(({ status }) => status)).toEqual(['fragment', 'fragment', 'fragment']);
  expect(v4[1]?.packet).toMatchObject({
    fragmentAt: 1480,
    hasMoreFragments: true,
    fragmentId: 1,
    transportBytes: 1480,
  });
  const v6 = ipv6Fragments({ src: '::1', dst: '::2' }, datagram, 1448, 77).map(piece => read(ethernet(piece)));
  expect(v6.map(({ status }) => status)).toEqual(['fragment', 'fragment', 'fragment']);
  expect(v6[2]?.packet).toMatchObject({ fragmentAt: 2896, hasMoreFragments: false, fragmentId: 77, protocol: 17 });
  const alone = ipv6Fragments({ src: '::1', dst: '::2' }, udp(53, 54, 'whole'), 1448).map(piece =>
    read(ethernet(piece)),
  );
  expect(alone.map(({ status }) => status)).toEqual(['dissected']);
});

test('an echo and its reply have mirrored types for ports; a message without answer has type and code', () => {
  const ports = (frame: Buffer): number[] => [read(frame).packet.srcPort, read(frame).packet.dstPort];
  const body = Buffer.alloc(4);
  const v4 = (type: number, code: number): Buffer =>
    ethernet(ipv4({ src: '1.1.1.1', dst: '2.2.2.2' }, icmp(type, code, body)));
  expect([ports(v4(8, 0)), ports(v4(0, 0)), ports(v4(3, 1))]).toEqual([
    [8, 0],
    [0, 8],
    [3, 1],
  ]);
  const v6 = (type: number, code: number): Buffer =>
    ethernet(ipv6({ src: '::1', dst: '::2' }, icmp6(type, code, body)));
  expect([ports(v6(135, 0)), ports(v6(136, 0)), ports(v6(1, 4))]).toEqual([
    [135, 136],
    [136, 135],
    [1, 4],
  ]);
});

test.each<[string, Buffer, string]>([
  ['ARP', ether(0x0806, Buffer.alloc(28)), 'not_ip'],
  ['spanning tree', ether(38, join(0x42, 0x42, 3, Buffer.alloc(35))), 'not_ip'],
  ['a stack of tags', ethernet(four, { vlans: Array.from({ length: 12 }, (_, n) => n) }), 'too_deep'],
  ['labels without a bottom', ether(0x8847, Buffer.alloc(64)), 'too_deep'],
  ['an IPv4 header of 16 bytes', patched(14, 0x44), 'bad_header'],
  ['IPv6 under the EtherType of IPv4', patched(14, 0x65), 'bad_header'],
  ['a total length below the header', patched(17, 10), 'bad_header'],
  ['a total length beyond the frame', patched(17, 200), 'bad_header'],
  ['a TCP header of 16 bytes', patched(46, 0x40), 'bad_header'],
  ['a TCP header beyond the packet', patched(46, 0xf0), 'bad_header'],
])('%s is counted for its reason', (_, frame, status) => {
  expect(read(frame).status).toBe(status);
});

function patched(at: number, value: number): Buffer {
  const frame = ethernet(four);
  frame[at] = value;
  return frame;
}

test('a link type that is not read is counted', () => {
  expect(read(ethernet(four), 105).status).toBe('unsupported_link');
});

test('changed bytes never throw, and never point outside of what was captured', () => {
  const random = seededRandom(42);
  const frames = [
    ethernet(four),
    ethernet(six, { vlans: [1, 2] }),
    ether(0x8847, mpls(2, six)),
    snap(four),
    sll2(four),
  ];
  const links = [LINKTYPE_ETHERNET, LINKTYPE_ETHERNET, LINKTYPE_ETHERNET, LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2];
  for (let n = 0; n < 50_000; n++) {
    const kind = n % frames.length;
    const frame = Buffer.from(frames[kind] as Buffer);
    for (let change = 0; change < 3; change++) frame[Math.floor(random() * frame.length)] = Math.floor(random() * 256);
    const captured = Math.floor(random() * (frame.length + 1));
    const { status, packet } = read(frame, links[kind] as number, { captured, wire: frame.length });
    if (status !== 'dissected') continue;
    expect(packet.payloadCaptured).toBeLessThanOrEqual(packet.payloadBytes);
    expect(packet.payloadCaptured === 0 || packet.payloadAt + packet.payloadCaptured <= 7 + captured).toBe(true);
    expect(packet.payloadBytes).toBeLessThanOrEqual(frame.length);
  }
});
