import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openPcapFile } from '@nanogelf/probe';
import { type Host, type HostPair, makeHostPair, pause } from '../src/hosts/index.ts';
import type { Frame } from '../src/packets/index.ts';
import { tsharkFields } from '../src/packets/tshark.ts';
import { type NetworkFields, replay } from './flow-kit.ts';

/** Each single sample of our delays beside tshark's word on the same frame, on real stacks over veth, with and without
 *  loss. The definitions differ where an ACK covers several segments or a repeated one:
 *  - ours runs from the first segment that waits for an ACK, tshark's (tcp.analysis.ack_rtt) from the last one covered;
 *  - ours leaves an ACK of a repeated segment out (Karn), tshark counts it from the latest copy. */
const SERVER = `
const { createServer } = require('net');
createServer(socket => {
  socket.on('error', () => {});
  socket.setNoDelay(true).on('data', bytes => {
    for (const line of bytes.toString().split('\\n').slice(0, -1)) {
      const [waitMs, length] = line.split(' ').map(Number);
      setTimeout(() => socket.write(Buffer.alloc(length, 'x')), waitMs);
    }
  }).on('end', () => socket.end());
}).listen(80, () => console.log('up'));`;

/** Asks for answers of several lengths after several times; some later than a delayed ACK (40 ms). */
const CLIENT = `
const { connect } = require('net');
const asks = [[0, 10], [60, 100], [5, 3000], [0, 100000], [90, 1], [1, 50000], [0, 400], [45, 20000], [0, 300000]];
let left = 0;
const socket = connect(80, process.argv[1]).setNoDelay(true);
const next = () => {
  const ask = asks.shift();
  if (ask === undefined) return socket.end();
  left = ask[1];
  socket.write(ask.join(' ') + '\\n');
};
socket.on('connect', next).on('data', bytes => { left -= bytes.length; if (left === 0) next(); });`;

const TOLERANCE_US = 50;
const TOLERANCE_SHARE = 0.02;
const CONNECTIONS = 6;
const FIELDS = ['frame.time_epoch', 'ip.src', 'tcp.srcport', 'tcp.dstport', 'tcp.seq', 'tcp.ack', 'tcp.len'];
const DELAYS = ['tcp.analysis.ack_rtt', 'tcp.analysis.initial_rtt'];

/** A frame as tshark reads it. */
interface Row {
  readonly tsUs: number;
  /** The client's port. */
  readonly talk: number;
  readonly isClient: boolean;
  readonly seq: number;
  readonly end: number;
  readonly ack: number;
  readonly ackRttUs: number | undefined;
  readonly handUs: number | undefined;
}

/** A sample of ours, at the frame whose ACK gave it. */
interface Sample {
  readonly row: Row;
  readonly us: number;
  /** Segments of the other side that this ACK is the first to cover, and those among them that were sent again. */
  readonly covered: readonly Row[];
  readonly repeated: readonly Row[];
}

interface Judged {
  readonly samples: readonly Sample[];
  /** Loaded segments that began behind what their side had sent. */
  readonly repeats: number;
  /** One for each connection, µs: ours and tshark's. */
  readonly handshakes: readonly (readonly [ours: number, tshark: number])[];
}

