import { describe, expect, test } from '@jest/globals';
import { BpfMachine, spreadProgram } from '@nanogelf/probe';
import * as p from '../src/packets/index.ts';

/** Offsets from here on are those of the network header, which the kernel knows. Source: linux/filter.h */
const NET_OFFSET = 0xfff00000;
const ETHER_TYPE = 0xfffff000;
const LD_W_ABS = 0x20;
const LD_IMM = 0;

const PROGRAM = spreadProgram();
const machines = new Map<number, BpfMachine>();

/** As the kernel runs it, for frames of this EtherType, from the network header on. */
function machineOf(etherType: number): BpfMachine {
  const machine = machines.get(etherType) ?? new BpfMachine(PROGRAM.map(instruction => settle(instruction, etherType)));
  machines.set(etherType, machine);
  return machine;
}

function settle(instruction: (typeof PROGRAM)[number], etherType: number): (typeof PROGRAM)[number] {
  const { code, k } = instruction;
  if (code === LD_W_ABS && k === ETHER_TYPE) return { ...instruction, code: LD_IMM, k: etherType };
  return k >= NET_OFFSET && k < ETHER_TYPE ? { ...instruction, k: k - NET_OFFSET } : instruction;
}

/** @returns the number that decides for a worker, of a frame that the kernel hands over without its outermost tag */
function spread(frame: Uint8Array): number {
  const packet = frame.subarray(14);
  return machineOf(Buffer.from(frame).readUInt16BE(12)).run(packet, 0, packet.length, packet.length);
}

interface Ends {
  readonly src: string;
  readonly dst: string;
}
const HERE = { src: '10.1.2.3', dst: '10.9.8.7' };
const HERE6 = { src: '2001:db8::1', dst: '2001:db8::2:3' };
const reversed = ({ src, dst }: Ends): Ends => ({ src: dst, dst: src });

/** A datagram each way, of a TCP conversation unless told otherwise. */
const there = (srcPort = 40001, ends = HERE): p.Datagram => p.ipv4(ends, p.tcp({ srcPort, dstPort: 80 }, 'request'));
const back = (dstPort = 40001, ends = HERE): p.Datagram =>
  p.ipv4(reversed(ends), p.tcp({ srcPort: 80, dstPort }, 'a longer answer'));
const there6 = p.ipv6(HERE6, p.tcp({ srcPort: 40001, dstPort: 80 }, 'request'));
const back6 = p.ipv6(reversed(HERE6), p.tcp({ srcPort: 80, dstPort: 40001 }, 'answer'));

/** The two directions of the overlay take different gateways. */
const OUT = { src: '192.0.2.1', dst: '192.0.2.2' };
const IN = { src: '192.0.2.3', dst: '192.0.2.1' };

type Wrap = (datagram: p.Datagram, outer: Ends) => Uint8Array;
const overUdp =
  (port: number, header: (datagram: p.Datagram) => Uint8Array): Wrap =>
  (datagram, outer) =>
    p.ethernet(p.ipv4(outer, p.udp(outer === OUT ? 50000 : 60000, port, header(datagram))));
const overIp =
  (carry: (datagram: p.Datagram) => p.Transport): Wrap =>
  (datagram, outer) =>
    p.ethernet(p.ipv4(outer, carry(datagram)));
const container = Buffer.from([0x10, 0x01]);

const TUNNELS: { readonly [what: string]: Wrap } = {
  VXLAN: overUdp(4789, datagram => p.vxlan(7, p.ethernet(datagram))),
  'VXLAN of Linux, with a tag inside': overUdp(8472, datagram => p.vxlan(7, p.ethernet(datagram, { vlans: [5] }))),
  Geneve: overUdp(6081, datagram => p.geneve(7, p.ethernet(datagram), undefined, Buffer.alloc(8))),
  'Geneve of bare IP': overUdp(6081, datagram => p.geneve(7, datagram.bytes, datagram.etherType)),
  'GTP-U': overUdp(2152, datagram => p.gtpU(7, datagram)),
  'GTP-U of 5G': overUdp(2152, datagram => p.gtpU(7, datagram, container)),
  GRE: overIp(({ etherType, bytes }) => p.gre(etherType, bytes)),
  'GRE with key and sequence': overIp(({ etherType, bytes }) => p.gre(etherType, bytes, 5, 6)),
  NVGRE: overIp(datagram => p.nvgre(0x2000, 1, p.ethernet(datagram))),
  'ERSPAN I': overIp(datagram => p.erspan(1, 7, p.ethernet(datagram))),
  'ERSPAN II': overIp(datagram => p.erspan(2, 7, p.ethernet(datagram))),
  'ERSPAN III': overIp(datagram => p.erspan(3, 7, p.ethernet(datagram))),
  'IP in IP': overIp(datagram => p.ipInIp(datagram)),
  'ERSPAN around VXLAN': overIp(datagram =>
    p.erspan(2, 7, overUdp(4789, d => p.vxlan(7, p.ethernet(d)))(datagram, OUT)),
  ),
};

