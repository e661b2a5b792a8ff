// hot. Token buckets: what each kid may still send this second, in datagrams and in bytes.
import { widen } from './columns.ts';

export const WITHIN = 0;
export const OVER_PACKETS = 1;
export const OVER_BYTES = 2;

/** A bucket holds one second of its rate: the burst that a probe may send at once. */
export class Buckets {
  readonly packetsPerS: number;
  readonly bytesPerS: number;
  private packets = new Float64Array(0);
  private bytes = new Float64Array(0);
  private filledMs = new Float64Array(0);

  constructor(packetsPerS: number, bytesPerS: number) {
    this.packetsPerS = packetsPerS;
    this.bytesPerS = bytesPerS;
  }

  /** Makes room for more kids, whose buckets begin full. */
  grow(rows: number): void {
    const before = this.packets.length;
    this.packets = widen(this.packets, rows).fill(this.packetsPerS, before);
    this.bytes = widen(this.bytes, rows).fill(this.bytesPerS, before);
    this.filledMs = widen(this.filledMs, rows);
  }

  /** Takes one datagram out, unless the bucket has too little.
   *  @returns WITHIN, OVER_PACKETS or OVER_BYTES */
  take(row: number, lenBytes: number, nowMs: number): number {
    this.refill(row, nowMs);
    if ((this.packets[row] as number) < 1) return OVER_PACKETS;
    if ((this.bytes[row] as number) < lenBytes) return OVER_BYTES;
    this.packets[row] = (this.packets[row] as number) - 1;
    this.bytes[row] = (this.bytes[row] as number) - lenBytes;
    return WITHIN;
  }

  private refill(row: number, nowMs: number): void {
    const elapsedMs = nowMs - (this.filledMs[row] as number);
    if (elapsedMs === 0) return;
    this.filledMs[row] = nowMs;
    // A clock set back refills nothing, and the next interval counts from there.
    const seconds = Math.min(1, Math.max(0, elapsedMs / 1000));
    this.packets[row] = Math.min(this.packetsPerS, (this.packets[row] as number) + seconds * this.packetsPerS);
    this.bytes[row] = Math.min(this.bytesPerS, (this.bytes[row] as number) + seconds * this.bytesPerS);
  }
}
