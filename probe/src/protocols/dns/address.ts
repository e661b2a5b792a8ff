// cold. IPv6 addresses as text. Source: RFC 5952 section 4.

/** @param at offset of 16 bytes */
export function addressText6(bytes: Uint8Array, at: number): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[at + 2 * i] ?? 0) << 8) | (bytes[at + 2 * i + 1] ?? 0));
  const run = longestZeros(words);
  const text = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map(word => word.toString(16))
      .join(':');
  return run.length < 2 ? text(0, 8) : `${text(0, run.at)}::${text(run.at + run.length, 8)}`;
}

function longestZeros(words: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < words.length; at++) {
    let length = 0;
    while (words[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  return best;
}
