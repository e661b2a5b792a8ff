import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BpfMachine } from '../../src/capture/bpf-machine.ts';
import { compileFilter } from '../../src/capture/filter.ts';
import { openPcapFile } from '../../src/capture/index.ts';
import { matchTagged } from '../../src/capture/tagged-filter.ts';
import { collector, type Frame, readAll } from './frames.ts';
import { LITTLE, pcapHeader, pcapRecord, tagged, udpFrame } from './pcap-builder.ts';

const folder = mkdtempSync(join(tmpdir(), 'nanogelf-tagged-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EXPRESSIONS = [
  'udp port 53',
  'not port 53',
  'udp and not port 53 or icmp',
  'host 10.0.0.1 or ip6',
  'net 10.0.0.0/8 and (dst portrange 50-55 or src port 1000)',
  'udp[8:4] = 0x68656c6c',
  'ip[8] < 5 or ip[2:2] % 7 = 3',
  'ether host 00:00:00:00:00:01',
  'ether proto 0x86dd',
];

const STACKS = [[0x8100], [0x88a8], [0x9100], [0x8100, 0x8100], [0x88a8, 0x8100], [0x9100, 0x88a8]];

describe.each(EXPRESSIONS)('%s', expression => {
  const machine = new BpfMachine(compileFilter(expression, 1));
  const isAccepted = (frame: Buffer): boolean => machine.run(frame, 0, frame.length, frame.length) > 0;

  test('says of a frame with one or two tags what it says of the frame without', () => {
    const ports = fc.tuple(
      fc.constantFrom(1000, 2000),
      fc.integer({ min: 48, max: 57 }),
      fc.constantFrom('hello', 'x'),
    );
    const fields = fc.record({ etherType: fc.constantFrom(0x0800, 0x86dd, 0x0806), ttl: fc.nat(9), mac: fc.nat(1) });
    fc.assert(
      fc.property(ports, fields, fc.nat(0xffff), (udp, { etherType, ttl, mac }, tci) => {
        const frame = udpFrame(...udp);
        frame.writeUInt16BE(etherType, 12);
        frame[22] = ttl;
        frame[5] = mac;
        for (const types of STACKS)
          expect([types, isAccepted(tagged(frame, tci, ...types))]).toEqual([types, isAccepted(frame)]);
      }),
      { numRuns: 100 },
    );
  });
});

test.each(['vlan 5 and udp', 'udp or mpls', 'pppoes and ip', 'geneve', ' '])(
  '%s is taken as it is written',
  expression => {
    expect(matchTagged(expression)).toBe(expression);
  },
);

describe('a file of plain, tagged and twice tagged frames', () => {
  const frames = [53, 80, 443].flatMap((port, n) => {
    const frame = udpFrame(1000 + n, port, 'payload');
    return [frame, ...STACKS.map((types, at) => tagged(frame, 5 + at, ...types))];
  });
  const file = join(folder, 'tagged.pcap');
  writeFileSync(
    file,
    Buffer.concat([pcapHeader(LITTLE), ...frames.map((frame, n) => pcapRecord(LITTLE, n, 0, frame))]),
  );
  const kept = async (filter: string): Promise<string[]> => {
    const { frames: found, errors } = await readAll(() => openPcapFile({ file, filter }));
    expect(errors).toEqual([]);
    return found.map(({ bytes }) => bytes.toString('hex'));
  };

  test.each([
    ['udp port 53', 'udp.port == 53'],
    ['not port 53', '!(udp.port == 53)'],
    ['src host 10.0.0.1 and dst portrange 50-90', 'ip.src == 10.0.0.1 && udp.dstport >= 50 && udp.dstport <= 90'],
  ])('filtered by %s gives what tshark shows for %s', async (filter, display) => {
    const numbers = execFileSync(
      'tshark',
      ['-r', file, '-Y', display, '-T', 'fields', '-e', 'frame.number', '-o', 'vlan.qinq_ethertype:0x9100'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const expected = numbers
      .split('\n')
      .filter(Boolean)
      .map(number => frames[Number(number) - 1]?.toString('hex'));
    expect(expected.length).toBeGreaterThan(0);
    expect(await kept(filter)).toEqual(expected);
  });

  test.each(['vlan', 'vlan 5', 'vlan and udp port 80', 'not vlan', 'vlan 8 and vlan and port 443'])(
    'filtered by %s, which speaks of tags itself, gives what tcpdump gives',
    async filter => {
      const output = join(folder, 'expected.pcap');
      execFileSync('tcpdump', ['-r', file, '-w', output, filter], { stdio: 'ignore' });
      const expected: Frame[] = [];
      const source = openPcapFile({ file: output });
      while (!source.ended) source.drain(collector(expected));
      expect(await kept(filter)).toEqual(expected.map(({ bytes }) => bytes.toString('hex')));
    },
  );
});
