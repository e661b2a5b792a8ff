import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { deriveProbeKey, keyPairOf, type ProbeKey, parseProbeKeyFile, parseRegistry } from '@nanogelf/codec';

const command = fileURLToPath(new URL('../src/keys/main.js', import.meta.url));
let folder = '';
let registryPath = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nano-keys-'));
  registryPath = join(folder, 'registry');
});
afterEach(() => rmSync(folder, { recursive: true }));

const keys = (...args: string[]) =>
  spawnSync(process.execPath, [command, ...args], {
    cwd: folder,
    env: { ...process.env, NANO_REGISTRY: registryPath },
    encoding: 'utf8',
  });
const registry = () => {
  const { registry: read } = parseRegistry(readFileSync(registryPath, 'utf8'));
  if (read === undefined) throw new Error('the registry does not parse');
  return read;
};
const keyIn = (file: string): ProbeKey => {
  const { value, error } = parseProbeKeyFile(readFileSync(join(folder, file), 'utf8'));
  if (value === undefined) throw new Error(error);
  return value;
};
const modeOf = (file: string) => (statSync(join(folder, file)).mode & 0o777).toString(8);
const EMPTY = Buffer.alloc(0);

test('init makes a registry that only its owner can read, once', () => {
  expect(keys('init').status).toBe(0);
  const before = readFileSync(registryPath);
  expect([modeOf('registry'), registry().rows]).toEqual(['600', []]);
  expect(keys('init')).toMatchObject({ status: 1, stderr: expect.stringContaining('never overwritten') });
  expect(readFileSync(registryPath)).toEqual(before);
});

test('a sealed key file fits its row, and the registry has no secret of the probe', () => {
  keys('init');
  expect(keys('add', 'web', '--out', 'web.key')).toMatchObject({ status: 0, stdout: '' });
  const key = keyIn('web.key');
  const { rows, secret } = registry();
  if (key.suite !== 'sealed') throw new Error('sealed expected');
  expect(Buffer.from(keyPairOf(key.secret).publicKey)).toEqual(Buffer.from(rows[0]?.key ?? EMPTY));
  expect(Buffer.from(key.receiver)).toEqual(Buffer.from(keyPairOf(secret ?? EMPTY).publicKey));
  expect(modeOf('web.key')).toBe('600');
});

test('a psk key file holds the key that the master gives for its kid, not the master', () => {
  keys('init');
  keys('add', 'web', '--suite', 'psk', '--out', 'web.key');
  const key = keyIn('web.key');
  if (key.suite !== 'psk') throw new Error('psk expected');
  expect(Buffer.from(key.key)).toEqual(Buffer.from(deriveProbeKey(registry().master ?? EMPTY, key.kid)));
});

test('hosts and validity reach the registry', () => {
  keys('init');
  keys(
    'add',
    'web',
    '--host',
    'a',
    'b',
    '--not-before',
    '2026-01-01',
    '--not-after',
    '2027-01-01T12:00:00Z',
    '--stdout',
  );
  expect(registry().rows).toMatchObject([
    { hosts: ['a', 'b'], notBeforeS: Date.UTC(2026, 0) / 1000, notAfterS: Date.UTC(2027, 0, 1, 12) / 1000 },
  ]);
});

test('a key goes to stdout only into a pipe or when asked for, and a list never shows one', () => {
  keys('init');
  expect(keys('add', 'web').stdout).toMatch(/^1:nk1s_\S+:nk1r_\S+\n$/);
  expect(keys('add', 'db', '--suite', 'psk', '--stdout').stdout).toMatch(/^2:nk1p_\S+\n$/);
  expect(existsSync(join(folder, 'web.key'))).toBe(false);
  for (const { stdout, stderr } of [keys('list'), keys('list', '--json')]) expect(stdout + stderr).not.toMatch(/nk1/);
});

test('a key file is never overwritten, and the registry then stays as it was', () => {
  keys('init');
  writeFileSync(join(folder, 'web.key'), 'mine');
  const before = readFileSync(registryPath);
  expect(keys('add', 'web', '--out', 'web.key').status).toBe(1);
  expect([readFileSync(join(folder, 'web.key'), 'utf8'), readFileSync(registryPath)]).toEqual(['mine', before]);
});

test('rotate gives a new kid and lets the old one overlap', () => {
  keys('init');
  keys('add', 'web', '--host', 'a', '--out', '1.key');
  const nowS = Date.now() / 1000;
  expect(keys('rotate', 'web', '--overlap', '2h', '--out', '2.key').status).toBe(0);
  const [old, fresh] = registry().rows;
  expect(old?.notAfterS).toBeGreaterThan(nowS + 7_190);
  expect(fresh).toMatchObject({ kid: 2, name: 'web', suite: 'sealed', hosts: ['a'] });
  expect(fresh?.notAfterS).toBeUndefined();
  expect(keyIn('2.key').kid).toBe(2);
});

test('revoke leaves tombstones without keys, and their kids never return', () => {
  keys('init');
  keys('add', 'web', '--stdout');
  keys('rotate', 'web', '--stdout');
  expect(keys('revoke', 'web').status).toBe(0);
  expect(registry().rows.map(({ kid, key, revokedS }) => [kid, key, revokedS !== undefined])).toEqual([
    [1, undefined, true],
    [2, undefined, true],
  ]);
  expect(keys('add', 'web', '--stdout').stdout).toMatch(/^3:/);
});

test('a registry that others can read is refused with the command that mends it', () => {
  keys('init');
  chmodSync(registryPath, 0o640);
  expect(keys('list')).toMatchObject({ status: 1, stderr: expect.stringContaining(`chmod 600 ${registryPath}`) });
});

test.each([
  ['no registry', ['list'], 1, 'nano-keys init'],
  ['an unknown command', ['frob'], 2, 'unknown command'],
  ['a bad suite', ['add', 'web', '--suite', 'rsa'], 2, 'psk or sealed'],
  ['a bad name', ['add', '-x/y'], 2, 'nano-keys'],
  ['a bad time', ['add', 'web', '--not-after', 'soon'], 2, '2027-01-31'],
  ['a bad overlap', ['rotate', 'web', '--overlap', '7'], 2, '7d'],
])('%s is one clear line', (_, args, status, part) => {
  const run = keys(...args);
  expect(run.status).toBe(status);
  expect(run.stderr.trim().split('\n')).toEqual([expect.stringContaining(part)]);
});

test('a name in use and a name without a key say what to do', () => {
  keys('init');
  keys('add', 'web', '--stdout');
  expect(keys('add', 'web', '--stdout').stderr).toContain('nano-keys rotate web');
  expect(keys('revoke', 'wbe').stderr).toContain('did you mean web?');
});

test('ten nano-keys at once add ten keys', async () => {
  keys('init');
  const runs = Array.from({ length: 10 }, (_, i) =>
    once(
      spawn(process.execPath, [command, 'add', `probe-${i}`, '--out', `${i}.key`, '--registry', registryPath], {
        cwd: folder,
        stdio: 'ignore',
      }),
      'exit',
    ),
  );
  expect((await Promise.all(runs)).map(([code]) => code)).toEqual(new Array(10).fill(0));
  expect(registry().rows.map(row => row.kid)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(existsSync(`${registryPath}.lock`)).toBe(false);
});

test('a lock that is never given back names its holder and the mend', () => {
  keys('init');
  writeFileSync(`${registryPath}.lock`, '4711\n');
  expect(keys('add', 'web', '--stdout')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/process 4711.*rm .*registry\.lock/),
  });
});
