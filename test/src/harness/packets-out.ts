// cold. A capture with each of its packets left out in turn, as one capture: every copy has addresses and a time of its own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutputRecord } from '@nanogelf/probe';
import { NANO_PROBE } from '../programs.ts';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
const [IPV4_SRC, IPV4_DST, IPV6_SRC, IPV6_DST] = [12, 16, 8, 24];
/** Between two copies; whatever waits for an answer has given up by then. */
const PAUSE_US = 100e6;
const OUTPUT_LIMIT_BYTES = 256 * 1024 * 1024;

interface Packet {
  readonly bytes: Buffer;
  readonly tsUs: number;
  /** Of its conversation, the lower one first; `` when it has none. */
  readonly ports: string;
}

export interface Told {
  readonly summary: string;
  readonly ports: string;
  /** Since the beginning of its copy. */
  readonly beginUs: number;
  readonly endUs: number;
  /** What it says beyond addresses, times and measured delays. */
  readonly fields: OutputRecord;
}

/** What the probe tells of the capture without one packet. */
export interface Copy {
  /** The packet; undefined in the copy that has them all. */
  readonly lost: { readonly ports: string; readonly tsUs: number } | undefined;
  readonly told: readonly Told[];
}

/** Plays all copies through the whole program. @returns what it tells of each, the whole one first */
export function tellWithEachPacketOut(path: string): readonly Copy[] {
  const packets = packetsOf(readFileSync(path));
  const lost = [undefined, ...packets];
  const beginUs = packets[0]?.tsUs ?? 0;
  const spanUs = (packets.at(-1)?.tsUs ?? 0) - beginUs + PAUSE_US;
  const frames = lost.flatMap((out, copy) =>
    packets.filter(packet => packet !== out).map(packet => frameOf(packet, copy, packet.tsUs + copy * spanUs)),
  );
  const told = play(Buffer.concat([readFileSync(path).subarray(0, FILE_HEADER_BYTES), ...frames]));
  return lost.map((out, copy) => ({
    lost: out && { ports: out.ports, tsUs: out.tsUs - beginUs },
    told: told.filter(one => one.copy === copy).map(one => shifted(one, beginUs + copy * spanUs)),
  }));
}

const shifted = (one: Told, byUs: number): Told => ({
  ...one,
  beginUs: one.beginUs - byUs,
  endUs: one.endUs - byUs,
});

function packetsOf(file: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = FILE_HEADER_BYTES; at + RECORD_HEADER_BYTES <= file.length; ) {
    const end = at + RECORD_HEADER_BYTES + file.readUInt32LE(at + 8);
    const bytes = file.subarray(at + RECORD_HEADER_BYTES, end);
    packets.push({ bytes, tsUs: file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4), ports: portsOf(bytes) });
    at = end;
  }
  return packets;
}

const isV4 = (frame: Buffer): boolean => (frame[ETHERNET_BYTES] ?? 0) >> 4 === 4;

function portsOf(frame: Buffer): string {
  const headerBytes = isV4(frame) ? ((frame[ETHERNET_BYTES] ?? 0) & 15) * 4 : 40;
  const at = ETHERNET_BYTES + headerBytes;
  return at + 4 > frame.length ? '' : pairOf(frame.readUInt16BE(at), frame.readUInt16BE(at + 2));
}

const pairOf = (one: number, other: number): string => `${Math.min(one, other)} ${Math.max(one, other)}`;

/** The number of the copy stands in two bytes of both addresses. */
function frameOf({ bytes }: Packet, copy: number, tsUs: number): Buffer {
  const frame = Buffer.alloc(RECORD_HEADER_BYTES + bytes.length);
  frame.writeUInt32LE(Math.floor(tsUs / 1e6), 0);
  frame.writeUInt32LE(tsUs % 1e6, 4);
  frame.writeUInt32LE(bytes.length, 8);
  frame.writeUInt32LE(bytes.length, 12);
  bytes.copy(frame, RECORD_HEADER_BYTES);
  const ip = RECORD_HEADER_BYTES + ETHERNET_BYTES;
  const places = isV4(bytes) ? [IPV4_SRC + 1, IPV4_DST + 1] : [IPV6_SRC + 12, IPV6_DST + 12];
  for (const place of places) frame.writeUInt16BE(copy, ip + place);
  return frame;
}

/** A record's copy, from its source address: `127.0.3.1` or `::3:1`. */
function copyOf(address: string): number {
  const [, second, third] = address.split('.').map(Number);
  if (second !== undefined && third !== undefined) return second * 256 + third;
  return Number.parseInt(address.split(':').at(-2) || '0', 16);
}

type NumberedTold = Told & { readonly copy: number };

function play(capture: Buffer): NumberedTold[] {
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-out-'));
  const file = join(folder, 'copies.pcap');
  writeFileSync(file, capture);
  const run = (...options: string[]): string[] => {
    const all = [NANO_PROBE, ...options, '--play', file, '--l4-switch', ''];
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync(process.execPath, all, { encoding: 'utf8', maxBuffer: OUTPUT_LIMIT_BYTES, stdio })
      .split('\n')
      .filter(Boolean);
  };
  try {
    // The same records in the same order, once as data and once with their summaries.
    const lines = run('watch');
    return run('--stdout').map((line, at) => toTold(JSON.parse(line), lines[at] ?? ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Differs from copy to copy, or is measured on packets that may be the lost one. */
const VARIES =
  /^(?:SRC_IP|DST_IP|BEGIN_TIME|END_TIME|timestamp|COMMUNITY_ID|DISK_RATIO|(?:SRC_|DST_)?NET_DELAY|[A-Z]+_RESPONSE|SQL_LOAD|PAGELOAD|HAND_DELAY)$/;

function toTold(record: OutputRecord, line: string): NumberedTold {
  const { SRC_IP, SRC_PORT, DST_PORT, BEGIN_TIME, END_TIME } = record;
  const [, summary = ''] = / → \S+ (.*?)(?: [\d.]+ m?s)?$/.exec(line) ?? [];
  return {
    copy: copyOf(String(SRC_IP)),
    summary,
    ports: pairOf(Number(SRC_PORT), Number(DST_PORT)),
    beginUs: microseconds(String(BEGIN_TIME)),
    endUs: microseconds(String(END_TIME)),
    fields: Object.fromEntries(Object.entries(record).filter(([name]) => !VARIES.test(name))),
  };
}

/** @param time ISO 8601 with microseconds */
const microseconds = (time: string): number =>
  Date.parse(time.replace(/\.\d+Z/, 'Z')) * 1000 + Number(time.slice(20, 26));
