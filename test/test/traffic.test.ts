import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { trafficOf } from '../src/bench/generator.ts';
import { type Mix, manyFlows, mixed, web } from '../src/bench/mixes.ts';
import { median } from '../src/bench/runner.ts';
import { type Frame, pcapFile } from '../src/packets/index.ts';
import { tsharkFields } from '../src/packets/tshark.ts';

const PACKETS = 20_000;
const framesOf = (mix: Mix): Frame[] => [...trafficOf(mix)];
const digest = (frames: Frame[]): string => createHash('sha256').update(pcapFile(frames)).digest('hex');

test('the same mix gives the same packets, another seed gives others', () => {
  const frames = framesOf(mixed(2000));
  expect(digest(framesOf(mixed(2000)))).toBe(digest(frames));
  expect(digest(framesOf({ ...mixed(2000), seed: 1 }))).not.toBe(digest(frames));
});

test('the mix has as many packets as asked for, in order of time, about 500 bytes each', () => {
  const frames = framesOf(mixed(PACKETS));
  expect(frames).toHaveLength(PACKETS);
  expect(frames.every((frame, index) => index === 0 || frame.tsUs >= (frames[index - 1]?.tsUs ?? 0))).toBe(true);
  const meanBytes = frames.reduce((sum, { bytes }) => sum + bytes.length, 0) / PACKETS;
  expect(meanBytes).toBeGreaterThan(400);
  expect(meanBytes).toBeLessThan(600);
});

test('tshark finds HTTP, DNS, retransmissions and right checksums in the mix', () => {
  const fields = ['http', 'dns', 'tcp.checksum.status', 'udp.checksum.status', 'tcp.analysis.retransmission'];
  const rows = tsharkFields(pcapFile(framesOf(mixed(PACKETS))), fields);
  const seen = (column: number) => rows.filter(row => (row[column] ?? '') !== '').length;
  expect(seen(0)).toBeGreaterThan(500);
  expect(seen(1)).toBeGreaterThan(500);
  expect(seen(4)).toBeGreaterThan(0);
  expect(new Set(rows.flatMap(row => [row[2], row[3]]))).toEqual(new Set(['', '1']));
});

test('the web mix asks and answers nothing but HTTP', () => {
  const ports = tsharkFields(pcapFile(framesOf(web(2000))), ['tcp.port']).map(([pair]) =>
    pair?.split(',').includes('80'),
  );
  expect(ports.every(Boolean)).toBe(true);
});

test('a mix of many flows keeps to its number of flows, each one going both ways', () => {
  const rows = tsharkFields(pcapFile(framesOf(manyFlows(100, 400))), ['udp.stream', 'udp.srcport']);
  expect(new Set(rows.map(([stream]) => stream)).size).toBe(100);
  expect(rows.filter(([, port]) => port === '9999')).toHaveLength(200);
});

test('the median is the middle, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});
