import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { contentPack } from '../../src/gen/content-pack/index.ts';
import { indexTemplates } from '../../src/gen/index-template.ts';
import { pages } from '../../src/gen/pages.ts';
import { schema } from '../../src/gen/schema.ts';
import { root } from '../../src/root.ts';

test.each([...pages(), schema(), ...indexTemplates(), contentPack()])(
  '$path is what the tables say',
  ({ path, text }) => {
    expect(readFileSync(root + path, 'utf8')).toBe(text);
  },
);
