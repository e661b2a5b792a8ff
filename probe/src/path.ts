// cold. What runs between a source and the outputs, in this thread or as workers, and what each may ask of the other.
import type { AnalysisConfig } from './config/config.ts';
import type { MarkPath } from './outputs/udp-group.ts';
import type { Identity } from './records/identity.ts';
import type { OutputRecord } from './records/record.ts';
import type { Counts } from './telemetry.ts';

/** A probe at work. */
export interface Running {
  /** @returns all counters by name, those that are 0 left out */
  counts(): Promise<Counts>;
  /** Takes over filters, kinds of network records, how many exchanges are kept, what is kept of headers and bodies, and
   *  what is hidden in them; the rest needs a restart. */
  adopt(analysis: AnalysisConfig): void;
}

/** Where a path ends: in the outputs, or in a worker at the thread that has them. */
export interface Outlet {
  write(record: OutputRecord, summary?: string): void;
  /** When to go on with a file, or with the last records; undefined: now. */
  congestion(): Promise<void> | undefined;
  /** Calls `mark` for each path that our own datagrams take now. */
  eachOwnPath(mark: MarkPath): void;
}

/** From captured packets to records. */
export interface Path extends Running {
  /** Until the file has ended or the signal says stop; then ends every open conversation. */
  run(signal: AbortSignal): Promise<void>;
}

/** Makes a path of a source that is open. */
export type StartPath = (outlet: Outlet, identity: Identity) => Promise<Path>;
