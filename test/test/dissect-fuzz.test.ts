import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createFlowTable, DISSECTED, dissect, openSource, Packet, STATUS_NAMES } from '@nanogelf/probe';
import { growthSince, type Memory, memoryNow } from '../src/memory.ts';
import {
  bsdNull,
  Conversation,
  type Datagram,
  DESTINATION,
  erspan,
  ethernet,
  type Frame,
  GENEVE_PORT,
  GTP_U_PORT,
  geneve,
  gre,
  gtpU,
  HOP_BY_HOP,
  icmp,
  icmp6,
  ipInIp,
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
  nvgre,
  ROUTING,
  raw,
  sll,
  sll2,
  tcp,
  timestamps,
  u16,
  u32,
  udp,
  VXLAN_PORT,
  vxlan,
} from '../src/packets/index.ts';
import { seededRandom } from '../src/random.ts';

/** Bytes that no sender means: every prefix of every packet we have, and a million changed ones, through dissect, the
 *  flow table and its streams. */
const PROTOCOLS = fileURLToPath(new URL('../../../probe/src/protocols/', import.meta.url));
const LINKTYPE_LOOP = 108;
/** Bytes before and behind the packet, as in a ring. */
const MARGIN_BYTES = 64;
/** A local one: jest's globals are slow to reach. */
const { floor, min } = Math;
const MAX_IP_BYTES = 65_535;
const MILLION = 1_000_000;
/** After the first quarter of the packets; what a table of this size holds it has taken by then. */
const MAX_KEPT_GROWTH = 2 << 20;
const MAX_RESIDENT_GROWTH = 32 << 20;

interface Sample {
  readonly linkType: number;
  readonly bytes: Uint8Array;
  readonly tsUs: number;
}

