/** hot. When segments were sent first, for RETRANS_DELAY: a table that new segments overwrite, so it needs no upkeep and
 *  no conversation can fill it. An entry is believed only when conversation, side and sequence number agree. */
import type { Packet } from '../dissect/packet.ts';

/** A power of two: what 1 Gbit/s of full segments sends in 95 ms; 256 KB. An overwritten entry costs one sample. */
const ENTRIES = 8192;
/** An entry lies in one cache line: conversation, start, end, one word unused, and the time as a double. */
const ENTRY_INTS = 8;
const FLOW_AT = 0;
const START_AT = 1;
const END_AT = 2;
/** In doubles. */
const TIME_AT = 2;
/** A giant frame (64 KiB of segmentation offload) holds at most this many segments of the usual sizes. */
const MAX_SEGMENTS_IN_FRAME = 64;

export function createSendTimes() {
  const memory = new ArrayBuffer(ENTRIES * ENTRY_INTS * 4);
  const ints = new Int32Array(memory);
  const doubles = new Float64Array(memory);

  /** @param flow number of the conversation * 2 + side, so that a slot taken anew finds nothing of the old */
  function note(flow: number, end: number, packet: Packet): void {
    const start = packet.seq;
    const at = entryOf(flow, start);
    ints[at + FLOW_AT] = flow;
    ints[at + START_AT] = start;
    ints[at + END_AT] = end;
    doubles[(at >> 1) + TIME_AT] = packet.tsUs;
  }

  /** When the segment from `start` on was sent first. One that left as part of a giant frame is looked for at the
   *  multiples of its own length before it.
   *  @param lengthBytes of the repeated segment, at least 1
   *  @returns µs since the epoch, 0 when unknown */
  function find(flow: number, start: number, lengthBytes: number): number {
    for (let n = 0; n < MAX_SEGMENTS_IN_FRAME; n++) {
      const from = (start - n * lengthBytes) | 0;
      const at = entryOf(flow, from);
      if (ints[at + FLOW_AT] !== flow || ints[at + START_AT] !== from) continue;
      return ((ints[at + END_AT]! - start) | 0) > 0 ? doubles[(at >> 1) + TIME_AT]! : 0;
    }
    return 0;
  }

  return { note, find };
}

/** @returns word offset of the one entry where it can be */
function entryOf(flow: number, start: number): number {
  const hash = Math.imul(start ^ Math.imul(flow, 0x9e3779b1), 0x85ebca6b);
  return ((hash ^ (hash >>> 15)) & (ENTRIES - 1)) * ENTRY_INTS;
}
