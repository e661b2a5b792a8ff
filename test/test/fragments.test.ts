import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type FlowListener, openSource } from '@nanogelf/probe';
import { makeHostPair, pause } from '../src/hosts/index.ts';
import * as p from '../src/packets/index.ts';
import { tsharkFields } from '../src/packets/tshark.ts';
import { seededRandom } from '../src/random.ts';
import { type Replay, type ReplayOptions, replay } from './flow-kit.ts';

const V4 = { src: '192.0.2.1', dst: '192.0.2.2' };
const V6 = { src: '2001:db8::1', dst: '2001:db8::2' };
const OUTER = { src: '10.9.0.1', dst: '10.9.0.2' };
const TEXT = Array.from({ length: 700 }, (_, n) => `${n} `).join('');

type Pieces = (transport: p.Transport, id?: number) => p.Datagram[];
const pieces4: Pieces = (transport, id = 1) => p.ipv4Fragments({ ...V4, id }, transport, 1480);
const pieces6: Pieces = (transport, id = 1) =>
  p.ipv6Fragments({ ...V6, extensions: [{ type: p.HOP_BY_HOP }] }, transport, 1400, id);
const framesOf = (datagrams: readonly p.Datagram[], link = (datagram: p.Datagram) => p.ethernet(datagram)): p.Frame[] =>
  datagrams.map((datagram, index) => ({ tsUs: 1e15 + index, bytes: link(datagram) }));
const wireBytes = (frames: readonly p.Frame[]): number => frames.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** What the conversations' datagrams say. */
function read(frames: readonly p.Frame[], options: ReplayOptions = {}): Replay & { texts: string[] } {
  const texts: string[] = [];
  const listener: FlowListener = {
    onBegin() {},
    onStream: (_slot, _direction, bytes) => texts.push(Buffer.from(bytes).toString()),
    onGap() {},
    onDatagram: (_slot, _direction, bytes) => texts.push(Buffer.from(bytes).toString()),
    onEnd() {},
    onTick() {},
  };
  return { ...replay(frames, { ...options, listener: () => listener }), texts };
}

test.each<[string, Pieces, typeof V4]>([
  ['IPv4', pieces4, V4],
  ['IPv6', pieces6, V6],
])('%s: pieces in any order are one packet with the wire bytes of all', (_, pieces, { src, dst }) => {
  const inOrder = framesOf(pieces(p.udp(1000, 53, TEXT)));
  for (const order of [
    [0, 1],
    [1, 0],
  ].map(two => (two[0] === 0 ? inOrder : inOrder.toReversed()))) {
    const { records, texts, statuses, fragments } = read(order);
    expect(records).toMatchObject([
      { SRC_IP: src, DST_IP: dst, SRC_PORT: 1000, PKTS: 1, BYTES: wireBytes(inOrder), SRC_MAC: '02:00:00:00:00:01' },
    ]);
    expect(texts).toEqual([TEXT]);
    expect([statuses[0], statuses[4]]).toEqual([1, inOrder.length - 1]);
    expect(fragments).toMatchObject({ reassembled: 1, open: 0, expired: 0 });
  }
});

test('tshark puts the same pieces together to the same length', () => {
  for (const pieces of [pieces4, pieces6]) {
    const frames = framesOf(pieces(p.udp(1000, 7, TEXT)));
    const options = ['-o', 'ip.defragment:TRUE', '-o', 'ipv6.defragment:TRUE'];
    const rows = tsharkFields(p.pcapFile(frames), ['udp.srcport', 'udp.length'], options);
    expect(rows.at(-1)).toEqual(['1000', String(TEXT.length + 8)]);
  }
});

test('a TCP segment in pieces is part of its stream', () => {
  for (const pieces of [pieces4, pieces6]) {
    const frames = framesOf(pieces(p.tcp({ srcPort: 1, dstPort: 2, seq: 1, flags: 0x18 }, TEXT)));
    const { records, texts } = read(frames);
    expect(texts).toEqual([TEXT]);
    expect(records).toMatchObject([{ L4_PROTOCOL: 'TCP', SRC_PKTS: 1, SRC_BYTES: wireBytes(frames) }]);
  }
});

