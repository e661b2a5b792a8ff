/** cold. Who this host and this probe are; found out once, at start. */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, type } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '@nanogelf/cli';
import type { IdentityConfig } from '../config/config.ts';

export interface Identity {
  readonly hostName: string;
  /** One per host, the same after a restart. */
  readonly probeId: string;
  readonly system: string;
  readonly cpus: number;
  readonly version: string;
  /** Tag of every record, empty for none. */
  readonly source: string;
}

/** Where systemd and D-Bus keep the id of an installation. Source: machine-id(5). */
const MACHINE_ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

/** @param version version of the probe
 *  @param stateDir folder where an id can be kept, empty for none */
export async function findIdentity(config: IdentityConfig, stateDir: string, version: string): Promise<Identity> {
  return {
    hostName: hostname(),
    probeId: config.probeId || (await findProbeId(stateDir)),
    system: config.sysVersion || describeSystem(),
    cpus: cpus().length,
    version,
    source: config.source,
  };
}

async function findProbeId(stateDir: string): Promise<string> {
  const machineId = MACHINE_ID_FILES.map(readOrNothing).find(id => /^[0-9a-f]{32}$/.test(id));
  // machine-id(5) asks not to show the id itself.
  if (machineId !== undefined) return idFrom(`machine ${machineId}`);
  return (await keepProbeId(stateDir)) ?? idFrom(`host ${hostname()}`);
}

/** @returns the id kept in `stateDir`, a new one when there was none, or undefined when none can be kept */
async function keepProbeId(stateDir: string): Promise<string | undefined> {
  if (stateDir === '') return undefined;
  const path = join(stateDir, 'probe-id');
  const kept = readOrNothing(path);
  if (kept !== '') return kept;
  const id = randomUUID();
  return writeFileAtomic(path, `${id}\n`).then(
    () => id,
    () => undefined,
  );
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** A UUID in version 8: what vendors make in their own way. Source: RFC 9562 section 5.8. */
function idFrom(name: string): string {
  const hash = createHash('sha256').update(`nanogelf probe id ${name}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function describeSystem(): string {
  const name = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(readOrNothing('/etc/os-release'))?.[1];
  return `${name ?? `${type()} ${release()}`} ${arch()}`;
}
