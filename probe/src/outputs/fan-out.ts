/** cold. Several sinks as one. */
import type { OutputRecord } from '../records/record.ts';
import type { Sink } from './sink.ts';

export class FanOut implements Sink {
  readonly #sinks: ReadonlyMap<string, Sink>;

  /** @param sinks by name; the name begins the counters' names */
  constructor(sinks: ReadonlyMap<string, Sink>) {
    this.#sinks = sinks;
  }

  /** @returns true when one of them took it */
  write(record: OutputRecord, summary?: string): boolean {
    let taken = false;
    for (const sink of this.#sinks.values()) taken = sink.write(record, summary) || taken;
    return taken;
  }

  congestion(): Promise<void> | undefined {
    const waits = [...this.#sinks.values()].flatMap(sink => sink.congestion() ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sinks.values()].map(sink => sink.close()));
  }

  stats(): { readonly [name: string]: number } {
    const entries = [...this.#sinks].flatMap(([name, sink]) =>
      Object.entries(sink.stats()).map(([counter, value]) => [`${name}.${counter}`, value]),
    );
    return Object.fromEntries(entries);
  }
}
