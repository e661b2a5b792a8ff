// hot. What a receiver knows of each kid, in columns addressed by row. A row, once given to a kid, is never another's:
// a kid that leaves the registry and comes back finds its floor and windows again.
import type { Registry, RegistryRow } from '../keys/registry.ts';
import { widen } from './columns.ts';
import type { ProbeStats } from './received.ts';
import { deriveProbeKey, deriveStaticKey, type KeyPair, keyPairOf } from './schedule.ts';
import { KEY_BYTES, SUITE_PSK, SUITE_SEALED } from './wire.ts';

export const STATUS_ABSENT = 0;
export const STATUS_VALID = 1;
export const STATUS_REVOKED = 2;

/** What `source` holds, from which the row's root key is derived when it is first needed. */
const SOURCE_NONE = 0;
const SOURCE_OWN = 1;
const SOURCE_MASTER = 2;
const SOURCE_PUBLIC = 3;

/** A root key is derived once, whether that works or not. */
const ROOT_UNKNOWN = 0;
const ROOT_READY = 1;
const ROOT_NONE = 2;

const NO_KEY = new Uint8Array(KEY_BYTES);
const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const keyAt = (column: Uint8Array, row: number): Uint8Array => column.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES);

export class Kids {
  count = 0;
  capacity = 0;
  kid = new Uint32Array(0);
  suite = new Uint8Array(0);
  status = new Uint8Array(0);
  notBeforeMs = new Float64Array(0);
  notAfterMs = new Float64Array(0);
  /** Unix seconds; the t0 of a new session must exceed it. */
  floor = new Uint32Array(0);
  received = new Float64Array(0);
  lost = new Float64Array(0);
  late = new Float64Array(0);
  duplicated = new Float64Array(0);
  replayed = new Float64Array(0);
  lastSeenMs = new Float64Array(0);
  readonly names: string[] = [];
  readonly hosts: (readonly string[] | undefined)[] = [];
  private sourceKind = new Uint8Array(0);
  private source = new Uint8Array(0);
  /** Which of the receiver's keys, counted, the row's root key is derived with (sealed). */
  private era = new Uint32Array(0);
  private rootState = new Uint8Array(0);
  private root = new Uint8Array(0);
  private readonly rowOf = new Map<number, number>();
  private receiver: KeyPair | undefined;
  private receiverEra = 0;

  /** @returns the row of a kid, or -1 */
  find(kid: number): number {
    return this.rowOf.get(kid) ?? -1;
  }

  /** @returns the kid's row, made without a key when it is new; `capacity` must leave room */
  rowFor(kid: number): number {
    const found = this.find(kid);
    if (found >= 0) return found;
    const row = this.count++;
    this.rowOf.set(kid, row);
    this.kid[row] = kid;
    this.names[row] = '';
    return row;
  }

  grow(capacity: number): void {
    this.capacity = capacity;
    this.kid = widen(this.kid, capacity);
    this.suite = widen(this.suite, capacity);
    this.status = widen(this.status, capacity);
    this.notBeforeMs = widen(this.notBeforeMs, capacity);
    this.notAfterMs = widen(this.notAfterMs, capacity);
    this.floor = widen(this.floor, capacity);
    this.received = widen(this.received, capacity);
    this.lost = widen(this.lost, capacity);
    this.late = widen(this.late, capacity);
    this.duplicated = widen(this.duplicated, capacity);
    this.replayed = widen(this.replayed, capacity);
    this.lastSeenMs = widen(this.lastSeenMs, capacity);
    this.sourceKind = widen(this.sourceKind, capacity);
    this.source = widen(this.source, capacity * KEY_BYTES);
    this.era = widen(this.era, capacity);
    this.rootState = widen(this.rootState, capacity);
    this.root = widen(this.root, capacity * KEY_BYTES);
  }

  /** Takes a registry over.
   *  @param forget called with each row whose key is not what it was: its sessions are worth nothing now */
  load(registry: Registry, forget: (row: number) => void): void {
    const receiver = registry.secret && keyPairOf(registry.secret);
    if (!sameBytes(receiver?.publicKey ?? NO_KEY, this.receiver?.publicKey ?? NO_KEY)) this.receiverEra += 1;
    this.receiver = receiver;
    this.status.fill(STATUS_ABSENT);
    for (const entry of registry.rows) {
      const row = this.rowFor(entry.kid);
      this.describe(row, entry);
      if (this.setSource(row, entry, registry.master)) forget(row);
    }
  }

