import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { vectorFiles } from '../../src/gen/vectors.ts';
import { root } from '../../src/root.ts';

test.each(vectorFiles())('$path is what the generator makes', ({ path, text }) => {
  expect(readFileSync(`${root}${path}`, 'utf8') === text).toBe(true);
  expect(text.length).toBeLessThan(500_000);
});
