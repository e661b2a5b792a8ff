import { OperationalError } from '@nanogelf/cli';

/** One network interface that frames come from. */
export interface Interface {
  readonly name: string;
  /** Data link type as pcap numbers them (LINKTYPE_*, https://www.tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** Its addresses as text; empty for a file. */
  readonly addresses: readonly string[];
}

/** Takes one frame. Everything is lent: valid during the call only.
 *  @param bytes the buffer that holds the frame
 *  @param at offset of its first byte
 *  @param capturedBytes bytes present from `at`
 *  @param wireBytes length of the frame as it was on the wire, at least `capturedBytes`
 *  @param tsUs arrival, whole microseconds since the epoch
 *  @param iface index into the source's `interfaces`
 *  @param vlanTci the VLAN tag that the kernel took off the frame, or -1 */
export type OnFrame = (
  bytes: Uint8Array,
  at: number,
  capturedBytes: number,
  wireBytes: number,
  tsUs: number,
  iface: number,
  vlanTci: number,
) => void;

/** Counters since the source was opened. */
export interface CaptureStats {
  /** Frames that passed the kernel's filter, dropped ones included. */
  received: number;
  /** Frames the kernel or the ring had no room for. */
  dropped: number;
  /** What else a source counts, by name; there once it was counted. */
  [name: string]: number;
}

/** Where frames come from: the ring, libpcap, or a file. Hot: `drain` is called for every block of frames. */
export interface PacketSource {
  /** May grow while it runs (an interface that comes); an index never changes its meaning. */
  readonly interfaces: readonly Interface[];
  /** True once a file has ended; a live source never ends. */
  readonly ended: boolean;
  /** Hands over what is there now, at most one batch (a block of the ring, 64 KiB of a file).
   *  @returns the number of frames handed over; 0 when nothing is waiting
   *  @throws CaptureError when the device is gone or the file is damaged (after what was readable was handed over) */
  drain(onFrame: OnFrame): number;
  /** Resolves when `drain` may find frames, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
  stats(): CaptureStats;
  close(): void;
}

/** A source that cannot open or go on; the message is one clear line for the operator, the code one of ERR_NO_DEVICE,
 *  ERR_NO_RIGHTS, ERR_BAD_FILTER, ERR_DAMAGED_FILE, … */
export class CaptureError extends OperationalError {
  override readonly name = 'CaptureError';
}
