/** Counts by name; a name exists once it was counted. */
export class Counters {
  readonly #counts: { [name: string]: number } = {};

  add(name: string, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
  }

  snapshot(): { readonly [name: string]: number } {
    return { ...this.#counts };
  }
}
