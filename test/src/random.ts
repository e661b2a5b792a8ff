/** A local one: globals are slow to reach where jest runs the caller. */
const { imul } = Math;

/** A small seeded generator (mulberry32): the same seed gives the same numbers on every machine.
 *  @returns a function like Math.random */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
}
