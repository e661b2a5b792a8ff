// cold. What happened, by name. Names come from our own code only, so there are never many.
import type { ChunkStore } from '@nanogelf/codec';

/** @returns what became of chunks and of the messages they belong to, as `NAME.chunks.WHAT` */
export const chunkCounters = (name: string, { counters }: ChunkStore): { readonly [name: string]: number } =>
  Object.fromEntries(Object.entries(counters).map(([what, count]) => [`${name}.chunks.${what}`, count]));

export class Counters {
  readonly #counts = new Map<string, number>();

  add(name: string, count = 1): void {
    if (count !== 0) this.#counts.set(name, this.get(name) + count);
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** @returns all counters that are not 0, by name in alphabetical order */
  read(): { readonly [name: string]: number } {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
