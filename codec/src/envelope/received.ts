// cold. What a receiver is given and what it gives.
import type { Registry } from '../keys/registry.ts';
import type { Cipher } from './cipher.ts';
import type { ClockMode } from './leads.ts';
import type { Refusal } from './reasons.ts';

export interface ReceiverLimits {
  /** Datagrams a second, of one kid; 200,000 unless told: what one core opens, so one kid cannot take more than that. */
  readonly packetsPerSecond?: number;
  /** Bytes a second, of one kid; 256 MiB unless told. */
  readonly bytesPerSecond?: number;
  /** Older than this is stale, ms; 300,000 unless told. */
  readonly staleMs?: number;
}

export interface ReceiverOptions {
  readonly registry: Registry;
  readonly cipher: Cipher;
  /** strict: probes' clocks are within 300 s of ours. monotone: they may show any time that does not go back. */
  readonly clock?: ClockMode;
  readonly limits?: ReceiverLimits;
  /** Refuses stale messages instead of marking them; false unless told. */
  readonly dropStale?: boolean;
  /** Unix ms. */
  readonly startedAtMs: number;
  /** What `exportState` gave before the restart; empty at the very first start. Without it no state is kept, and only
   *  clocks that are not ahead of ours are safe from a replay over a restart. */
  readonly state?: Uint8Array;
}

/** One message, lent until the next call of `receive`. */
export interface Opened {
  readonly kind: 'opened';
  /** TYPE_HEARTBEAT, TYPE_GELF or TYPE_BATCH. */
  readonly type: number;
  /** Inflated. */
  readonly body: Uint8Array;
  readonly kid: number;
  readonly name: string;
  /** GELF `host` values the kid may use; undefined: any. */
  readonly hosts: readonly string[] | undefined;
  readonly t0: number;
  readonly sid: number;
  /** Of a fragmented message: that of its first fragment. */
  readonly seq: number;
  /** When it was sent by the probe's clock, unix ms. */
  readonly sentMs: number;
  /** Authentic, but older than the limit. */
  readonly isStale: boolean;
}

/** A fragment was taken in, and others of its message are missing. */
export interface Pending {
  readonly kind: 'pending';
}

export interface Refused {
  readonly kind: 'refused';
  readonly reason: Refusal;
}

export type Received = Opened | Pending | Refused;

export interface ReceiverCounters {
  /** Datagrams given to `receive`. */
  readonly datagrams: number;
  /** Messages opened, heartbeats left out. */
  readonly opened: number;
  readonly heartbeats: number;
  /** Fragments taken in that did not complete a message. */
  readonly pending: number;
  readonly stale: number;
  readonly refused: { readonly [R in Refusal]: number };
}

/** One probe's account since the receiver started. `duplicated` and `replayed` count claims: nothing proves who sent
 *  such a datagram. */
export interface ProbeStats {
  readonly kid: number;
  readonly name: string;
  readonly received: number;
  /** Sequence numbers that are missing below the highest one received. */
  readonly lost: number;
  /** Received after a higher number. */
  readonly late: number;
  readonly duplicated: number;
  readonly replayed: number;
  /** Unix ms of our clock. */
  readonly lastSeenMs: number;
}

export interface Receiver {
  /** @param datagram lent for the call
   *  @param nowMs our clock, unix ms */
  receive(datagram: Uint8Array, nowMs: number): Received;
  /** Takes a changed registry over; windows, floors and statistics of kids whose key is the same live on. */
  setRegistry(registry: Registry): void;
  /** @returns the state to write by write, fsync, rename, every 5 s and at the end */
  exportState(nowMs: number): Uint8Array;
  /** Say so when the last export is safely on the disk; a receiver with state opens nothing before the first time. */
  stateSaved(): void;
  /** @returns the counts since the last call */
  takeCounters(): ReceiverCounters;
  /** @returns the account of each kid that was ever heard */
  probeStats(): ProbeStats[];
}
