import { closestMatch } from 'leven';

/** Two slips in a short word, a third of a longer one: what is further away is another word. */
const limitOf = (word: string): number => Math.max(2, Math.floor(word.length / 3));

/** @returns ` (did you mean NAME?)` for a name that is nearly one of `known`, else the empty string */
export function suggest(name: string, known: readonly string[]): string {
  const match = closestMatch(name, known, { maxDistance: limitOf(name) });
  return match === undefined ? '' : ` (did you mean ${match}?)`;
}
