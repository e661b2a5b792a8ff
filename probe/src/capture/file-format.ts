/** hot. What the pcap and the pcapng reader have in common. */
import type { FileWindow } from './file-window.ts';
import type { Interface, OnFrame } from './source.ts';

/** `heldUs` when no frame is held back. */
export const NONE_HELD = Number.NEGATIVE_INFINITY;

export interface FileFormat {
  readonly interfaces: readonly Interface[];
  /** Records that were longer than any frame may be. */
  readonly skipped: number;
  /** Stamp of the frame that `drain` held back because it is later than its limit, or NONE_HELD. */
  readonly heldUs: number;
  /** What is wrong with the record at the window's place; empty while all is well. */
  readonly problem: string;
  /** What has to follow where the unread bytes end, for the message about a cut file. */
  readonly expected: string;
  /** Hands over every whole frame of the window, in place, up to the first one stamped later than `limitUs`.
   *  @returns how many */
  drain(window: FileWindow, onFrame: OnFrame, limitUs: number): number;
}

/** DLT_RAW as some systems write it into files (12, 14) and LINKTYPE_RAW (101) mean the same.
 *  Source: https://www.tcpdump.org/linktypes.html */
export const LINKTYPE_ETHERNET = 1;
export const LINKTYPE_RAW = 101;
export const linkTypeOf = (written: number): number => (written === 12 || written === 14 ? LINKTYPE_RAW : written);