  private describe(row: number, entry: RegistryRow): void {
    this.status[row] = entry.revokedS === undefined ? STATUS_VALID : STATUS_REVOKED;
    this.notBeforeMs[row] = (entry.notBeforeS ?? 0) * 1000;
    this.notAfterMs[row] = (entry.notAfterS ?? Number.POSITIVE_INFINITY) * 1000;
    this.names[row] = entry.name;
    this.hosts[row] = entry.hosts;
  }

  /** @returns true when the row had another key before */
  private setSource(row: number, entry: RegistryRow, master: Uint8Array | undefined): boolean {
    const isSealed = entry.suite === 'sealed';
    const suite = isSealed ? SUITE_SEALED : SUITE_PSK;
    const source = entry.key ?? (isSealed ? undefined : master);
    const kind = sourceKindOf(isSealed, entry.key, master);
    const before = this.sourceKind[row];
    const cell = keyAt(this.source, row);
    const isSame = before === kind && this.suite[row] === suite && sameBytes(cell, source ?? NO_KEY);
    this.suite[row] = suite;
    if (isSame && (!isSealed || this.era[row] === this.receiverEra)) return false;
    this.sourceKind[row] = kind;
    this.era[row] = this.receiverEra;
    cell.set(source ?? NO_KEY);
    this.rootState[row] = ROOT_UNKNOWN;
    return before !== SOURCE_NONE;
  }

  /** The key that a row's sessions grow from: K_probe (psk) or K_ss (sealed). Derived once: 20,000 agreements at
   *  start would take seconds, and an unauthenticated datagram can cause one per kid at most.
   *  @returns undefined when the row has no key, or its public key is a point of low order */
  rootKey(row: number): Uint8Array | undefined {
    const cell = keyAt(this.root, row);
    if (this.rootState[row] === ROOT_UNKNOWN) {
      const root = this.deriveRoot(row);
      this.rootState[row] = root === undefined ? ROOT_NONE : ROOT_READY;
      cell.set(root ?? NO_KEY);
    }
    return this.rootState[row] === ROOT_READY ? cell : undefined;
  }

  private deriveRoot(row: number): Uint8Array | undefined {
    const source = keyAt(this.source, row);
    const kid = this.kid[row] as number;
    const kind = this.sourceKind[row];
    if (kind === SOURCE_OWN) return source;
    if (kind === SOURCE_MASTER) return deriveProbeKey(source, kid);
    if (kind !== SOURCE_PUBLIC || this.receiver === undefined) return undefined;
    return deriveStaticKey(this.receiver, source, source, this.receiver.publicKey, kid);
  }

  /** @returns the account of each kid that was ever heard */
  stats(): ProbeStats[] {
    const heard: ProbeStats[] = [];
    for (let row = 0; row < this.count; row++) if ((this.lastSeenMs[row] as number) > 0) heard.push(this.statsOf(row));
    return heard;
  }

  private statsOf(row: number): ProbeStats {
    return {
      kid: this.kid[row] as number,
      name: this.names[row] as string,
      received: this.received[row] as number,
      lost: this.lost[row] as number,
      late: this.late[row] as number,
      duplicated: this.duplicated[row] as number,
      replayed: this.replayed[row] as number,
      lastSeenMs: this.lastSeenMs[row] as number,
    };
  }

  /** @returns the receiver's key pair; undefined when the registry has no secret */
  receiverKeys(): KeyPair | undefined {
    return this.receiver;
  }
}

function sourceKindOf(isSealed: boolean, key: Uint8Array | undefined, master: Uint8Array | undefined): number {
  if (isSealed) return key === undefined ? SOURCE_NONE : SOURCE_PUBLIC;
  if (key !== undefined) return SOURCE_OWN;
  return master === undefined ? SOURCE_NONE : SOURCE_MASTER;
}
