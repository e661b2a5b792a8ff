// cold. What our programs say about themselves on stderr.

export type Counters = { readonly [name: string]: number };

/** @param lines of a probe's or a relay's stderr
 *  @returns the latest counters among them; empty when there are none */
export function latestCounters(lines: readonly string[]): Counters {
  const line = lines.findLast(text => text.includes('"counters"'));
  if (line === undefined) return {};
  const { time, level, message, counters, ...rest } = JSON.parse(line.slice(line.indexOf('{')));
  return counters ?? rest;
}
