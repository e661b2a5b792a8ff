import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openPcapFile } from '@nanogelf/probe';
import { type HostPair, makeHostPair, pause } from '../src/hosts/index.ts';
import type { Frame } from '../src/packets/index.ts';
import { tsharkFields } from '../src/packets/tshark.ts';
import { type NetworkFields, replay } from './flow-kit.ts';

/** Real stacks over a veth link that loses one packet in twelve each way, judged by tshark. */
let hosts: HostPair;
let folder: string;
let records: NetworkFields[];
let streams: Map<string, Judged>;

interface Judged {
  readonly counts: Map<string, number>;
  handUs: number;
}

const SERVER = `
const { createServer } = require('http');
createServer((request, response) => {
  request.resume().on('end', () => response.end(Buffer.alloc(Number(request.url.slice(1)), 'x')));
}).listen(80, () => console.log('up'));`;

const FIELDS = [
  'ip.src',
  'tcp.srcport',
  'tcp.dstport',
  'frame.len',
  'tcp.flags',
  'tcp.analysis.zero_window',
  'tcp.analysis.out_of_order',
  'tcp.analysis.retransmission',
  'tcp.analysis.initial_rtt',
];

beforeAll(async () => {
  hosts = makeHostPair();
  folder = mkdtempSync(join(tmpdir(), 'nanogelf-'));
  const file = join(folder, 'traffic.pcap');
  const server = hosts.b.start('node', ['-e', SERVER]);
  await server.line(/up/);
  const dump = hosts.a.start('tcpdump', [
    '-i',
    hosts.a.device,
    '--immediate-mode',
    '-U',
    '-w',
    file,
    '-B',
    '16384',
    'tcp',
  ]);
  while (!dump.stderr.some(line => line.includes('listening'))) await pause(20);
  for (const host of [hosts.a, hosts.b]) {
    await host.run('nft', ['add table ip loss; add chain ip loss in { type filter hook input priority 0; }']);
    await host.run('nft', ['add rule ip loss in tcp flags & syn == 0 numgen random mod 12 == 0 drop']);
  }
  const get = (path: string, ...more: string[]): Promise<string> =>
    hosts.a.run('curl', [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{size_download}',
      ...more,
      `http://${hosts.b.address}/${path}`,
    ]);
  expect(await Promise.all(['10', '100000', '400000', '3000000'].map(path => get(path)))).toEqual([
    '10',
    '100000',
    '400000',
    '3000000',
  ]);
  await get('10', '--data-binary', 'y'.repeat(50_000));
  await hosts.a.run('curl', ['-s', '--max-time', '1', `http://${hosts.b.address}:81/`]).catch(() => {});
  await pause(500);
  dump.child.kill('SIGINT');
  await dump.exit();
  const bytes = readFileSync(file);
  records = replay(framesOf(file)).records;
  streams = judge(tsharkFields(bytes, FIELDS));
});

afterAll(() => {
  hosts?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function framesOf(file: string): Frame[] {
  const source = openPcapFile({ file });
  const frames: Frame[] = [];
  while (!source.ended) {
    source.drain((bytes, at, captured, _wire, tsUs) => {
      frames.push({ tsUs, bytes: Buffer.from(bytes.subarray(at, at + captured)) });
    });
  }
  source.close();
  return frames;
}

/** Sums tshark's words on each frame up by conversation and direction, under our names. */
function judge(rows: readonly string[][]): Map<string, Judged> {
  const judged = new Map<string, Judged>();
  for (const [src, srcPort, dstPort, length, flagText, zero, ooo, retrans, handshake] of rows as string[][]) {
    const isClient = src === hosts.a.address;
    const name = isClient ? `${srcPort} ${dstPort}` : `${dstPort} ${srcPort}`;
    const stream = judged.get(name) ?? { counts: new Map(), handUs: 0 };
    judged.set(name, stream);
    const add = (field: string, value: number): void => {
      const key = `${isClient ? 'SRC' : 'DST'}_${field}`;
      stream.counts.set(key, (stream.counts.get(key) ?? 0) + value);
    };
    const flags = Number(flagText);
    add('PKTS', 1);
    add('BYTES', Number(length));
    add('SYN_PKTS', (flags & 0x12) === 0x02 ? 1 : 0);
    add('SYN_ACK_PKTS', (flags & 0x12) === 0x12 ? 1 : 0);
    add('FIN_PKTS', flags & 1);
    add('RST_PKTS', flags & 4 ? 1 : 0);
    add('ZEROWIN_PKTS', zero ? 1 : 0);
    add('OOO_PKTS', ooo ? 1 : 0);
    add('RETRANS_PKTS', retrans ? 1 : 0);
    if (handshake) stream.handUs = Math.round(Number(handshake) * 1e6);
  }
  return judged;
}

const pairs = (): [NetworkFields, Judged][] =>
  records.map(record => [record, streams.get(`${record.SRC_PORT} ${record.DST_PORT}`) as Judged]);

test("there is a record for each of tshark's streams, some with loss", () => {
  expect(records).toHaveLength(streams.size);
  expect(records.length).toBe(6);
  expect(records.some(record => Number(record.RETRANS_PKTS) > 0)).toBe(true);
});

const COUNTED = ['PKTS', 'BYTES', 'SYN_PKTS', 'SYN_ACK_PKTS', 'FIN_PKTS', 'RST_PKTS', 'ZEROWIN_PKTS'];

test.each(COUNTED.flatMap(field => [`SRC_${field}`, `DST_${field}`]))('%s are what tshark counts', field => {
  for (const [record, { counts }] of pairs())
    expect([record.STATE, record[field]]).toEqual([record.STATE, counts.get(field)]);
});

test('repeated and late segments are the ones that tshark names so; a repeated one stays one however soon it comes', () => {
  // tshark calls a segment that comes within a round trip of the newest out of order, even when it was seen before.
  for (const [record, { counts }] of pairs()) {
    for (const side of ['SRC', 'DST']) {
      const retrans = Number(record[`${side}_RETRANS_PKTS`]);
      const tsharkRetrans = counts.get(`${side}_RETRANS_PKTS`) as number;
      const both = tsharkRetrans + (counts.get(`${side}_OOO_PKTS`) as number);
      expect(retrans + Number(record[`${side}_OOO_PKTS`])).toBe(both);
      expect(retrans).toBeGreaterThanOrEqual(tsharkRetrans);
    }
  }
});

test('the handshake takes as long as tshark says', () => {
  const accepted = pairs().filter(([record]) => record.STATE !== 'REJ');
  for (const [record, { handUs }] of accepted) expect(Math.round(Number(record.HAND_DELAY) * 1000)).toBe(handUs);
});

test('a refused connection is REJ, the others ended as they should', () => {
  expect(records.map(record => record.STATE).sort()).toEqual(['REJ', 'SF', 'SF', 'SF', 'SF', 'SF']);
});
