// cold. A capture's conversations as the engine meets them: payload in order, without the packets. Made for captures of
// loopback: no loss, no reordering, no fragments.
import { readFileSync } from 'node:fs';

export type Direction = 0 | 1;

export interface Talk {
  readonly transport: 'tcp' | 'udp';
  readonly src: string;
  readonly srcPort: number;
  readonly dst: string;
  readonly dstPort: number;
  readonly midStream: boolean;
}

/** What happens in one conversation (`slot` is its index). */
export interface Happening {
  readonly slot: number;
  readonly kind: 'bytes' | 'gap';
  readonly direction: Direction;
  /** Empty in a gap. */
  readonly bytes: Uint8Array;
  readonly lengthBytes: number;
  readonly tsUs: number;
}

export interface Transcript {
  readonly talks: readonly Talk[];
  readonly happenings: readonly Happening[];
}

interface Segment {
  readonly tsUs: number;
  readonly transport: 'tcp' | 'udp';
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly isSyn: boolean;
  readonly seq: number;
  readonly payload: Buffer;
}

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
const SYN = 0x02;
const ACK = 0x10;

/** @param path a little-endian pcap file of Ethernet frames, in microseconds */
export function readTranscript(path: string): Transcript {
  const talks: Talk[] = [];
  const slots = new Map<string, number>();
  const nextSeq = new Map<string, number>();
  const happenings: Happening[] = [];
  for (const segment of segmentsOf(readFileSync(path))) {
    const slot = slotOf(segment, talks, slots);
    const talk = talks[slot];
    const isFromSrc = talk?.src === segment.src && talk.srcPort === segment.srcPort;
    const direction = isFromSrc ? 0 : 1;
    const bytes = segment.transport === 'udp' ? segment.payload : unseen(segment, `${slot} ${direction}`, nextSeq);
    const { length: lengthBytes } = bytes;
    if (lengthBytes > 0) happenings.push({ slot, kind: 'bytes', direction, bytes, lengthBytes, tsUs: segment.tsUs });
  }
  return { talks, happenings };
}

function slotOf(segment: Segment, talks: Talk[], slots: Map<string, number>): number {
  const { transport, src, srcPort, dst, dstPort } = segment;
  const ends = [`${src} ${srcPort}`, `${dst} ${dstPort}`].sort().join(' ');
  const key = `${transport} ${ends}`;
  const slot = slots.get(key) ?? talks.length;
  if (slot === talks.length) talks.push({ transport, src, srcPort, dst, dstPort, midStream: !segment.isSyn });
  slots.set(key, slot);
  return slot;
}

function unseen(segment: Segment, key: string, nextSeq: Map<string, number>): Buffer {
  const next = segment.isSyn ? segment.seq : (nextSeq.get(key) ?? segment.seq);
  const seen = (next - segment.seq) | 0;
  const fresh = segment.payload.subarray(Math.max(0, seen));
  nextSeq.set(key, (next + fresh.length) >>> 0);
  return fresh;
}

function* segmentsOf(file: Buffer): Generator<Segment> {
  for (let at = FILE_HEADER_BYTES; at + RECORD_HEADER_BYTES <= file.length; ) {
    const tsUs = file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4);
    const end = at + RECORD_HEADER_BYTES + file.readUInt32LE(at + 8);
    const segment = segmentOf(file.subarray(at + RECORD_HEADER_BYTES + ETHERNET_BYTES, end), tsUs);
    if (segment !== undefined) yield segment;
    at = end;
  }
}

function segmentOf(packet: Buffer, tsUs: number): Segment | undefined {
  const version = (packet[0] ?? 0) >> 4;
  const isV4 = version === 4;
  const headerBytes = isV4 ? ((packet[0] ?? 0) & 15) * 4 : 40;
  const protocol = isV4 ? packet[9] : packet[6];
  const totalBytes = isV4 ? packet.readUInt16BE(2) : 40 + packet.readUInt16BE(4);
  const address = (at: number) => (isV4 ? packet.subarray(at, at + 4).join('.') : addressV6(packet, at));
  const [src, dst] = isV4 ? [address(12), address(16)] : [address(8), address(24)];
  const rest = packet.subarray(headerBytes, totalBytes);
  if (protocol === 6) return tcpSegment(rest, tsUs, src, dst);
  if (protocol !== 17) return undefined;
  const ports = { srcPort: rest.readUInt16BE(0), dstPort: rest.readUInt16BE(2) };
  return { tsUs, transport: 'udp', src, dst, ...ports, isSyn: false, seq: 0, payload: rest.subarray(8) };
}

/** All eight groups: plain, where a record would have the short form. */
const addressV6 = (packet: Buffer, at: number): string =>
  packet.toString('hex', at, at + 16).replace(/.{4}(?=.)/g, '$&:');

function tcpSegment(rest: Buffer, tsUs: number, src: string, dst: string): Segment {
  const ports = { srcPort: rest.readUInt16BE(0), dstPort: rest.readUInt16BE(2) };
  const flags = rest[13] ?? 0;
  const payload = rest.subarray(((rest[12] ?? 0) >> 4) * 4);
  const isSyn = (flags & SYN) !== 0;
  // A SYN+ACK comes from the server: it starts no conversation, but its sequence number counts.
  const seq = rest.readUInt32BE(4);
  return {
    tsUs,
    transport: 'tcp',
    src,
    dst,
    ...ports,
    isSyn: isSyn && (flags & ACK) === 0,
    seq: isSyn ? seq + 1 : seq,
    payload,
  };
}

/** @param turns payload by direction, one segment each, a millisecond apart; a number is a gap of so many bytes
 *  @returns one conversation whose start was seen, unless `talk` says otherwise */
export function transcriptOf(
  turns: readonly (readonly [Direction, Uint8Array | string | number])[],
  talk: Partial<Talk> = {},
): Transcript {
  const happenings = turns.map(([direction, content], index): Happening => {
    const isGap = typeof content === 'number';
    const bytes = isGap ? new Uint8Array(0) : Buffer.from(content);
    const lengthBytes = isGap ? content : bytes.length;
    return { slot: 0, kind: isGap ? 'gap' : 'bytes', direction, bytes, lengthBytes, tsUs: 1e15 + index * 1000 };
  });
  const plain: Talk = {
    transport: 'tcp',
    src: '192.0.2.1',
    srcPort: 40000,
    dst: '192.0.2.2',
    dstPort: 8000,
    midStream: false,
  };
  return { talks: [{ ...plain, ...talk }], happenings };
}