/** The frames of every capture file among the protocols. */
async function fixtureSamples(): Promise<Sample[]> {
  const files = readdirSync(PROTOCOLS, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.pcap'));
  expect(files.length).toBeGreaterThan(6);
  return (await Promise.all(files.map(file => samplesOf(PROTOCOLS + file)))).flat();
}

async function samplesOf(file: string): Promise<Sample[]> {
  const source = await openSource({ file });
  const samples: Sample[] = [];
  while (!source.ended) {
    source.drain((bytes, at, captured, _wire, tsUs, iface) => {
      const linkType = source.interfaces[iface]?.linkType ?? -1;
      samples.push({ linkType, tsUs, bytes: bytes.slice(at, at + captured) });
    });
  }
  source.close();
  return samples;
}

const ether = (etherType: number, bytes: Uint8Array): Buffer => ethernet({ etherType, bytes: Buffer.from(bytes) });

type Link = [linkType: number, put: (datagram: Datagram) => Uint8Array];

/** Each way to put an IP packet on a link. */
const links: Link[] = [
  [LINKTYPE_ETHERNET, datagram => ethernet(datagram)],
  [LINKTYPE_ETHERNET, datagram => ethernet(datagram, { vlans: [5, 6] })],
  [
    LINKTYPE_ETHERNET,
    ({ bytes, etherType }) => ether(bytes.length + 8, join(0xaa, 0xaa, 3, 0, 0, 0, u16(etherType), bytes)),
  ],
  [LINKTYPE_ETHERNET, ({ bytes }) => ether(0x8847, join(u32(0x10ff), u32(0x21ff), bytes))],
  [
    LINKTYPE_ETHERNET,
    ({ bytes, etherType }) =>
      ether(0x8864, join(0x11, 0, u16(9), u16(bytes.length + 2), u16(etherType === 0x0800 ? 0x21 : 0x57), bytes)),
  ],
  [LINKTYPE_LINUX_SLL, datagram => sll(datagram)],
  [LINKTYPE_LINUX_SLL2, datagram => sll2(datagram)],
  [LINKTYPE_NULL, datagram => bsdNull(datagram)],
  [LINKTYPE_LOOP, datagram => bsdNull(datagram, 'big')],
  [LINKTYPE_RAW, raw],
  [12, raw],
  [14, raw],
];

const OUTER = { src: '10.9.0.1', dst: '10.9.0.2' };
const inUdp = (port: number, bytes: Uint8Array): Buffer => ethernet(ipv4(OUTER, udp(50_000, port, bytes)));
const inVxlans = (depth: number, frame: Buffer): Buffer =>
  depth === 0 ? frame : inVxlans(depth - 1, inUdp(VXLAN_PORT, vxlan(depth, frame)));

/** Each way to put an IP packet into a tunnel. */
const tunnels: ((datagram: Datagram) => Uint8Array)[] = [
  datagram => inVxlans(1, ethernet(datagram)),
  datagram => inVxlans(8, ethernet(datagram)),
  datagram => inUdp(GENEVE_PORT, geneve(43, ethernet(datagram))),
  datagram => inUdp(GTP_U_PORT, gtpU(44, datagram)),
  datagram => ethernet(ipv4(OUTER, gre(datagram.etherType, datagram.bytes, 1, 2))),
  datagram => ethernet(ipv4(OUTER, nvgre(45, 1, ethernet(datagram)))),
  ...([1, 2, 3] as const).map(
    type => (datagram: Datagram) => ethernet(ipv4(OUTER, erspan(type, 46, ethernet(datagram)))),
  ),
  datagram => ethernet(ipv4(OUTER, ipInIp(datagram))),
];

/** Each kind of IP packet, and a conversation with a stream. */
function datagrams(): Datagram[] {
  const four = { src: '10.1.2.3', dst: '200.100.50.25' };
  const six = { src: '2001:db8::1', dst: 'fe80::2' };
  const segment = tcp({ srcPort: 1000, dstPort: 80, flags: 0x18, options: timestamps(1, 2) }, 'hello');
  const extensions = [HOP_BY_HOP, ROUTING, DESTINATION].map(type => ({ type, body: Buffer.alloc(6) }));
  const long = udp(53, 54, Buffer.alloc(300));
  return [
    ipv4({ ...four, options: Buffer.alloc(8, 1) }, segment),
    ipv6(six, segment),
    ipv6({ ...six, extensions }, segment),
    ipv4(four, udp(53, 5353, 'query')),
    ipv4(four, icmp(8, 0, Buffer.alloc(12))),
    ipv6(six, icmp6(135, 0, Buffer.alloc(20))),
    ...ipv4Fragments(four, long, 160),
    ...ipv6Fragments(six, long, 160),
  ];
}

function builtSamples(): Sample[] {
  const tsUs = 1e15;
  const all = [...links, ...tunnels.map((tunnel): Link => [LINKTYPE_ETHERNET, tunnel])];
  const plain = all.flatMap(([linkType, link]) =>
    datagrams().map(datagram => ({ linkType, tsUs, bytes: link(datagram) })),
  );
  const typed = datagrams().map(({ bytes, etherType }) => ({
    linkType: etherType === 0x0800 ? LINKTYPE_IPV4 : LINKTYPE_IPV6,
    tsUs,
    bytes,
  }));
  const talks = all.flatMap(([linkType, link], n) => {
    const talk = new Conversation({ link: datagram => Buffer.from(link(datagram)), clientPort: 2000 + n }).handshake();
    talk.send('client', 'GET').lose('server', 'ab').send('server', 'cde').retransmit('server', 2).close();
    return talk.frames.map(({ bytes }: Frame) => ({ linkType, tsUs, bytes }));
  });
  return [...plain, ...typed, ...talks];
}

/** Bluetooth. */
const unread: Sample = { linkType: 201, tsUs: 1e15, bytes: Buffer.alloc(60) };

/** Takes packets to a flow table; keeps what went wrong, because a million `expect` would take minutes. */
class Reader {
  readonly faults: string[] = [];
  readonly statuses = new Float64Array(STATUS_NAMES.length);
  streamBytes = 0;
  readonly #packet = new Packet();
  readonly flows = createFlowTable({ maxFlows: 4096, intervalUs: 1e6, onRecord: () => {} });

  constructor() {
    const count = (length: number): void => {
      this.streamBytes += length;
    };
    this.flows.listen({
      onBegin() {},
      onEnd() {},
      onTick() {},
      onGap() {},
      onStream: (_slot, _direction, bytes) => count(bytes.length),
      onDatagram: (_slot, _direction, bytes) => count(bytes.length),
    });
  }

  take(bytes: Uint8Array, at: number, captured: number, wire: number, tsUs: number, linkType: number): void {
    const packet = this.#packet;
    const status = dissect(packet, bytes, at, captured, wire, tsUs, 0, linkType, -1);
    if (STATUS_NAMES[status] === undefined) this.faults.push(`status ${status}`);
    this.statuses[status]!++;
    if (status !== DISSECTED) return;
    const { payloadAt, payloadBytes, payloadCaptured } = packet;
    const isInside = payloadCaptured === 0 || (payloadAt >= at && payloadAt + payloadCaptured <= at + captured);
    // ERSPAN cuts the frames that it mirrors: the payload may have been longer than the frame outside.
    const isWhole = payloadCaptured >= 0 && payloadCaptured <= payloadBytes && payloadBytes <= MAX_IP_BYTES;
    if (!isInside || !isWhole) this.faults.push(`${Buffer.from(bytes.subarray(at, at + captured)).toString('hex')}`);
    this.flows.packet(packet);
  }
}

/** In a buffer of its own, with bytes around that belong to others. */
const margined = (bytes: Uint8Array): Buffer =>
  join(Buffer.alloc(MARGIN_BYTES, 0x55), bytes, Buffer.alloc(MARGIN_BYTES, 0xaa));

describe.each([
  ['the fixtures', fixtureSamples],
  ['the builder, on every link', builtSamples],
])('frames of %s', (_, makeSamples) => {
  test('every prefix is read, or called by a reason, and none is read beyond its end', async () => {
    const reader = new Reader();
    for (const { bytes, linkType, tsUs } of await makeSamples()) {
      const ring = margined(bytes);
      for (let end = 0; end <= bytes.length; end++) {
        // As a snap length leaves it, and as the whole of a shorter frame.
        reader.take(ring, MARGIN_BYTES, end, bytes.length, tsUs, linkType);
        reader.take(ring, MARGIN_BYTES, end, end, tsUs, linkType);
      }
    }
    reader.flows.finish();
    expect(reader.faults).toEqual([]);
    expect(reader.streamBytes).toBeGreaterThan(0);
    expect(reader.statuses[STATUS_NAMES.indexOf('truncated')]).toBeGreaterThan(100);
  });
});

describe('a million changed packets', () => {
  let reader: Reader;
  let growth: Memory;

  beforeAll(async () => {
    const random = seededRandom(20);
    const pick = (limit: number): number => floor(random() * limit);
    const samples = [...(await fixtureSamples()), ...builtSamples(), unread];
    const ring = Buffer.alloc(2 * MARGIN_BYTES + Math.max(...samples.map(({ bytes }) => bytes.length)));
    reader = new Reader();
    let warm = memoryNow();
    for (let n = 0; n < MILLION; n++) {
      if (n === MILLION / 4) warm = memoryNow();
      const { bytes, linkType } = samples[pick(samples.length)] as Sample;
      ring.set(bytes, MARGIN_BYTES);
      // Most of what is read lies in the first hundred bytes.
      for (let change = pick(5); change >= 0; change--) {
        ring[MARGIN_BYTES + pick(random() < 0.8 ? min(100, bytes.length) : bytes.length)] = pick(256);
      }
      const captured = random() < 0.8 ? bytes.length : pick(bytes.length + 1);
      reader.take(ring, MARGIN_BYTES, captured, Math.max(captured, bytes.length), 1e15 + n * 20 + pick(5000), linkType);
    }
    growth = growthSince(warm);
    reader.flows.finish();
  });

  test('nothing throws, and nothing is read beyond its end', () => {
    expect(reader.faults).toEqual([]);
    expect(reader.statuses.reduce((sum, count) => sum + count)).toBe(MILLION);
  });

  test('each of them has a status, and every status occurs', () => {
    const seen = STATUS_NAMES.filter((_, status) => (reader.statuses[status] as number) > 0);
    expect(seen).toEqual(STATUS_NAMES);
  });

  test('the table keeps its limit, and counts what it had to give up', () => {
    const { created, expired, evicted, reused, finished, flows } = reader.flows.stats();
    expect(evicted).toBeGreaterThan(MILLION / 100);
    expect(expired + evicted + reused + finished).toBe(created);
    expect(flows).toBe(0);
  });

  test('memory stays as it was after the first quarter', () => {
    expect(growth.keptBytes).toBeLessThan(MAX_KEPT_GROWTH);
    expect(growth.residentBytes).toBeLessThan(MAX_RESIDENT_GROWTH);
  });
});