test('pieces of two datagrams do not mix, by identification, protocol, or tunnel', () => {
  const vxlan = (vni: number) => (datagram: p.Datagram) =>
    p.ethernet(p.ipv4(OUTER, p.udp(9, 4789, p.vxlan(vni, p.ethernet(datagram)))));
  const sent = [
    framesOf(pieces4(p.udp(1, 2, `one ${TEXT}`), 5)),
    framesOf(pieces4(p.udp(1, 2, `two ${TEXT}`), 6)),
    framesOf(pieces4(p.tcp({ srcPort: 1, dstPort: 2 }, `tcp ${TEXT}`), 5)),
    framesOf(pieces4(p.udp(1, 2, `in1 ${TEXT}`), 5), vxlan(1)),
    framesOf(pieces4(p.udp(1, 2, `in2 ${TEXT}`), 5), vxlan(2)),
  ];
  const mixed = [0, 1].flatMap(piece => sent.map(frames => frames[piece] as p.Frame));
  const { texts, records } = read(mixed);
  expect(texts.map(text => text.slice(0, 4)).toSorted()).toEqual(['in1 ', 'in2 ', 'one ', 'tcp ', 'two ']);
  expect(texts.every(text => text.endsWith(TEXT))).toBe(true);
  expect(records.map(({ TUNNEL }) => TUNNEL)).toEqual([undefined, undefined, 'VXLAN:1', 'VXLAN:2']);
});

test('a tunnel whose packets came in pieces is opened, and so are pieces inside it', () => {
  const inner = pieces6(p.udp(1, 2, TEXT)).map(datagram => p.ethernet(datagram));
  const frames = inner.flatMap((frame, id) =>
    framesOf(p.ipv4Fragments({ ...OUTER, id }, p.udp(9, 4789, p.vxlan(42, frame)), 1000)),
  );
  const { records, texts, fragments } = read(frames);
  expect(texts).toEqual([TEXT]);
  expect(records).toMatchObject([
    { TUNNEL: 'VXLAN:42', PKTS: 1, BYTES: inner.reduce((sum, { length }) => sum + length, 0) },
  ]);
  expect(fragments.reassembled).toBe(inner.length + 1);
});

test('a datagram whose piece is lost is given up when its time is over', () => {
  const lost = framesOf(pieces4(p.udp(1, 2, TEXT), 1)).slice(0, 1);
  const later = framesOf(pieces4(p.udp(1, 2, TEXT), 2)).map(frame => ({ ...frame, tsUs: frame.tsUs + 5_000_001 }));
  const { records, fragments } = read([...lost, ...later]);
  expect(records).toMatchObject([{ PKTS: 1, BYTES: wireBytes(later) }]);
  expect(fragments).toMatchObject({ reassembled: 1, expired: 1, open: 0 });
});

test('the oldest of more open datagrams than there is room for are given up', () => {
  const datagrams = Array.from({ length: 70 }, (_, id) => pieces4(p.udp(1, 2, `${id} ${TEXT}`), id));
  const firsts = framesOf(datagrams.map(([first]) => first as p.Datagram));
  const seconds = framesOf(datagrams.toReversed().map(([, second]) => second as p.Datagram)).slice(0, 64);
  const { texts, fragments } = read([...firsts, ...seconds]);
  expect(texts.map(text => Number.parseInt(text, 10))).toEqual(Array.from({ length: 64 }, (_, n) => 69 - n));
  expect(fragments).toMatchObject({ reassembled: 64, evicted: 6, open: 0 });
});

test('a piece that came twice counts once', () => {
  const [first, last] = framesOf(pieces4(p.udp(1, 2, TEXT))) as [p.Frame, p.Frame];
  const { records, fragments } = read([first, first, last]);
  expect(records).toMatchObject([{ PKTS: 1, BYTES: wireBytes([first, last]) }]);
  expect(fragments.duplicates).toBe(1);
});

/** A piece of IPv4: units of 8 bytes, and whether others follow. */
function piece(from: number, until: number, more: boolean): p.Frame {
  const bytes = p.ethernet(p.ipv4(V4, { protocol: 17, bytes: Buffer.alloc((until - from) * 8, from), checksumAt: -1 }));
  bytes.writeUInt16BE(from | (more ? 0x2000 : 0), 20);
  return { tsUs: 1e15, bytes };
}

test.each<[string, p.Frame[]]>([
  ['overlap', [piece(0, 10, true), piece(9, 20, false)]],
  ['lie inside another', [piece(0, 10, true), piece(2, 4, true)]],
  ['lie behind the last', [piece(4, 6, false), piece(6, 10, true)]],
  ['lay behind what is called the last', [piece(6, 10, true), piece(2, 6, false)]],
  ['are called the last twice', [piece(4, 6, false), piece(2, 4, false)]],
])('pieces that %s end their datagram', (_, frames) => {
  const { records, fragments } = read(frames);
  expect([records, fragments.overlapping, fragments.open]).toEqual([[], 1, 0]);
});

test('a datagram of more pieces than any link makes is given up', () => {
  const { fragments } = read(Array.from({ length: 129 }, (_, n) => piece(n, n + 1, true)));
  expect(fragments).toMatchObject({ overfull: 1, open: 0 });
});