describe.each(Object.entries(TUNNELS))('in %s', (_, wrap) => {
  test.each([
    ['IPv4', there(), back()],
    ['IPv6', there6, back6],
  ])('both directions over %s go where they go outside of it', (_, request, answer) => {
    expect([spread(wrap(request, OUT)), spread(wrap(answer, IN))]).toEqual(Array(2).fill(spread(p.ethernet(request))));
  });
});

test.each<[string, Uint8Array, Uint8Array]>([
  ['TCP', p.ethernet(there()), p.ethernet(back())],
  ['TCP over IPv6', p.ethernet(there6), p.ethernet(back6)],
  [
    'TCP with IP options',
    p.ethernet(p.ipv4({ ...HERE, options: Uint8Array.of(0x94, 4, 0, 0) }, p.tcp({ srcPort: 40001, dstPort: 80 }, ''))),
    p.ethernet(back()),
  ],
  [
    'TCP in a VLAN whose tag is in the frame',
    p.ethernet(there(), { vlans: [5] }),
    p.ethernet(back(), { vlans: [6, 7] }),
  ],
  ['UDP', p.ethernet(p.ipv4(HERE, p.udp(5000, 53, 'q'))), p.ethernet(p.ipv4(reversed(HERE), p.udp(53, 5000, 'a')))],
])('both directions of %s go to one worker', (_, request, answer) => {
  expect(spread(request)).not.toBe(0);
  expect(spread(answer)).toBe(spread(request));
});

test.each([
  [
    'IPv4',
    p.ipv4(HERE, p.udp(53, 5000, 'whole')),
    p.ipv4Fragments({ ...HERE, id: 1 }, p.udp(53, 5000, 'x'.repeat(3000)), 1480),
  ],
  ['IPv6', p.ipv6(HERE6, p.udp(53, 5000, 'whole')), p.ipv6Fragments(HERE6, p.udp(53, 5000, 'x'.repeat(3000)), 1400, 1)],
])('all fragments of a datagram over %s go where the whole ones go', (_, whole, pieces) => {
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.map(piece => spread(p.ethernet(piece)))).toEqual(pieces.map(() => spread(p.ethernet(whole))));
});

test.each([4789, 6081, 2152])('a datagram to port %i that is no tunnel goes where its answer goes', port => {
  const text = 'neither of these has the header of a tunnel';
  const request = p.ethernet(p.ipv4(HERE, p.udp(5000, port, text)));
  expect(spread(request)).toBe(spread(p.ethernet(p.ipv4(reversed(HERE), p.udp(port, 5000, text)))));
});

const addressOf = (n: number): string => `10.${(n >> 12) & 15}.${(n >> 6) & 63}.${(n & 63) + 1}`;
test.each<[string, (n: number) => p.Datagram]>([
  ['connections of one client to one server', n => there(32_768 + 2 * n)],
  ['clients of one server', n => there(40001, { src: addressOf(n), dst: HERE.dst })],
  ['clients of a name server', n => p.ipv4({ src: addressOf(n), dst: HERE.dst }, p.udp(5000, 53, 'q'))],
  [
    'clients over IPv6',
    n => p.ipv6({ src: `2001:db8::${(n + 1).toString(16)}`, dst: HERE6.dst }, p.udp(5000, 53, 'q')),
  ],
])('%s are spread evenly', (_, make) => {
  for (const workers of [2, 3, 4, 8]) {
    const counts = Array<number>(workers).fill(0);
    for (let n = 0; n < 4000; n++) counts[spread(p.ethernet(make(n))) % workers]!++;
    for (const count of counts) expect(Math.abs(count - 4000 / workers)).toBeLessThan(0.25 * (4000 / workers));
  }
});

test('a frame without IP, or cut in its headers, goes to the first', () => {
  const frame = p.ethernet(there());
  for (let length = 14; length < 14 + 24; length++) expect(spread(frame.subarray(0, length))).toBe(0);
  expect(spread(p.ethernet({ etherType: 0x0806, bytes: Buffer.alloc(28) }))).toBe(0);
});
