import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import koffi from 'koffi';
import { encode, type Instruction, type Program, RET_A } from '../../src/capture/bpf.ts';
import { BpfMachine } from '../../src/capture/bpf-machine.ts';
import { compileFilter } from '../../src/capture/filter.ts';
import { openPcapFile } from '../../src/capture/index.ts';
import { readAll } from './frames.ts';
import { LITTLE, pcapHeader, pcapRecord, udpFrame } from './pcap-builder.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanogelf-filter-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The plain twin: libpcap's own machine. */
const bpfFilter = koffi
  .load('libpcap.so.0.8')
  .func('uint32_t bpf_filter(const void *, const void *, uint32_t, uint32_t)');
const twin = (program: Program, frame: Buffer, wireBytes: number): number =>
  bpfFilter(encode(program), frame, wireBytes, frame.length);

const EXPRESSIONS = [
  'tcp port 80',
  'udp and not port 53',
  'ip6 and tcp',
  'host 10.0.0.1 or net 10.0.0.0/8',
  'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0',
  'ip[8] < 5 or len > 100',
  'vlan 5 and udp',
  'ether host 00:00:00:00:00:01',
  'udp[8:4] = 0x68656c6c',
  'ip[2:2] % 7 = 3 or ip[4:2] * 3 > 1000',
  '(ip[0] >> 2) - 3 < 20 and ip[9] ^ 17 = 0',
];

test.each(EXPRESSIONS)('%s accepts the frames that libpcap accepts', expression => {
  const program = compileFilter(expression, 1);
  const machine = new BpfMachine(program);
  const frame = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .tuple(fc.integer({ min: 50, max: 82 }), fc.nat(65535), fc.string({ maxLength: 60 }))
      .map(ports => udpFrame(...ports)),
  );
  fc.assert(
    fc.property(frame, fc.nat(70), fc.nat(100), (bytes, cut, more) => {
      const captured = Buffer.from(bytes.subarray(0, Math.max(0, bytes.length - cut * (cut % 2))));
      const wireBytes = bytes.length + more;
      const around = Buffer.concat([Buffer.alloc(7, 255), captured, Buffer.alloc(7, 255)]);
      expect(machine.run(around, 7, captured.length, wireBytes)).toBe(twin(program, captured, wireBytes));
    }),
    { numRuns: 300 },
  );
});

const CALCULATIONS = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x80, 0x90, 0xa0]
  .flatMap(op => [op | 4, op | 12])
  .filter(code => code !== 0x8c);
const SHIFTS = [0x64, 0x74];

test('every calculation gives what libpcap calculates', () => {
  const word = fc.nat(0xffffffff);
  const run = (code: number, a: number, operand: number) => {
    const program: Instruction[] = [
      { code: 0x01, jt: 0, jf: 0, k: operand },
      { code: 0x00, jt: 0, jf: 0, k: a },
      { code, jt: 0, jf: 0, k: operand },
      { code: RET_A, jt: 0, jf: 0, k: 0 },
    ];
    expect([code, a, operand, new BpfMachine(program).run(Buffer.alloc(1), 0, 1, 1)]).toEqual([
      code,
      a,
      operand,
      twin(program, Buffer.alloc(1), 1),
    ]);
  };
  fc.assert(
    fc.property(word, fc.oneof(word, fc.nat(40)), (a, operand) => {
      for (const code of CALCULATIONS) if (operand > 0 || ![0x34, 0x94].includes(code)) run(code, a, operand);
      for (const code of SHIFTS) run(code, a, operand & 31);
    }),
    {
      numRuns: 200,
      examples: [
        [5, 0],
        [0xffffffff, 0xffffffff],
      ],
    },
  );
});

describe('a file', () => {
  const frames = Array.from({ length: 200 }, (_, n) => udpFrame(1000 + n, 50 + (n % 10), 'x'.repeat(n)));
  const file = join(folder, 'frames.pcap');
  writeFileSync(
    file,
    Buffer.concat([pcapHeader(LITTLE), ...frames.map((frame, n) => pcapRecord(LITTLE, n, 0, frame))]),
  );

  test.each(['udp dst port 53', 'len > 150', 'tcp', 'udp src portrange 1010-1020'])(
    'filtered by %s gives what tcpdump gives',
    async filter => {
      const counted = execFileSync('tcpdump', ['-r', file, '-n', filter], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const { frames: kept, errors } = await readAll(() => openPcapFile({ file, filter }));
      expect(errors).toEqual([]);
      expect(kept.length).toBe(counted.split('\n').length - 1);
    },
  );

  test('counts what the filter kept', async () => {
    const source = openPcapFile({ file, filter: 'udp dst port 53' });
    while (!source.ended) source.drain(() => {});
    expect(source.stats()).toEqual({ received: 20, dropped: 0 });
  });

  test('is cut to the snap length', async () => {
    const { frames: cut } = await readAll(() => openPcapFile({ file, snapBytes: 60 }));
    expect(cut.map(frame => [frame.bytes.length, frame.wireBytes])).toEqual(
      frames.map(frame => [Math.min(60, frame.length), frame.length]),
    );
  });

  test('of raw IP is filtered by the rules of its link type', async () => {
    const raw = join(folder, 'raw.pcap');
    writeFileSync(
      raw,
      Buffer.concat([
        pcapHeader(LITTLE, undefined, 101),
        ...frames.map(frame => pcapRecord(LITTLE, 1, 0, frame.subarray(14))),
      ]),
    );
    const { frames: kept } = await readAll(() => openPcapFile({ file: raw, filter: 'udp dst port 53' }));
    expect(kept.length).toBe(20);
  });

  test('with a bad filter is refused before its first frame', () => {
    expect(() => openPcapFile({ file, filter: 'nonsense (' })).toThrow(/^filter-bpf "nonsense \(": /);
  });
});
