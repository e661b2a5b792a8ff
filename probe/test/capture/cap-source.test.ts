import { afterEach, describe, expect, test } from '@jest/globals';
import { type CapHandle, type CapSource, openCap } from '../../src/capture/cap-source.ts';
import { FrameQueue } from '../../src/capture/frame-queue.ts';
import { collector, type Frame } from './frames.ts';
import { collect, sendOnLoopback, udpPayload } from './network.ts';

let source: CapSource | undefined;
afterEach(() => source?.close());

const PAYLOADS = Array.from({ length: 50 }, (_, n) => `datagram ${n}`);

test('cap gives the datagrams sent on loopback, once each', async () => {
  source = openCap({ device: 'lo', filter: 'udp port 18940', snapBytes: 65535 });
  await sendOnLoopback(18940, PAYLOADS);
  const frames = await collect(source, PAYLOADS.length);
  expect(frames.map(udpPayload)).toEqual(PAYLOADS);
  expect(source.interfaces).toEqual([{ name: 'lo', linkType: 1, addresses: expect.arrayContaining(['127.0.0.1']) }]);
  expect(source.stats()).toEqual({ received: PAYLOADS.length, dropped: 0 });
});

test('the snap length cuts what is captured', async () => {
  source = openCap({ device: 'lo', filter: 'udp port 18941', snapBytes: 50 });
  await sendOnLoopback(18941, ['x'.repeat(500)]);
  const [frame] = await collect(source, 1);
  expect([frame?.bytes.length, frame?.wireBytes]).toEqual([50, 542]);
});

test('close ends a wait that is under way', async () => {
  source = openCap({ device: 'lo', filter: 'udp port 18942', snapBytes: 50 });
  const waiting = source.wait(60_000);
  source.close();
  await waiting;
  expect(source.drain(() => {})).toBe(0);
});

describe('what cannot be opened is one clear line', () => {
  test.each([
    ['a device that does not exist', { device: 'eth99', snapBytes: 1 }, /^no such device: eth99; there are: lo/],
    ['a bad filter', { device: 'lo', filter: 'tcp prt', snapBytes: 1 }, /^filter-bpf "tcp prt": .*syntax/],
  ])('%s', (_what, options, message) => {
    expect(() => openCap(options)).toThrow(message);
  });
});

test.each([
  ['NULL', 0],
  ['RAW', 101],
  ['LINKTYPE_LINUX_SLL', 113],
  ['Unknown linktype 276', 276],
])('a device of link type %s is number %i', (name, linkType) => {
  const handle: CapHandle = { open: () => name, on: () => {}, close: () => {} };
  source = openCap(
    { device: 'lo', snapBytes: 1 },
    class {
      open = handle.open;
      on = handle.on;
      close = handle.close;
    },
  );
  expect(source.interfaces[0]?.linkType).toBe(linkType);
});

describe('the queue between its callbacks and us', () => {
  test('drops and counts what it has no room for, and goes on after it was drained', () => {
    const queue = new FrameQueue();
    const frames: Frame[] = [];
    for (let n = 0; n < 100; n++) queue.push(Buffer.alloc(65_535, n), 65_535, 65_535, n);
    expect(queue.drain(collector(frames))).toBe(64);
    expect([queue.received, queue.dropped]).toEqual([100, 36]);
    expect(frames.every(({ bytes }, n) => bytes[0] === n && bytes.at(-1) === n)).toBe(true);
    queue.push(Buffer.from('next'), 4, 9, 1);
    queue.drain(collector(frames));
    expect(frames.at(-1)).toEqual({ bytes: Buffer.from('next'), wireBytes: 9, tsUs: 1, iface: 0, vlanTci: -1 });
  });

  test('holds a limited number of small frames', () => {
    const queue = new FrameQueue();
    for (let n = 0; n < 20_000; n++) queue.push(Buffer.alloc(1), 1, 1, n);
    expect([queue.drain(() => {}), queue.dropped]).toEqual([16_384, 3616]);
  });
});
