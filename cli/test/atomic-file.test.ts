import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { writeFileAtomic } from '../src/atomic-file.ts';

const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'nano-atomic-'));

test('a file is replaced, readable by its owner only, and nothing else stays behind', async () => {
  const folder = makeFolder();
  const path = join(folder, 'state');
  writeFileSync(path, 'old', { mode: 0o644 });
  await writeFileAtomic(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['state']);
});

test('a write that fails leaves the folder as it was', async () => {
  const folder = makeFolder();
  await expect(writeFileAtomic(join(folder, 'missing', 'state'), 'new')).rejects.toThrow('ENOENT');
  expect(readdirSync(folder)).toEqual([]);
});

test('writers at the same time leave one whole content', async () => {
  const path = join(makeFolder(), 'state');
  const contents = ['a', 'b', 'c'].map(letter => letter.repeat(100_000));
  await Promise.all(contents.map(content => writeFileAtomic(path, content)));
  expect(contents).toContain(readFileSync(path, 'utf8'));
});
