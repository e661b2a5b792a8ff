/** hot. When segments were sent first, for RETRANS_DELAY: a table that new segments overwrite, so it needs no upkeep and
 *  no conversation can fill it. An entry is believed only when conversation, side and sequence number agree. */
import type { Packet } from '../dissect/packet.ts';

/** A power of two: what 1 Gbit/s of full segments sends in 190 ms; 320 KB. An overwritten entry costs one sample. */
const ENTRIES = 16384;
/** A giant frame (64 KiB of segmentation offload) holds at most this many segments of the usual sizes. */
const MAX_SEGMENTS_IN_FRAME = 64;

export type SendTimes = ReturnType<typeof createSendTimes>;

export function createSendTimes() {
  const flows = new Int32Array(ENTRIES);
  const starts = new Int32Array(ENTRIES);
  const ends = new Int32Array(ENTRIES);
  const timesUs = new Float64Array(ENTRIES);

  /** @param flow number of the conversation * 2 + side, so that a slot taken anew finds nothing of the old */
  function note(flow: number, end: number, packet: Packet): void {
    const start = packet.seq;
    const at = entryOf(flow, start);
    flows[at] = flow;
    starts[at] = start;
    ends[at] = end;
    timesUs[at] = packet.tsUs;
  }

  /** When the segment from `start` on was sent first. One that left as part of a giant frame is looked for at the
   *  multiples of its own length before it.
   *  @param lengthBytes of the repeated segment, at least 1
   *  @returns µs since the epoch, 0 when unknown */
  function find(flow: number, start: number, lengthBytes: number): number {
    for (let n = 0; n < MAX_SEGMENTS_IN_FRAME; n++) {
      const from = (start - n * lengthBytes) | 0;
      const at = entryOf(flow, from);
      if (flows[at] !== flow || starts[at] !== from) continue;
      return ((ends[at]! - start) | 0) > 0 ? timesUs[at]! : 0;
    }
    return 0;
  }

  return { note, find };
}

function entryOf(flow: number, start: number): number {
  const hash = Math.imul(start ^ Math.imul(flow, 0x9e3779b1), 0x85ebca6b);
  return (hash ^ (hash >>> 15)) & (ENTRIES - 1);
}
