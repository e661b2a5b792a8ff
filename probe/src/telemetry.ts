// cold. What the probe says about itself: every frame and record is in one of these counters.
import type { PacketSource } from './capture/source.ts';
import type { Fragments } from './dissect/fragments.ts';
import { STATUS_NAMES } from './dissect/status.ts';
import type { FlowTable } from './flow/table.ts';
import type { Sink } from './outputs/sink.ts';
import type { Engine } from './protocols/engine.ts';

export type Counts = { readonly [name: string]: number };

export class Telemetry {
  readonly #source: PacketSource;
  readonly #fragments: Fragments;
  readonly #flows: FlowTable;
  readonly #engine: Engine;
  readonly #sink: Sink;
  readonly #undissected = new Float64Array(STATUS_NAMES.length);
  #own = 0;
  #filtered = 0;
  #duplicates = 0;

  constructor(source: PacketSource, fragments: Fragments, flows: FlowTable, engine: Engine, sink: Sink) {
    this.#source = source;
    this.#fragments = fragments;
    this.#flows = flows;
    this.#engine = engine;
    this.#sink = sink;
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

  /** @returns all counters by name, those that are 0 left out */
  counts(): Counts {
    const all = {
      ...prefixed('capture', { ...this.#source.stats() }),
      ...prefixed('capture', { own: this.#own, filtered: this.#filtered, duplicates: this.#duplicates }),
      ...prefixed('dissect', Object.fromEntries(STATUS_NAMES.map((name, at) => [name, this.#undissected[at] ?? 0]))),
      ...prefixed('fragments', { ...this.#fragments.stats() }),
      ...prefixed('flow', { ...this.#flows.stats() }),
      ...prefixed('protocols', this.#engine.stats()),
      ...prefixed('output', this.#sink.stats()),
    };
    return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));
  }
}

const prefixed = (station: string, counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${station}.${name}`, count]));
