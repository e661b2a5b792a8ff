// cold. What a path says about itself: every frame is in one of these counters.
import type { PacketSource } from './capture/source.ts';
import type { Fragments } from './dissect/fragments.ts';
import { STATUS_NAMES } from './dissect/status.ts';
import type { FlowTable } from './flow/table.ts';
import type { Processes } from './host/processes.ts';
import type { Engine } from './protocols/engine.ts';

export type Counts = { readonly [name: string]: number };

export class Telemetry {
  readonly #source: PacketSource;
  readonly #fragments: Fragments;
  readonly #flows: FlowTable;
  readonly #engine: Engine;
  readonly #processes: Processes | undefined;
  readonly #undissected = new Float64Array(STATUS_NAMES.length);
  #own = 0;
  #filtered = 0;
  #duplicates = 0;

  constructor(
    source: PacketSource,
    fragments: Fragments,
    flows: FlowTable,
    engine: Engine,
    processes: Processes | undefined,
  ) {
    this.#source = source;
    this.#fragments = fragments;
    this.#flows = flows;
    this.#engine = engine;
    this.#processes = processes;
  }

  /** @param status see dissect/status.ts */
  countUndissected(status: number): void {
    this.#undissected[status]!++;
  }

  countOwn(): void {
    this.#own++;
  }

  countFiltered(): void {
    this.#filtered++;
  }

  /** A packet that was seen on another device. */
  countDuplicate(): void {
    this.#duplicates++;
  }

  /** @returns all counters by name */
  counts(): Counts {
    return {
      ...prefixed('capture', { ...this.#source.stats() }),
      ...prefixed('capture', { own: this.#own, filtered: this.#filtered, duplicates: this.#duplicates }),
      ...prefixed('dissect', Object.fromEntries(STATUS_NAMES.map((name, at) => [name, this.#undissected[at] ?? 0]))),
      ...prefixed('fragments', { ...this.#fragments.stats() }),
      ...prefixed('flow', { ...this.#flows.stats() }),
      ...prefixed('protocols', this.#engine.stats()),
      ...prefixed('process', this.#processes?.stats() ?? {}),
    };
  }
}

/** @returns the counters of several together, those that are 0 left out */
export function sumOf(parts: readonly Counts[]): Counts {
  const sum: { [name: string]: number } = {};
  for (const part of parts)
    for (const [name, count] of Object.entries(part)) if (count !== 0) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

export const prefixed = (station: string, counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${station}.${name}`, count]));
