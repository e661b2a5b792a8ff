/** cold. Integers of the flow table as records show them. */

/** @returns milliseconds, to the microsecond */
export const toMs = (us: number): number => Math.round(us) / 1000;

/** @param word an IPv4 address, first byte highest */
export const formatIpv4 = (word: number): string =>
  `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;

/** @param words four of 32 bits, first byte highest
 *  @returns the canonical text. Source: RFC 5952 */
export function formatIpv6(words: readonly number[]): string {
  const groups = words.flatMap(word => [word >>> 16, word & 0xffff]);
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) return `::ffff:${formatIpv4(words[3]!)}`;
  const [start, end] = longestZeros(groups);
  const text = (part: readonly number[]): string => part.map(group => group.toString(16)).join(':');
  return end - start < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(end))}`;
}

function longestZeros(groups: readonly number[]): [number, number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best[1] - best[0]) best = [start, end];
    if (end > start) start = end;
  }
  return best;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** @param upper the first four bytes as a word, first byte highest
 *  @param lower the last two
 *  @returns `02:42:ac:11:00:02` */
export const formatMac = (upper: number, lower: number): string =>
  `${HEX[upper >>> 24]}:${HEX[(upper >>> 16) & 255]}:${HEX[(upper >>> 8) & 255]}:${HEX[upper & 255]}:${HEX[lower >>> 8]}:${HEX[lower & 255]}`;
