// hot. How far each kid's clock may be ahead of ours, so that after a crash no datagram is accepted twice.
//
// The state file is up to 5 s old when a receiver dies. What was accepted since is in no window, so a restarted receiver
// must know a bound that the send time of every accepted datagram has kept: `send time <= our clock + bound`. Then
// everything accepted before the start was sent, by the probe's own clock, before start + bound, and is refused. So a
// bound is only used once it is saved, and a clock further ahead than that waits for the next save.
import { widen } from './columns.ts';

/** strict: a kid whose clock is at most this far ahead needs no entry in the state. */
const STRICT_MARGIN_MS = 1_000;
/** monotone: what the delay of the path may shrink by between two saves. */
const MONOTONE_MARGIN_MS = 10_000;

export type ClockMode = 'strict' | 'monotone';
const UNKNOWN = Number.NEGATIVE_INFINITY;

export class Leads {
  private readonly mode: ClockMode;
  private readonly startMs: number;
  private readonly isRestart: boolean;
  /** What the state file holds for sure, and what a file under way may hold: a crash can leave either. */
  private saved = new Float64Array(0);
  private exported = new Float64Array(0);
  /** The largest lead that was refused since the newest session began. */
  private wanted = new Float64Array(0);
  private startFloor = new Float64Array(0);

  /** @param startMs when the receiver started, by its own clock
   *  @param isRestart true when a state file was found */
  constructor(mode: ClockMode, startMs: number, isRestart: boolean) {
    this.mode = mode;
    this.startMs = startMs;
    this.isRestart = isRestart;
  }

  grow(rows: number): void {
    const before = this.saved.length;
    this.saved = widen(this.saved, rows).fill(UNKNOWN, before);
    this.exported = widen(this.exported, rows).fill(UNKNOWN, before);
    this.wanted = widen(this.wanted, rows).fill(UNKNOWN, before);
    this.startFloor = widen(this.startFloor, rows).fill(this.floorFor(UNKNOWN), before);
  }

  /** Takes a kid's lead over from the state file. */
  restore(row: number, leadMs: number): void {
    this.saved[row] = leadMs;
    this.exported[row] = leadMs;
    this.startFloor[row] = this.floorFor(leadMs);
  }

  private boundOf(leadMs: number): number {
    return this.mode === 'strict' ? Math.max(0, leadMs) + STRICT_MARGIN_MS : leadMs + MONOTONE_MARGIN_MS;
  }

  /** @returns the earliest send time that cannot have been accepted before the start */
  private floorFor(leadMs: number): number {
    if (this.isRestart) return this.startMs + this.boundOf(leadMs) + 1;
    return this.mode === 'strict' ? this.startMs : UNKNOWN;
  }

  isBeforeStart(row: number, sentMs: number): boolean {
    return sentMs < (this.startFloor[row] as number);
  }

  /** @returns false when accepting this lead would not be safe yet; it is remembered for the next export */
  isSaved(row: number, leadMs: number): boolean {
    const least = Math.min(this.saved[row] as number, this.exported[row] as number);
    if (leadMs <= this.boundOf(least)) return true;
    this.wanted[row] = Math.max(this.wanted[row] as number, leadMs);
    return false;
  }

  /** A session was accepted: what was refused before it is seen in its own lead, or history. */
  settle(row: number): void {
    this.wanted[row] = UNKNOWN;
  }

  /** @param seenMs the largest lead of the row's live sessions
   *  @returns the lead to write, -Infinity when nothing was ever known */
  export(row: number, seenMs: number): number {
    const leadMs = Math.max(seenMs, this.wanted[row] as number);
    if (leadMs !== UNKNOWN) this.exported[row] = leadMs;
    return this.exported[row] as number;
  }

  /** What was exported last is on the disk now. */
  markSaved(): void {
    this.saved.set(this.exported);
  }
}
