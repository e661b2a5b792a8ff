// cold. A host and a folder of its own for each live test.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, makeHostPair } from '../hosts/index.ts';

export interface LiveScene {
  /** Its loopback carries nothing but the test's traffic. */
  readonly host: Host;
  /** For servers' data and the probe's records; others may read it, as some servers run as users of their own. */
  readonly folder: string;
  /** Ends what runs on the host and removes both. */
  remove(): void;
}

export function makeLiveScene(): LiveScene {
  const hosts = makeHostPair();
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-live-'));
  chmodSync(folder, 0o755);
  const remove = () => {
    hosts.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  return { host: hosts.a, folder, remove };
}
