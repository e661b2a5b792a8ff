// cold. IPv6 addresses as text. Source: RFC 5952 sections 4 and 5.

/** @param at offset of 16 bytes */
export function addressText6(bytes: Uint8Array, at: number): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[at + 2 * i] ?? 0) << 8) | (bytes[at + 2 * i + 1] ?? 0));
  const run = longestZeros(words);
  if (isMapped(words)) return `::ffff:${bytes.subarray(at + 12, at + 16).join('.')}`;
  const text = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map(word => word.toString(16))
      .join(':');
  return run.length < 2 ? text(0, 8) : `${text(0, run.at)}::${text(run.at + run.length, 8)}`;
}

/** An IPv4 address in IPv6: written with dots, as in SRC_IP. */
const isMapped = (words: readonly number[]): boolean =>
  words[5] === 0xffff && words.slice(0, 5).every(word => word === 0);

function longestZeros(words: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < words.length; at++) {
    let length = 0;
    while (words[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  return best;
}
