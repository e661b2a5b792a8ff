import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openPcapFile } from '../../src/capture/index.ts';
import { collector, type Frame, readAll } from './frames.ts';
import {
  BIG,
  block,
  enhancedPacket,
  interfaceDescription,
  LITTLE,
  obsoletePacket,
  option,
  pcapHeader,
  pcapRecord,
  sectionHeader,
  simplePacket,
  u32,
  udpFrame,
  words,
} from './pcap-builder.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanogelf-pcap-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);

function store(name: string, ...parts: Buffer[]): string {
  writeFileSync(path(name), Buffer.concat(parts));
  return path(name);
}

const read = (file: string) => readAll(() => openPcapFile({ file }));

const FRAMES = Array.from({ length: 40 }, (_, n) => udpFrame(1000 + n, 53, 'x'.repeat(n * 30)));
const records = (unitsPerUs: number) =>
  FRAMES.map((frame, n) => pcapRecord(LITTLE, 1_700_000_000 + n, (999_000 + n) * unitsPerUs + unitsPerUs - 1, frame));
const MICRO = store('micro.pcap', pcapHeader(LITTLE), ...records(1));
const NANO = store('nano.pcap', pcapHeader(LITTLE, 0xa1b23c4d), ...records(1000));

/** What tshark reads: stamp in µs, captured and wire length of each frame. */
function tshark(file: string): string[] {
  const fields = ['frame.time_epoch', 'frame.cap_len', 'frame.len'].flatMap(field => ['-e', field]);
  const text = execFileSync('tshark', ['-n', '-r', file, '-T', 'fields', ...fields], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text
    .trim()
    .split('\n')
    .map(line => {
      const [epoch = '', captured, wire] = line.split('\t');
      return `${BigInt(epoch.replace('.', '')) / 1000n} ${captured} ${wire}`;
    });
}

const brief = (frames: Frame[]): string[] => frames.map(f => `${f.tsUs} ${f.bytes.length} ${f.wireBytes}`);

describe('a file reads as tshark reads it', () => {
  const made: Record<string, () => string> = {
    'pcap in microseconds': () => MICRO,
    'pcap in nanoseconds': () => NANO,
    'pcap rewritten by tcpdump': () => convert('tcpdump.pcap', 'tcpdump', '-r', MICRO, '-w'),
    'pcapng by editcap': () => convert('editcap.pcapng', 'editcap', '-F', 'pcapng', MICRO),
    'pcapng in nanoseconds': () => convert('nano.pcapng', 'editcap', '-F', 'pcapng', NANO),
    'pcapng of cut frames': () => convert('cut.pcapng', 'editcap', '-F', 'pcapng', '-s', '60', MICRO),
    'pcapng merged of two': () => convertInto('merged.pcapng', 'mergecap', ['-w'], [MICRO, NANO]),
    'gzip-compressed pcap': () => store('micro.pcap.gz', gzipSync(Buffer.concat([pcapHeader(LITTLE), ...records(1)]))),
  };

  function convert(name: string, tool: string, ...args: string[]): string {
    execFileSync(tool, [...args, path(name)], { stdio: 'ignore' });
    return path(name);
  }

  function convertInto(name: string, tool: string, before: string[], after: string[]): string {
    execFileSync(tool, [...before, path(name), ...after], { stdio: 'ignore' });
    return path(name);
  }

  test.each(Object.keys(made))('%s', async kind => {
    const file = (made[kind] as () => string)();
    const { frames, errors } = await read(file);
    expect(errors).toEqual([]);
    expect(brief(frames)).toEqual(tshark(file));
  });
});

test('the bytes of a frame are those of the file', async () => {
  const { frames } = await read(MICRO);
  expect(frames.map(frame => frame.bytes)).toEqual(FRAMES);
});

test.each([
  ['little', LITTLE, 0xa1b2c3d4, 123_456, 123_456],
  ['big', BIG, 0xa1b2c3d4, 123_456, 123_456],
  ['little', LITTLE, 0xa1b23c4d, 123_456_789, 123_456],
  ['big', BIG, 0xa1b23c4d, 123_456_789, 123_456],
])('a pcap file in %s endian with magic %#x reads the same', async (_name, order, magic, fraction, microseconds) => {
  const file = store('order.pcap', pcapHeader(order, magic, 113), pcapRecord(order, 5, fraction, Buffer.from('ab'), 9));
  const { frames } = await read(file);
  expect(frames).toEqual([
    { bytes: Buffer.from('ab'), wireBytes: 9, tsUs: 5_000_000 + microseconds, iface: 0, vlanTci: -1 },
  ]);
  expect(openPcapFile({ file }).interfaces).toEqual([{ name: '', linkType: 113, addresses: [] }]);
});

test('the wire length is never below what was captured', async () => {
  const file = store('short.pcap', pcapHeader(LITTLE), pcapRecord(LITTLE, 1, 0, Buffer.from('abc'), 1));
  expect((await read(file)).frames[0]?.wireBytes).toBe(3);
});

describe.each([
  ['little', LITTLE],
  ['big', BIG],
])('a pcapng file in %s endian', (_name, order) => {
  const data = Buffer.from('abcde');
  const name = (text: string) => option(order, 2, Buffer.from(text));
  const resolution = (value: number) => option(order, 9, Buffer.from([value]));
  const stampOf = async (...blocks: Buffer[]) => {
    const { frames, errors } = await read(store('stamp.pcapng', sectionHeader(order), ...blocks));
    expect(errors).toEqual([]);
    return frames.map(frame => frame.tsUs);
  };

  test.each([
    ['microseconds by default', [], 1_700_000_000_123_456n, 1_700_000_000_123_456],
    ['nanoseconds, rounded down', [resolution(9)], 1_700_000_000_123_456_999n, 1_700_000_000_123_456],
    ['picoseconds', [resolution(12)], 12_000_000_123_456_999n, 12_000_000_123],
    ['milliseconds', [resolution(3)], 1_700_000_000_123n, 1_700_000_000_123_000],
    ['1/2^20 seconds', [resolution(0x80 | 20)], 3n << 19n, 1_500_000],
  ])('takes stamps in %s', async (_unit, options, stamp, expected) => {
    const stamps = await stampOf(interfaceDescription(order, 1, 0, ...options), enhancedPacket(order, 0, stamp, data));
    expect(stamps).toEqual([expected]);
  });

  test('adds the offset of the interface', async () => {
    const offset = option(order, 14, order.little ? words(order, 100, 0) : words(order, 0, 100));
    expect(await stampOf(interfaceDescription(order, 1, 0, offset), enhancedPacket(order, 0, 7n, data))).toEqual([
      100_000_007,
    ]);
  });

  test('reads every kind of packet block and passes over what it does not know', async () => {
    const file = store(
      'kinds.pcapng',
      sectionHeader(order),
      interfaceDescription(order, 1, 4, name('eth0')),
      block(order, 0xbad, Buffer.alloc(600_000)),
      enhancedPacket(order, 0, 10n, data, 50),
      block(order, 5, Buffer.alloc(20)),
      obsoletePacket(order, 0, 20n, data),
      simplePacket(order, Buffer.from('abcd'), 70),
    );
    const { frames, errors } = await read(file);
    expect(errors).toEqual([]);
    expect(frames.map(f => [f.tsUs, f.bytes.toString(), f.wireBytes])).toEqual([
      [10, 'abcde', 50],
      [20, 'abcde', 5],
      [20, 'abcd', 70],
    ]);
  });

  test('numbers the interfaces of all sections, one that comes again keeping its number', async () => {
    const file = store(
      'sections.pcapng',
      sectionHeader(order),
      interfaceDescription(order, 1, 0, name('eth0')),
      interfaceDescription(order, 101, 0, name('tun0')),
      enhancedPacket(order, 1, 1n, data),
      sectionHeader(order === BIG ? LITTLE : BIG),
      interfaceDescription(
        order === BIG ? LITTLE : BIG,
        101,
        0,
        option(order === BIG ? LITTLE : BIG, 2, Buffer.from('tun0')),
      ),
      enhancedPacket(order === BIG ? LITTLE : BIG, 0, 2n, data),
    );
    const source = openPcapFile({ file });
    const frames: Frame[] = [];
    source.drain(collector(frames));
    expect(frames.map(frame => frame.iface)).toEqual([1, 1]);
    expect(source.interfaces.map(({ name, linkType }) => `${name} ${linkType}`)).toEqual(['eth0 1', 'tun0 101']);
    source.close();
  });
});

describe('every prefix of a file gives its whole frames and at most one error', () => {
  const some = FRAMES.slice(0, 4);
  const pcap = [pcapHeader(LITTLE), ...some.map((frame, n) => pcapRecord(LITTLE, n, 0, frame))];
  const pcapng = [
    sectionHeader(BIG),
    interfaceDescription(BIG, 1, 0),
    ...some.map((frame, n) => enhancedPacket(BIG, 0, BigInt(n), frame)),
  ];

  test.each([
    ['pcap', pcap, 1],
    ['pcapng', pcapng, 2],
  ])('%s', async (kind, parts, headers) => {
    const whole = Buffer.concat(parts);
    let ends = 0;
    const boundaries = parts.map(part => (ends += part.length));
    for (let length = 0; length < whole.length; length++) {
      const { frames, errors } = await read(store(`prefix.${kind}`, whole.subarray(0, length)));
      expect(frames.length).toBe(Math.max(0, boundaries.filter(end => end <= length).length - headers));
      expect(errors.map(error => error.code)).toEqual(boundaries.includes(length) ? [] : ['ERR_DAMAGED_FILE']);
    }
  });

  test('gzip', async () => {
    const whole = gzipSync(Buffer.concat(pcap), { level: 0 });
    const sizes: number[] = [];
    for (let length = 0; length < whole.length; length++) {
      const { frames, errors } = await read(store('prefix.gz', whole.subarray(0, length)));
      expect(errors).toHaveLength(1);
      sizes.push(frames.length);
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes.at(-1)).toBe(some.length);
  });
});

test('random damage never gives anything but frames within the file and one clear error', async () => {
  const whole = Buffer.concat([
    sectionHeader(LITTLE),
    interfaceDescription(LITTLE, 1, 0),
    ...FRAMES.slice(0, 6).map(frame => enhancedPacket(LITTLE, 0, 5n, frame)),
  ]);
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(damage, fc.boolean(), async (changes, plain) => {
      const bytes = plain ? Buffer.concat([pcapHeader(LITTLE), ...records(1)]) : Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      const { frames, errors } = await read(store('damaged', bytes));
      expect(errors.length).toBeLessThanOrEqual(1);
      expect(frames.reduce((sum, frame) => sum + frame.bytes.length, 0)).toBeLessThan(bytes.length);
      expect(frames.every(frame => Number.isFinite(frame.tsUs))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('the message of a cut file names the file, the place and what was expected', async () => {
  const whole = Buffer.concat([pcapHeader(LITTLE), pcapRecord(LITTLE, 1, 0, Buffer.alloc(50))]);
  const file = store('cut.pcap', whole.subarray(0, 60));
  const { errors } = await read(file);
  expect(errors[0]?.message).toBe(
    `${file}: damaged at byte 60: expected the rest of a packet record, found the end of the file`,
  );
});

test('a frame longer than any frame may be is counted and passed over', async () => {
  const lengths = [100, 262_144, 262_145, 600_000, 20];
  const file = store(
    'long.pcap',
    pcapHeader(BIG),
    ...lengths.map((length, n) => pcapRecord(BIG, n, 0, Buffer.alloc(length))),
  );
  const source = openPcapFile({ file });
  const frames: Frame[] = [];
  while (!source.ended) source.drain(collector(frames));
  expect(frames.map(frame => frame.bytes.length)).toEqual([100, 262_144, 20]);
  expect(source.stats()).toEqual({ received: 5, dropped: 2 });
});

test('a record that claims more than any record may be is damage', async () => {
  const file = store('huge.pcap', pcapHeader(LITTLE), words(LITTLE, 1, 0, 0xfffffff0, 60), Buffer.alloc(100));
  const { errors } = await read(file);
  expect(errors[0]?.message).toContain('expected a packet record, found one that claims 4294967280 bytes');
});

test('a file of many frames comes whole through the window', async () => {
  const large = Array.from({ length: 3000 }, (_, n) => pcapRecord(LITTLE, n, 0, Buffer.alloc(n % 1500, n)));
  const { frames } = await read(store('large.pcap', pcapHeader(LITTLE), ...large));
  expect(frames.length).toBe(3000);
  expect(frames.every(({ bytes }, n) => bytes.length === n % 1500 && bytes.every(byte => byte === (n & 255)))).toBe(
    true,
  );
});

test.each([
  ['that does not exist', () => path('nothing.pcap'), 'ERR_NO_FILE', 'ENOENT'],
  ['that is a folder', () => folder, 'ERR_NO_FILE', 'is a directory'],
  ['that is empty', () => store('empty.pcap'), 'ERR_DAMAGED_FILE', 'expected the header of a pcap or pcapng file'],
  [
    'that is something else',
    () => store('text.pcap', Buffer.from('hello, world, this is text')),
    'ERR_DAMAGED_FILE',
    'found 68656c6c',
  ],
  [
    'of interfaces never described',
    () => store('undescribed.pcapng', sectionHeader(BIG), enhancedPacket(BIG, 3, 1n, Buffer.alloc(4))),
    'ERR_DAMAGED_FILE',
    'found one of interface 3',
  ],
  [
    'with a block length of 0',
    () => store('zero.pcapng', sectionHeader(BIG), words(BIG, 6, 0, 0)),
    'ERR_DAMAGED_FILE',
    'claims 0 bytes',
  ],
  [
    'whose block ends wrong',
    () => store('tail.pcapng', sectionHeader(BIG), words(BIG, 6, 16, 0, 99)),
    'ERR_DAMAGED_FILE',
    'ends with its length of 16 bytes',
  ],
])('a file %s is one clear error', async (_what, make, code, part) => {
  const { errors } = await read(make());
  expect(errors.map(error => error.code)).toEqual([code]);
  expect(errors[0]?.message).toContain(part);
  expect(errors[0]?.message).not.toContain('\n');
});

const READER = `import { openPcapFile } from ${JSON.stringify(new URL('../../src/capture/index.js', import.meta.url).href)};
  const source = openPcapFile({ file: '-' });
  let frames = 0;
  while (!source.ended) if (source.drain(() => frames++) === 0) await source.wait(1000);
  console.log(frames);`;

test.each([
  ['plain', (bytes: Buffer) => bytes],
  ['compressed', (bytes: Buffer) => gzipSync(bytes)],
])('standard input is read, %s', (_name, wrap) => {
  const input = wrap(Buffer.concat([pcapHeader(LITTLE), ...records(1)]));
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', READER], { input, encoding: 'utf8' });
  expect(stdout.trim()).toBe(String(FRAMES.length));
});

test('with the original timing a later frame is held back, and close ends the wait for it', async () => {
  const parts = [1, 2, 1000].map(sec => pcapRecord(LITTLE, sec, 0, u32(sec, LITTLE)));
  const source = openPcapFile({ file: store('paced.pcap', pcapHeader(LITTLE), ...parts), playSpeed: 1000 });
  const frames: Frame[] = [];
  while (frames.length < 2) if (source.drain(collector(frames)) === 0) await source.wait(5);
  expect(source.drain(collector(frames))).toBe(0);
  expect(source.ended).toBe(false);
  source.close();
  expect(source.ended).toBe(true);
  expect(source.drain(collector(frames))).toBe(0);
});

test('at high speed all frames come, in order', async () => {
  const { frames } = await readAll(() => openPcapFile({ file: MICRO, playSpeed: 1e6 }));
  expect(frames.map(frame => frame.bytes)).toEqual(FRAMES);
});

test('a negative speed is a mistake of the caller', () => {
  expect(() => openPcapFile({ file: MICRO, playSpeed: -1 })).toThrow(RangeError);
});
