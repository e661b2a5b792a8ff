// cold. Fixtures again and again, each time from other clients: more of a protocol than anyone wants to keep in a file.
import { readFileSync } from 'node:fs';
import { ETHERTYPE_IPV4, type Frame } from '../packets/index.ts';
import { OpenConversations } from './generator.ts';

/** A frame, and where in it the address of the conversation's client ends. */
interface FixtureFrame extends Frame {
  readonly bytes: Buffer;
  readonly clientEnd: number;
}

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;
const START_US = 1_700_000_000_000_000;
const GAP_US = 10_000; // between the starts of two copies: a fixture lasts longer, so that many clients are at work

/** @param path a little-endian pcap file of Ethernet frames, in microseconds; all TCP or UDP, without fragments */
export function fixtureFrames(path: string): FixtureFrame[] {
  const file = readFileSync(path);
  const begun = new Set<string>();
  const frames: FixtureFrame[] = [];
  for (let at = FILE_HEADER_BYTES; at < file.length; ) {
    const tsUs = file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4);
    const start = at + RECORD_HEADER_BYTES;
    at = start + file.readUInt32LE(at + 8);
    const bytes = file.subarray(start, at);
    frames.push({ tsUs, bytes, clientEnd: clientEnd(bytes, begun) });
  }
  return frames;
}

/** @param begun the conversations so far, from client to server; the client is who speaks first */
function clientEnd(bytes: Buffer, begun: Set<string>): number {
  const isV4 = bytes.readUInt16BE(12) === ETHERTYPE_IPV4;
  const length = isV4 ? 4 : 16;
  const srcAt = ETHERNET_BYTES + (isV4 ? 12 : 8);
  const dstAt = srcAt + length;
  const portsAt = ETHERNET_BYTES + (isV4 ? ((bytes[ETHERNET_BYTES] ?? 0) & 15) * 4 : IPV6_BYTES);
  const src = `${bytes.toString('hex', srcAt, dstAt)} ${bytes.readUInt16BE(portsAt)}`;
  const dst = `${bytes.toString('hex', dstAt, dstAt + length)} ${bytes.readUInt16BE(portsAt + 2)}`;
  if (begun.has(`${dst} ${src}`)) return dstAt + length;
  begun.add(`${src} ${dst}`);
  return dstAt;
}

/** @param fixtures in turn, each `times` times
 *  @returns the packets in order of time; checksums are those of the fixtures, which the probe does not look at.
 *  @throws RangeError beyond 65,536 copies in all: so many clients there are */
export function* repeated(fixtures: readonly (readonly FixtureFrame[])[], times: number): Generator<Frame> {
  const open = new OpenConversations();
  for (let copy = 0; copy < times * fixtures.length; copy++) {
    const startUs = START_US + copy * GAP_US;
    while (open.nextUs <= startUs) yield open.take();
    open.add(copyOf(fixtures[copy % fixtures.length] ?? [], copy, startUs));
  }
  while (open.nextUs < Number.POSITIVE_INFINITY) yield open.take();
}

/** The copy's number goes into the client's address, before its last byte: a fixture's own clients stay apart. */
function copyOf(frames: readonly FixtureFrame[], copy: number, startUs: number): Frame[] {
  const shiftUs = startUs - (frames[0]?.tsUs ?? 0);
  return frames.map(frame => {
    const bytes = Buffer.from(frame.bytes);
    bytes.writeUInt16BE(copy, frame.clientEnd - 3);
    return { tsUs: frame.tsUs + shiftUs, bytes };
  });
}
