// cold. What nano-keys does to a registry, as functions from one registry to the next.
import { randomBytes } from 'node:crypto';
import { OperationalError, suggest } from '@nanogelf/cli';
import {
  deriveProbeKey,
  keyPairOf,
  MAX_KID,
  type ProbeKey,
  type Registry,
  type RegistryRow,
  type Suite,
} from '@nanogelf/codec';

const KEY_BYTES = 32;

export interface RowWishes {
  readonly name: string;
  readonly suite: Suite;
  readonly hosts?: readonly string[];
  readonly notBeforeS?: number;
  readonly notAfterS?: number;
}

export interface Added {
  readonly registry: Registry;
  readonly row: RegistryRow;
  /** What goes into the probe's key file. */
  readonly key: ProbeKey;
}

/** @returns a registry with a new master key, a new secret and no probes */
export const createRegistry = (): Registry => ({
  master: randomBytes(KEY_BYTES),
  secret: randomBytes(KEY_BYTES),
  rows: [],
});

/** @throws OperationalError when a key of that name is in use */
export function addKey(registry: Registry, wishes: RowWishes): Added {
  const [inUse] = liveRows(registry, wishes.name);
  if (inUse) {
    throw new OperationalError(
      'ERR_NAME_TAKEN',
      `${wishes.name} has the key ${inUse.kid} already; replace it with: nano-keys rotate ${wishes.name}`,
    );
  }
  return appendKey(registry, wishes);
}

/** @param overlapS how long the old key stays valid beside the new one
 *  @throws OperationalError when the name has no key in use */
export function rotateKey(registry: Registry, name: string, nowS: number, overlapS: number): Added {
  const old = requireLive(registry, name);
  const endS = nowS + overlapS;
  const rows = registry.rows.map(row => (old.includes(row) ? endBy(row, nowS, endS) : row));
  const newest = old[old.length - 1] as RegistryRow;
  const { suite, hosts } = newest;
  return appendKey({ ...registry, rows }, hosts ? { name, suite, hosts } : { name, suite });
}

/** Leaves a tombstone without a key for each kid of that name, so that no kid ever returns.
 *  @throws OperationalError when the name has no key in use */
export function revokeKeys(registry: Registry, name: string, nowS: number): { registry: Registry; kids: number[] } {
  const live = requireLive(registry, name);
  const rows = registry.rows.map(row => (live.includes(row) ? tombstoneOf(row, nowS) : row));
  return { registry: { ...registry, rows }, kids: live.map(row => row.kid) };
}

const liveRows = ({ rows }: Registry, name: string): RegistryRow[] =>
  rows.filter(row => row.name === name && row.revokedS === undefined);

function requireLive(registry: Registry, name: string): RegistryRow[] {
  const live = liveRows(registry, name);
  if (live.length > 0) return live;
  const known = registry.rows.filter(row => row.revokedS === undefined).map(row => row.name);
  throw new OperationalError('ERR_NO_SUCH_NAME', `${name} has no key in use${suggest(name, known)}`);
}

/** A key that ends sooner than the overlap keeps its end; one that would begin later is revoked. */
function endBy(row: RegistryRow, nowS: number, endS: number): RegistryRow {
  const notAfterS = Math.min(row.notAfterS ?? endS, endS);
  return (row.notBeforeS ?? 0) < notAfterS ? { ...row, notAfterS } : tombstoneOf(row, nowS);
}

function tombstoneOf(row: RegistryRow, nowS: number): RegistryRow {
  const { key: _, ...rest } = row;
  return { ...rest, revokedS: nowS };
}

function appendKey(registry: Registry, wishes: RowWishes): Added {
  const kid = nextKid(registry);
  const { row, key } = wishes.suite === 'psk' ? pskRow(registry, kid, wishes) : sealedRow(registry, kid, wishes);
  return { registry: { ...registry, rows: [...registry.rows, row] }, row, key };
}

/** Kids are counted up, so a kid whose tombstone is there never returns. */
function nextKid({ rows }: Registry): number {
  const kid = rows.reduce((largest, row) => Math.max(largest, row.kid), 0) + 1;
  if (kid <= MAX_KID) return kid;
  throw new OperationalError('ERR_NO_KID_LEFT', `the largest kid, ${MAX_KID}, is taken; begin a new registry`);
}

function pskRow({ master }: Registry, kid: number, wishes: RowWishes): { row: RegistryRow; key: ProbeKey } {
  if (master === undefined) throw missing('master key', 'psk');
  return { row: { ...wishes, kid }, key: { suite: 'psk', kid, key: deriveProbeKey(master, kid) } };
}

function sealedRow(registry: Registry, kid: number, wishes: RowWishes): { row: RegistryRow; key: ProbeKey } {
  if (registry.secret === undefined) throw missing('secret', 'sealed');
  const secret = randomBytes(KEY_BYTES);
  return {
    row: { ...wishes, kid, key: keyPairOf(secret).publicKey },
    key: { suite: 'sealed', kid, secret, receiver: keyPairOf(registry.secret).publicKey },
  };
}

const missing = (what: string, suite: Suite): OperationalError =>
  new OperationalError('ERR_NO_RECEIVER_KEY', `the registry has no ${what}, which keys of the suite ${suite} need`);
