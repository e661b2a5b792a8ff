// cold. The registry on disk: read with its rights checked, written as a whole.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OperationalError, readSecretFile, writeFileAtomic } from '@nanogelf/cli';
import { formatRegistry, parseRegistry, type Registry } from '@nanogelf/codec';

/** @returns where the registry is unless told: the system's place for root, else the user's own */
export function defaultRegistryPath(env: NodeJS.ProcessEnv = process.env): string {
  if (env.NANO_REGISTRY) return env.NANO_REGISTRY;
  if (process.getuid?.() === 0) return '/etc/nano/registry';
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'nano', 'registry');
}

/** @throws OperationalError that names the file, each line that is wrong, and what mends its rights */
export function loadRegistry(path: string): Registry {
  const { registry, errors } = parseRegistry(readSecretFile(path));
  if (registry !== undefined) return registry;
  throw new OperationalError(
    'ERR_BAD_REGISTRY',
    errors.map(({ line, message }) => `${path}:${line}: ${message}`).join('\n'),
  );
}

export const saveRegistry = (path: string, registry: Registry): Promise<void> =>
  writeFileAtomic(path, formatRegistry(registry));
