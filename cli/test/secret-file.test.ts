import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readSecretFile } from '../src/secret-file.ts';

const SECRET = 'nk1p_do-not-tell';
const folder = mkdtempSync(join(tmpdir(), 'nano-secret-'));

function makeFile(name: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, SECRET);
  chmodSync(path, mode);
  return path;
}

function refusal(path: string): string {
  try {
    readSecretFile(path);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('was read');
}

test('a file that only its owner can read is read', () => {
  expect(readSecretFile(makeFile('good', 0o600))).toBe(SECRET);
  expect(readSecretFile(makeFile('read-only', 0o400))).toBe(SECRET);
});

test.each([0o644, 0o640, 0o660, 0o604, 0o620])('mode %i is refused with the chmod that mends it', mode => {
  const path = makeFile(`mode-${mode}`, mode);
  const message = refusal(path);
  expect(message).toContain(`mend with: chmod 600 ${path}`);
  expect(message).not.toContain(SECRET);
  execFileSync('chmod', ['600', path]);
  expect(readSecretFile(path)).toBe(SECRET);
});

test('a file of another user is refused with the chown that mends it', () => {
  const path = makeFile('foreign', 0o600);
  if (process.geteuid?.() !== 0) return expect(process.geteuid?.()).toBeGreaterThan(0);
  chownSync(path, 65_534, 65_534);
  expect(refusal(path)).toContain(`mend with: chown 0 ${path}`);
});

test('a folder, a device, a named pipe and a missing file are refused without waiting', () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', ['-m', '600', pipe]);
  expect(refusal(folder)).toContain('not a regular file');
  expect(refusal('/dev/null')).toContain('not a regular file');
  expect(refusal(pipe)).toContain('not a regular file');
  expect(refusal(join(folder, 'none'))).toContain('no such file or folder (ENOENT)');
});

test('a credential that systemd opened to its service by an access list is read', () => {
  const path = makeFile('credential', 0o440);
  expect(refusal(path)).toContain('mode 0440');
  process.env.CREDENTIALS_DIRECTORY = folder;
  try {
    expect(readSecretFile(path)).toBe(SECRET);
  } finally {
    delete process.env.CREDENTIALS_DIRECTORY;
  }
});
