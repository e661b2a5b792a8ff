import { expect, test } from '@jest/globals';
import { suggest } from '../src/suggestion.ts';

test('a slip of the finger is recognised, another word is not', () => {
  const known = ['device', 'drop', 'exp-domain'];
  expect(suggest('exp-domian', known)).toBe(' (did you mean exp-domain?)');
  expect(suggest('divice', known)).toBe(' (did you mean device?)');
  expect(suggest('colour', known)).toBe('');
});
