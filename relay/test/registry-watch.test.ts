import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLog } from '@nanogelf/cli';
import { formatRegistry } from '@nanogelf/codec';
import { addKey, createRegistry } from '../src/keys/registry-changes.ts';
import { type RegistryWatch, watchRegistry } from '../src/registry-watch.ts';

let folder = '';
let path = '';
let watch: RegistryWatch | undefined;
const used: number[] = [];
const logged: string[] = [];
const log = createLog({
  write: line => logged.push(line),
  format: 'json',
  colour: false,
  syslogPrefix: false,
  level: 'info',
});
const empty = createRegistry();
const one = addKey(empty, { name: 'web', suite: 'psk' }).registry;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nano-relay-'));
  path = join(folder, 'registry');
  writeFileSync(path, formatRegistry(empty), { mode: 0o600 });
  used.length = 0;
  logged.length = 0;
  watch = watchRegistry(path, log, registry => used.push(registry.rows.length));
});
afterEach(() => {
  watch?.close();
  rmSync(folder, { recursive: true });
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(20);
}

test('a registry that was replaced is taken over', async () => {
  writeFileSync(`${path}.new`, formatRegistry(one), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  await until(() => used.length > 0);
  expect(used).toEqual([1]);
});

test.each([
  ['does not parse', () => writeFileSync(path, 'nonsense')],
  ['others can read', () => chmodSync(path, 0o644)],
  ['is gone', () => rmSync(path)],
])('a registry that %s is a loud error, and the last good one stays', (_, spoil) => {
  spoil();
  watch?.reload();
  expect(used).toEqual([]);
  expect(logged.join('')).toMatch(/"level":"error".*the last good one stays/);
});
