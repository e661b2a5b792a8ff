import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { pages } from '../../src/gen/pages.ts';
import { schema } from '../../src/gen/schema.ts';
import { root } from '../../src/root.ts';

test.each([...pages(), schema()])('$path is what the tables say', ({ path, text }) => {
  expect(readFileSync(root + path, 'utf8')).toBe(text);
});
