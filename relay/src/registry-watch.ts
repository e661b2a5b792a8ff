// cold. Takes over a changed registry; a bad one changes nothing but the log.
import { statSync } from 'node:fs';
import type { Log } from '@nanogelf/cli';
import type { Registry } from '@nanogelf/codec';
import { loadRegistry } from './registry-file.ts';

const POLL_MS = 1_000;

export interface RegistryWatch {
  /** Reads the file now, changed or not. */
  reload(): void;
  close(): void;
}

/** @param use takes a registry that parsed */
export function watchRegistry(path: string, log: Log, use: (registry: Registry) => void): RegistryWatch {
  let seen = fingerprint(path);
  function reload(): void {
    seen = fingerprint(path);
    try {
      const registry = loadRegistry(path);
      use(registry);
      log.info(`registry read: ${registry.rows.length} keys`, { path });
    } catch (error) {
      log.error(`the registry is bad, the last good one stays: ${(error as Error).message}`);
    }
  }
  const timer = setInterval(() => {
    if (fingerprint(path) !== seen) reload();
  }, POLL_MS);
  timer.unref();
  return { reload, close: () => clearInterval(timer) };
}

/** A file that was replaced has another inode, one that was edited another time or size. */
function fingerprint(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}
