// cold. How V8 is to keep the heap of a probe: much young garbage, little that lives. By flags that can be set while it
// runs, so that it does not matter how Node was started. What each brings: docs/decisions/flow-speed.md.
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Of the young generation: two halves of 2 MB. Most of what a record needs has died when one is full, and both stay in
 *  the cache; halves of 1 MB, as V8 begins, cost 5 % more CPU, of 16 MB, as it would end, 25 MB more memory. */
const YOUNG_BYTES = 4 * 1024 * 1024;
/** Objects made at a time, some 50 KB. */
const OBJECTS = 1000;
/** More than the young generation holds has survived long before: something else keeps it from growing. */
const MOST_ROUNDS = 500;

export function tuneHeap(): void {
  // A second thread that helps to collect 2 MB costs more than it does.
  setFlagsFromString('--no-parallel-scavenge');
  growYoungGeneration();
  setFlagsFromString('--semi-space-growth-factor=1');
  // Node 24 compiles hot code by Maglev before TurboFan does: it is warm 0.25 s of CPU earlier, and keeps 10 to 20 MB more.
  setFlagsFromString('--no-maglev');
  // What lives is small, and V8 would let garbage grow to three times as much before it collects it.
  setFlagsFromString('--heap-growing-percent=70');
}

/** V8 lets the young generation grow only when more than it holds has survived. */
function growYoungGeneration(): void {
  const survivors: object[][] = [];
  while (youngBytes() < YOUNG_BYTES && survivors.length < MOST_ROUNDS)
    survivors.push(Array.from({ length: OBJECTS }, () => ({})));
}

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? YOUNG_BYTES;
