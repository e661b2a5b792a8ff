import type { OutputRecord } from '../records/record.ts';

/** Where records go. */
export interface Sink {
  /** @param summary the record in one readable line, for a sink that prints for people
   *  @returns false when it was refused (queue full, too long): the sink has counted it with its reason */
  write(record: OutputRecord, summary?: string): boolean;
  /** @returns when there will be room again, undefined while there is; who can wait (a file that is read) waits */
  congestion(): Promise<void> | undefined;
  /** Sends what is queued and stops. */
  close(): Promise<void>;
  /** Counters by name, e.g. `sent`, `bytes`, `dropped.queue_full`. */
  stats(): { readonly [name: string]: number };
}
