// cold. What a test may say of memory.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Memory {
  /** What is reachable on the heap and beside it (buffers, typed arrays). */
  readonly keptBytes: number;
  readonly residentBytes: number;
}

/** Collects garbage first, so that what is measured is what is kept. */
export function memoryNow(): Memory {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { keptBytes: heapUsed + external, residentBytes: rss };
}

/** @returns bytes by which memory grew since `before`, 0 or less when it did not */
export function growthSince(before: Memory): Memory {
  const now = memoryNow();
  return {
    keptBytes: now.keptBytes - before.keptBytes,
    residentBytes: now.residentBytes - before.residentBytes,
  };
}
