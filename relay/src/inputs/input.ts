/** Where messages come in. */
export interface Input {
  /** Reads its files again (registry, certificates), changed or not; what is bad is logged, and the old stays. */
  reload(): void;
  /** @returns what it counted since the start beside the relay's own counters */
  counters(): { readonly [name: string]: number };
  /** Takes nothing more, and saves what must survive. */
  close(): Promise<void>;
}