test.each<[string, p.Frame]>([
  ['is empty', piece(4, 4, true)],
  ['ends where no datagram does', piece(0x1fff, 0x1fff + 2, false)],
  ['is no multiple of 8 though others follow', oddPiece()],
])('a piece that %s is a bad header', (_, frame) => {
  const { statuses, fragments } = read([frame]);
  expect([statuses[3], fragments.open]).toEqual([1, 0]);
});

function oddPiece(): p.Frame {
  const bytes = p.ethernet(p.ipv4(V4, { protocol: 17, bytes: Buffer.alloc(13), checksumAt: -1 }));
  bytes.writeUInt16BE(0x2000, 20);
  return { tsUs: 1e15, bytes };
}

test('of pieces that the snap length cut, the payload up to the cut is there', () => {
  const frames = framesOf(pieces4(p.udp(1, 2, TEXT)));
  const { texts, records } = read(frames, { snapBytes: 100 });
  expect(texts).toEqual([TEXT.slice(0, 100 - 14 - 20 - 8)]);
  expect(records).toMatchObject([{ BYTES: wireBytes(frames) }]);
});

test('pieces in every order, with doubles and strangers between, make the datagram they were', () => {
  const random = seededRandom(11);
  for (let round = 0; round < 300; round++) {
    const text = TEXT.slice(0, 100 + Math.floor(random() * 2000));
    const pieceBytes = 8 * (1 + Math.floor(random() * 40));
    const own = framesOf(p.ipv4Fragments({ ...V4, id: 1 }, p.udp(1, 2, text), Math.max(pieceBytes, 24)));
    const doubled = [...own, ...own.slice(1, 3)];
    const strangers = framesOf(pieces4(p.udp(3, 4, TEXT), 2)).slice(1);
    const shuffled = [...doubled, ...strangers]
      .map(frame => ({ frame, rank: random() }))
      .sort((one, two) => one.rank - two.rank);
    expect(read(shuffled.map(({ frame }) => frame)).texts).toEqual([text]);
  }
});

test('changed and cut pieces never throw, nor lead beyond what was captured', () => {
  const random = seededRandom(12);
  const originals = [...framesOf(pieces4(p.udp(1, 2, TEXT))), ...framesOf(pieces6(p.udp(1, 2, TEXT)))];
  const frames = Array.from({ length: 20_000 }, (_, n) => {
    const bytes = Buffer.from(originals[n % originals.length]!.bytes);
    for (let change = 0; change < 2; change++) bytes[Math.floor(random() * 70)] = Math.floor(random() * 256);
    return { tsUs: 1e15 + n, bytes: bytes.subarray(0, Math.ceil(random() * 2 * bytes.length)) };
  });
  const { texts, fragments } = read(frames);
  expect(fragments.open).toBeLessThanOrEqual(64);
  expect(texts.every(text => text.length <= 65_535)).toBe(true);
});

test('datagrams that a real stack cut are counted as it sent them', async () => {
  const hosts = makeHostPair();
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-'));
  try {
    const file = join(folder, 'pieces.pcap');
    const dump = hosts.b.start('tcpdump', [
      '-i',
      hosts.b.device,
      '--immediate-mode',
      '-B',
      '16384',
      '-U',
      '-w',
      file,
      'host',
      hosts.b.address,
    ]);
    while (!dump.stderr.some(line => line.includes('listening'))) await pause(20);
    const send = `const s = require('dgram').createSocket('udp4'); let left = 20;
      const next = () => (left-- ? s.send(Buffer.alloc(3000 * left + 1, 'x'), 4000, '${hosts.b.address}', soon) : s.close());
      const soon = () => setTimeout(next, 10); next();`;
    await hosts.a.run('node', ['-e', send]);
    await pause(500);
    dump.child.kill('SIGINT');
    await dump.exit();
    const frames = await framesIn(file);
    const { records, texts, fragments } = read(
      frames.filter(({ bytes }) => bytes.readUInt16BE(12) === 0x0800 && bytes[23] === 17),
    );
    expect(texts.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, (_, n) => 3000 * (19 - n) + 1));
    expect(records).toMatchObject([{ DST_PORT: 4000, PKTS: 20 }]);
    expect(fragments).toMatchObject({ reassembled: 19, open: 0 });
  } finally {
    hosts.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function framesIn(file: string): Promise<{ tsUs: number; bytes: Buffer }[]> {
  const source = await openSource({ file });
  const frames: { tsUs: number; bytes: Buffer }[] = [];
  while (!source.ended) {
    source.drain((bytes, at, captured, _wire, tsUs) => {
      frames.push({ tsUs, bytes: Buffer.from(bytes.subarray(at, at + captured)) });
    });
  }
  source.close();
  return frames;
}
