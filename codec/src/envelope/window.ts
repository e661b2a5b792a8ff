// hot. The replay window: which of the last 1,024 sequence numbers were seen, as a ring of bits.

/** Wide enough for the reordering of parallel paths at 100,000 datagrams a second over 10 ms. */
export const WINDOW_BITS = 1_024;
export const WINDOW_WORDS = WINDOW_BITS / 32;

export const FRESH = 0;
export const SEEN = 1;
export const BELOW = 2;

const wordOf = (seq: number): number => (seq & (WINDOW_BITS - 1)) >>> 5;
const bitOf = (seq: number): number => 1 << (seq & 31);

/** @param words the windows of all sessions
 *  @param at where this session's 32 words begin
 *  @param next one more than the highest sequence number seen; 0 before the first
 *  @returns FRESH, SEEN or BELOW, and changes nothing */
export function lookUp(words: Uint32Array, at: number, next: number, seq: number): number {
  if (seq >= next) return FRESH;
  if (next - seq > WINDOW_BITS) return BELOW;
  return ((words[at + wordOf(seq)] as number) & bitOf(seq)) === 0 ? FRESH : SEEN;
}

/** Marks a sequence number that is FRESH.
 *  @returns the new `next` */
export function markSeen(words: Uint32Array, at: number, next: number, seq: number): number {
  if (seq - next >= WINDOW_BITS) words.fill(0, at, at + WINDOW_WORDS);
  else for (let skipped = next; skipped < seq; skipped++) clearBit(words, at, skipped);
  const word = at + wordOf(seq);
  words[word] = (words[word] as number) | bitOf(seq);
  return seq < next ? next : seq + 1;
}

function clearBit(words: Uint32Array, at: number, seq: number): void {
  const word = at + wordOf(seq);
  words[word] = (words[word] as number) & ~bitOf(seq);
}
