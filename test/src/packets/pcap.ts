// cold. Pcap files. Source: draft-ietf-opsawg-pcap, sections 4 and 5.
import { LINKTYPE_ETHERNET } from './link.ts';

/** One frame and when it was seen. */
export interface Frame {
  /** Whole microseconds since the epoch. */
  readonly tsUs: number;
  /** Nanoseconds beneath `tsUs`, 0..999; a file of microseconds loses them. */
  readonly extraNs?: number;
  readonly bytes: Uint8Array;
  /** Length on the wire where it is more than was captured. */
  readonly wireBytes?: number;
}

export interface PcapOptions {
  readonly linkType?: number;
  readonly resolution?: 'us' | 'ns';
  readonly order?: 'little' | 'big';
  /** Bytes of each frame that are kept. */
  readonly snapBytes?: number;
}

const MAGIC_US = 0xa1b2c3d4;
const MAGIC_NS = 0xa1b23c4d;
const SNAP_BYTES = 262144;

/** @returns a whole pcap file */
export const pcapFile = (frames: readonly Frame[], options: PcapOptions = {}): Buffer =>
  Buffer.concat([pcapHeader(options), ...frames.map(frame => pcapRecord(frame, options))]);

/** @returns the 24 bytes that a file starts with */
export function pcapHeader(options: PcapOptions = {}): Buffer {
  const { u16, u32 } = writers(options.order);
  const magic = options.resolution === 'ns' ? MAGIC_NS : MAGIC_US;
  const snapBytes = options.snapBytes ?? SNAP_BYTES;
  const linkType = options.linkType ?? LINKTYPE_ETHERNET;
  return Buffer.concat([u32(magic), u16(2), u16(4), u32(0), u32(0), u32(snapBytes), u32(linkType)]);
}

/** @returns one frame with its record header */
export function pcapRecord(frame: Frame, options: PcapOptions = {}): Buffer {
  const { u32 } = writers(options.order);
  const kept = frame.bytes.subarray(0, options.snapBytes ?? SNAP_BYTES);
  const us = frame.tsUs % 1e6;
  const fraction = options.resolution === 'ns' ? us * 1000 + (frame.extraNs ?? 0) : us;
  const wireBytes = frame.wireBytes ?? frame.bytes.length;
  return Buffer.concat([u32(Math.floor(frame.tsUs / 1e6)), u32(fraction), u32(kept.length), u32(wireBytes), kept]);
}

function writers(order: 'little' | 'big' = 'little') {
  const write = (length: number) => (value: number) => {
    const bytes = Buffer.alloc(length);
    bytes.writeUIntBE(value, 0, length);
    return order === 'big' ? bytes : bytes.reverse();
  };
  return { u16: write(2), u32: write(4) };
}