async function capture(rules: (hosts: HostPair) => [Host, string][]): Promise<Judged> {
  const hosts = makeHostPair();
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-'));
  try {
    const file = join(folder, 'traffic.pcap');
    await hosts.b.start('node', ['-e', SERVER]).line(/up/);
    const options = ['--immediate-mode', '-U', '-B', '16384', '-w', file, 'tcp'];
    const dump = hosts.a.start('tcpdump', ['-i', hosts.a.device, ...options]);
    while (!dump.stderr.some(line => line.includes('listening'))) await pause(20);
    for (const host of [hosts.a, hosts.b]) {
      await host.run('nft', ['add table ip loss; add chain ip loss in { type filter hook input priority 0; }']);
    }
    for (const [host, rule] of rules(hosts)) await host.run('nft', [`add rule ip loss in ${rule} drop`]);
    await Promise.all(Array.from({ length: CONNECTIONS }, () => hosts.a.run('node', ['-e', CLIENT, hosts.b.address])));
    await pause(300);
    dump.child.kill('SIGINT');
    await dump.exit();
    return judge(file, hosts.a.address);
  } finally {
    hosts.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(file: string, client: string): Judged {
  const rows = tsharkFields(readFileSync(file), [...FIELDS, ...DELAYS]).map(columns => rowOf(columns, client));
  // An interval of 1 µs: a record for each frame.
  const { records } = replay(framesOf(file), { intervalUs: 1 });
  const talks = [...new Set(rows.map(({ talk }) => talk))];
  return {
    repeats: rows.filter((row, n) => isRepeat(row, rows.slice(0, n))).length,
    samples: talks.flatMap(talk =>
      samplesOf(
        rows.filter(row => row.talk === talk),
        records,
      ),
    ),
    handshakes: talks.map(talk => {
      const record = records.find(({ SRC_PORT, HAND_DELAY }) => SRC_PORT === talk && HAND_DELAY !== undefined);
      const row = rows.find(({ talk: of, handUs }) => of === talk && handUs !== undefined);
      return [Number(record?.HAND_DELAY) * 1000, Number(row?.handUs)];
    }),
  };
}

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

function rowOf(columns: readonly string[], client: string): Row {
  const [time = '', src, srcPort, dstPort, seq, ack, length, ackRtt, hand] = columns;
  const us = (seconds: string | undefined): number | undefined =>
    seconds ? Math.round(Number(seconds) * 1e6) : undefined;
  const isClient = src === client;
  const [whole, fraction = ''] = time.split('.');
  return {
    tsUs: Number(whole) * 1e6 + Number(fraction.slice(0, 6)),
    talk: Number(isClient ? srcPort : dstPort),
    isClient,
    seq: Number(seq),
    end: Number(seq) + Number(length),
    ack: Number(ack || 0),
    ackRttUs: us(ackRtt),
    handUs: us(hand),
  };
}

/** @returns µs since the epoch */
const timeUs = (iso: unknown): number =>
  Date.parse(`${String(iso).slice(0, 19)}Z`) * 1000 + Number(String(iso).slice(20, 26));

const isRepeat = ({ talk, isClient, seq, end }: Row, earlier: readonly Row[]): boolean =>
  end > seq && earlier.some(before => before.talk === talk && before.isClient === isClient && before.end > seq);

/** Our samples of one conversation. Frames of the same µs share a record: those are left out. */
function samplesOf(rows: readonly Row[], records: readonly NetworkFields[]): Sample[] {
  const own = records.filter(({ SRC_PORT, PKTS }) => SRC_PORT === rows[0]?.talk && PKTS === 1);
  const byTime = new Map(own.map(record => [timeUs(record.END_TIME), record]));
  return rows.flatMap((row, n) => {
    const record = byTime.get(row.tsUs);
    const delayMs = row.isClient ? record?.SRC_NET_DELAY : record?.DST_NET_DELAY;
    if (delayMs === undefined) return [];
    const earlier = rows.slice(0, n);
    const before = Math.max(0, ...earlier.filter(({ isClient }) => isClient === row.isClient).map(({ ack }) => ack));
    const sent = earlier.filter(({ isClient, seq, end }) => isClient !== row.isClient && end > seq);
    const covered = sent.filter(({ end }) => end > before && end <= row.ack);
    const repeated = covered.filter(one =>
      sent.some(again => again !== one && again.seq < one.end && again.end > one.seq),
    );
    return [{ row, us: Number(delayMs) * 1000, covered, repeated }];
  });
}

const isNear = (us: number, otherUs: number): boolean =>
  Math.abs(us - otherUs) <= Math.max(TOLERANCE_US, TOLERANCE_SHARE * otherUs);

/** What of `samples` does not agree: nothing, if all is well. */
const strangers = (samples: readonly Sample[], agrees: (sample: Sample) => boolean): object[] =>
  samples.filter(sample => !agrees(sample));

const LOSS: (hosts: HostPair) => [Host, string][] = ({ a, b }) => [
  [a, 'tcp flags & syn == 0 numgen random mod 15 == 0'],
  [b, 'tcp flags & syn == 0 numgen random mod 15 == 0'],
  [b, 'tcp flags & (syn | ack) == syn numgen inc mod 3 == 0'],
  [a, 'tcp flags & (syn | ack) == (syn | ack) numgen inc mod 3 == 1'],
];

describe.each<[string, (hosts: HostPair) => [Host, string][]]>([
  ['without loss', () => []],
  ['with loss, also of SYN and SYN+ACK', LOSS],
])('%s', (name, rules) => {
  let judged: Judged;

  beforeAll(async () => {
    judged = await capture(rules);
  });

  test('an ACK of one segment, sent once, comes after as long as tshark says', () => {
    const plain = judged.samples.filter(
      ({ covered, repeated, row }) => covered.length === 1 && repeated.length === 0 && covered[0]?.end === row.ack,
    );
    expect(plain.length).toBeGreaterThan(CONNECTIONS * 5);
    expect(strangers(plain, ({ us, row }) => isNear(us, Number(row.ackRttUs)))).toEqual([]);
  });

  test('an ACK of several segments counts from the one that waited for it, tshark from the last', () => {
    const several = judged.samples.filter(({ covered, repeated }) => covered.length > 1 && repeated.length === 0);
    const begins = ({ us, row, covered }: Sample): boolean =>
      covered.some(({ tsUs }) => row.tsUs - tsUs === Math.round(us));
    expect(several.length).toBeGreaterThan(0);
    expect(strangers(several, begins)).toEqual([]);
    const isLonger = ({ us, row }: Sample): boolean => row.ackRttUs === undefined || us + TOLERANCE_US >= row.ackRttUs;
    expect(strangers(several, isLonger)).toEqual([]);
  });

  test('a segment that was sent again gives no sample', () => {
    const isOnce = ({ us, row, covered, repeated }: Sample): boolean => {
      const first = covered.filter(({ tsUs }) => row.tsUs - tsUs === Math.round(us));
      return first.some(one => !repeated.includes(one));
    };
    expect(strangers(judged.samples, isOnce)).toEqual([]);
    expect(judged.repeats > 0).toBe(name !== 'without loss');
  });

  test('handshakes take as long as tshark says', () => {
    expect(judged.handshakes).toHaveLength(CONNECTIONS);
    for (const [ours, tshark] of judged.handshakes)
      expect([ours, tshark, isNear(ours, tshark)]).toEqual([ours, tshark, true]);
  });
});
