import type { Delivery } from '@nanogelf/codec';

/** Where the relay passes records on to. An output never blocks and never throws: what it cannot take now it drops and
 *  counts, as `NAME.dropped.REASON`. */
export interface Output {
  readonly name: string;
  /** @param delivery may be kept: it is nobody's any more */
  write(delivery: Delivery): void;
  /** @returns what it counted beside the relay's own counters, such as chunks of messages that were never whole */
  counters?(): { readonly [name: string]: number };
  /** Passes on what is queued, within {@link CLOSE_MS}, and stops. */
  close(): Promise<void>;
}

/** An output that does not take its queue in this time loses it: a service that is told to stop has to stop. */
export const CLOSE_MS = 2_000;

/** Bytes an output may hold while its receiver is slow: a second of 50 Mbit/s. */
export const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
