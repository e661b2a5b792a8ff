/** A finished record with plain field names, as docs/fields.md lists them. `host`, `short_message`, `timestamp` and
 *  `level` are GELF's own; every other name gets GELF's underscore on the wire. */
export type OutputRecord = { [field: string]: string | number | readonly unknown[] | object | undefined };

/** Where records go. */
export interface Sink {
  /** @param summary the record in one readable line, for a sink that prints for people
   *  @returns false when it was refused (queue full, too long): the sink has counted it with its reason */
  write(record: OutputRecord, summary?: string): boolean;
  /** Sends what is queued and stops. */
  close(): Promise<void>;
  /** Counters by name, e.g. `sent`, `bytes`, `dropped.queue_full`. */
  stats(): { readonly [name: string]: number };
}
