// cold. The work of each nano-keys command. What is said goes to stderr; stdout is for keys and lists.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperationalError } from '@nanogelf/cli';
import { formatKey, keyPairOf, type Registry } from '@nanogelf/codec';
import { defaultRegistryPath, loadRegistry, saveRegistry } from '../registry-file.ts';
import { chooseKeyFile, handOverKey, type KeyOutputOptions } from './key-output.ts';
import { describeRow, formatTable } from './list.ts';
import { withLock } from './lock.ts';
import { type Added, addKey, createRegistry, type RowWishes, revokeKeys, rotateKey } from './registry-changes.ts';

export interface RegistryOptions {
  readonly registry?: string;
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const now = (): number => Math.floor(Date.now() / 1000);
const pathOf = ({ registry }: RegistryOptions): string => registry ?? defaultRegistryPath();

export async function init(options: RegistryOptions): Promise<void> {
  const path = pathOf(options);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await withLock(path, async () => {
    if (existsSync(path)) throw new OperationalError('ERR_REGISTRY_EXISTS', `${path} exists; it is never overwritten`);
    const registry = createRegistry();
    await saveRegistry(path, registry);
    say(`${path}: made, receiver ${receiverText(registry)}`);
  });
}

export const add = (wishes: RowWishes, options: RegistryOptions & KeyOutputOptions): Promise<void> =>
  makeKey(wishes.name, options, registry => addKey(registry, wishes));

export const rotate = (name: string, overlapS: number, options: RegistryOptions & KeyOutputOptions): Promise<void> =>
  makeKey(name, options, registry => rotateKey(registry, name, now(), overlapS));

/** The key file is written first: a key that no registry knows is harmless, a row whose key is lost is not. */
async function makeKey(
  name: string,
  options: RegistryOptions & KeyOutputOptions,
  change: (registry: Registry) => Added,
): Promise<void> {
  const path = requireRegistry(options);
  const keyFile = chooseKeyFile(options, name, process.stdout.isTTY === true);
  await withLock(path, async () => {
    const { registry, row, key } = change(loadRegistry(path));
    await handOverKey(key, name, keyFile);
    await saveRegistry(path, registry);
    say(`${name}: key ${row.kid}, suite ${row.suite}${keyFile === undefined ? '' : `, in ${keyFile}`}`);
  });
}

export async function revoke(name: string, options: RegistryOptions): Promise<void> {
  const path = requireRegistry(options);
  await withLock(path, async () => {
    const { registry, kids } = revokeKeys(loadRegistry(path), name, now());
    await saveRegistry(path, registry);
    say(`${name}: revoked ${kids.join(', ')}; receivers refuse it as soon as they reload the registry`);
  });
}

export function list(options: RegistryOptions & { readonly json?: boolean }): void {
  const registry = loadRegistry(requireRegistry(options));
  const keys = registry.rows.map(row => describeRow(row, now()));
  const lines = options.json ? keys.map(key => JSON.stringify(key)) : formatTable(keys);
  process.stdout.write(lines.map(line => `${line}\n`).join(''));
}

/** Without it the lock would be the first thing that fails, with a line that helps nobody. */
function requireRegistry(options: RegistryOptions): string {
  const path = pathOf(options);
  if (existsSync(path)) return path;
  throw new OperationalError(
    'ERR_NO_REGISTRY',
    `${path}: no such file; make it with: nano-keys init --registry ${path}`,
  );
}

const receiverText = ({ secret }: Registry): string =>
  secret === undefined ? 'none' : formatKey('receiver', keyPairOf(secret).publicKey);
