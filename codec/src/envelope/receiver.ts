// hot. Opens datagrams in the twelve steps of docs/envelope.md. It never throws on bytes, never answers, and changes
// nothing before a datagram has proved itself (step 10).
import type { Registry } from '../keys/registry.ts';
import { Buckets, OVER_BYTES, WITHIN } from './buckets.ts';
import { Fragments } from './fragments.ts';
import { inflate } from './inflate.ts';
import { Judge } from './judge.ts';
import { exportRecords, readState, restoreRecord } from './keeper.ts';
import { Kids } from './kids.ts';
import { Leads } from './leads.ts';
import { REFUSAL_NAMES, type Refusal } from './reasons.ts';
import type {
  Opened,
  Pending,
  ProbeStats,
  Received,
  Receiver,
  ReceiverCounters,
  ReceiverOptions,
  Refused,
} from './received.ts';
import { Sessions, SLOT_EMPTY, SLOT_KEYED, SLOT_RESTORED } from './sessions.ts';
import { formatState, type StateRecord } from './state.ts';
import { DEFLATED, INNER_BYTES, TYPE_FRAGMENT, TYPE_HEARTBEAT } from './wire.ts';

const DEFAULT_STALE_MS = 300_000;
const DEFAULT_PACKETS_PER_S = 200_000;
const DEFAULT_BYTES_PER_S = 256 << 20;
const FIRST_ROWS = 16;
/** Kids that come one by one must not copy all columns each time. */
const GROWTH = 1.25;
const PENDING: Pending = { kind: 'pending' };

const REFUSED = Object.fromEntries(
  REFUSAL_NAMES.map(reason => [reason, Object.freeze({ kind: 'refused', reason })]),
) as {
  readonly [R in Refusal]: Refused;
};
const zeroRefused = () => Object.fromEntries(REFUSAL_NAMES.map(reason => [reason, 0])) as { [R in Refusal]: number };
const zeroCounters = () => ({ datagrams: 0, opened: 0, heartbeats: 0, pending: 0, stale: 0, refused: zeroRefused() });

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** @throws RangeError for state bytes that are not whole; a caller may then start with an empty array, and must know
 *    that what was accepted before can pass again */
export const createReceiver = (options: ReceiverOptions): Receiver => new EnvelopeReceiver(options);

class EnvelopeReceiver implements Receiver {
  private readonly startedAtMs: number;
  private isUnsaved: boolean;
  private readonly kids = new Kids();
  private readonly sessions = new Sessions();
  private readonly leads: Leads;
  private readonly buckets: Buckets;
  private readonly fragments: Fragments;
  private readonly at: Judge;
  private counters = zeroCounters();
  private readonly opened = newOpened();

  constructor(options: ReceiverOptions) {
    const { limits = {}, clock = 'strict', dropStale = false } = options;
    const isStateful = options.state !== undefined;
    this.isUnsaved = isStateful;
    const state = readState(options.state);
    this.startedAtMs = Math.max(options.startedAtMs, state?.savedMs ?? 0);
    this.leads = new Leads(clock, this.startedAtMs, state !== undefined);
    this.buckets = new Buckets(
      limits.packetsPerSecond ?? DEFAULT_PACKETS_PER_S,
      limits.bytesPerSecond ?? DEFAULT_BYTES_PER_S,
    );
    this.fragments = new Fragments(reason => this.counters.refused[reason]++);
    const staleMs = limits.staleMs ?? DEFAULT_STALE_MS;
    const rules = { isStrict: clock === 'strict', dropStale, staleMs, isStateful };
    this.at = new Judge(options.cipher, rules, this.kids, this.sessions, this.leads);
    this.setRegistry(options.registry);
    for (const record of state?.records ?? []) this.restore(record);
  }

  setRegistry(registry: Registry): void {
    this.reserve(this.kids.count + registry.rows.filter(({ kid }) => this.kids.find(kid) < 0).length);
    this.kids.load(registry, row => {
      // Should the old key ever come back, what it sealed must not pass again.
      this.kids.floor[row] = Math.max(this.kids.floor[row] as number, this.sessions.forget(row));
    });
  }

  /** Makes room for that many rows in all columns. */
  private reserve(rows: number): void {
    if (rows <= this.kids.capacity) return;
    const capacity = Math.max(FIRST_ROWS, rows, Math.ceil(this.kids.capacity * GROWTH));
    this.kids.grow(capacity);
    this.sessions.grow(capacity);
    this.leads.grow(capacity);
    this.buckets.grow(capacity);
  }

  private restore(record: StateRecord): void {
    if (this.kids.find(record.kid) < 0) this.reserve(this.kids.count + 1);
    restoreRecord(record, this.kids, this.sessions, this.leads);
  }

  receive(datagram: Uint8Array, nowMs: number): Received {
    this.counters.datagrams++;
    const refusal = this.isUnsaved ? 'unsaved' : this.at.judge(datagram, nowMs);
    if (refusal !== undefined) return this.refuse(refusal);
    this.accept();
    return this.checkRate() ?? this.deliver();
  }

  private refuse(reason: Refusal): Refused {
    this.counters.refused[reason]++;
    return REFUSED[reason];
  }

  /** Step 10: from here on the datagram is known to be the probe's, and new. */
  private accept(): void {
    const { sessions, kids, at } = this;
    const { row, seq } = at;
    const slot = at.slot < 0 ? this.insertSession() : at.slot;
    // What passed while nobody listened, or since the state was saved, is not known to be lost.
    const gap = sessions.slot[slot] === SLOT_RESTORED ? 0 : seq - (sessions.next[slot] as number);
    if (sessions.slot[slot] !== SLOT_KEYED) sessions.setKey(slot, at.sessionKey, at.proof());
    sessions.mark(slot, seq);
    sessions.aheadMs[slot] = Math.max(sessions.aheadMs[slot] as number, at.sentMs - at.nowMs);
    kids.received[row] = (kids.received[row] as number) + 1;
    kids.lost[row] = Math.max(0, (kids.lost[row] as number) + (gap < 0 ? -1 : gap));
    if (gap < 0) kids.late[row] = (kids.late[row] as number) + 1;
    kids.lastSeenMs[row] = at.nowMs;
  }

  /** @returns its slot */
  private insertSession(): number {
    const { sessions, kids } = this;
    const { row, t0, sid, seq, sentMs, nowMs } = this.at;
    const slot = sessions.place(row);
    if (sessions.slot[slot] !== SLOT_EMPTY)
      kids.floor[row] = Math.max(kids.floor[row] as number, sessions.t0[slot] as number);
    sessions.slot[slot] = SLOT_EMPTY;
    sessions.open(slot, t0, sid);
    this.leads.settle(row);
    // A session that began before we did has numbers that were never lost to us.
    const beganMs = t0 * 1000 - (sentMs - nowMs);
    if (beganMs < this.startedAtMs) sessions.next[slot] = seq;
    return slot;
  }

  /** Step 11. */
  private checkRate(): Refused | undefined {
    const { row, datagram, nowMs } = this.at;
    const verdict = this.buckets.take(row, datagram.length, nowMs);
    if (verdict === WITHIN) return undefined;
    return this.refuse(verdict === OVER_BYTES ? 'rate_bytes' : 'rate_packets');
  }

  /** Step 12. */
  private deliver(): Received {
    const { plain, bodyBytes, seq } = this.at;
    const type = plain[0] as number;
    const body = plain.subarray(INNER_BYTES, INNER_BYTES + bodyBytes);
    if (type === TYPE_FRAGMENT) return this.deliverFragment(body);
    if (type === TYPE_HEARTBEAT) this.counters.heartbeats++;
    return this.deliverMessage(type, body, seq);
  }

  private deliverFragment(body: Uint8Array): Received {
    const { row, t0, sid, seq, nowMs } = this.at;
    const message = this.fragments.add({ row, t0, sid, seq }, body, nowMs);
    if (typeof message === 'string') return this.refuse(message);
    if (message !== undefined)
      return this.deliverMessage(message[0] as number, message.subarray(1), seq - (body[0] as number));
    this.counters.pending++;
    return PENDING;
  }

  private deliverMessage(type: number, body: Uint8Array, seq: number): Received {
    const whole = (type & DEFLATED) === 0 ? body : inflate(body);
    if (whole === undefined) return this.refuse('inflate');
    const { opened, kids, at } = this;
    const { row } = at;
    if (at.isStale) this.counters.stale++;
    if (type !== TYPE_HEARTBEAT) this.counters.opened++;
    opened.type = type & ~DEFLATED;
    opened.body = whole;
    opened.kid = kids.kid[row] as number;
    opened.name = kids.names[row] as string;
    opened.hosts = kids.hosts[row];
    opened.t0 = at.t0;
    opened.sid = at.sid;
    opened.seq = seq;
    opened.sentMs = at.sentMs;
    opened.isStale = at.isStale;
    return opened;
  }

  exportState(nowMs: number): Uint8Array {
    const savedMs = Math.max(Math.floor(nowMs), this.startedAtMs);
    return formatState({ savedMs, records: exportRecords(this.kids, this.sessions, this.leads) });
  }

  stateSaved(): void {
    this.isUnsaved = false;
    this.leads.markSaved();
  }

  takeCounters(): ReceiverCounters {
    const taken = this.counters;
    this.counters = zeroCounters();
    return taken;
  }

  probeStats(): ProbeStats[] {
    return this.kids.stats();
  }
}

function newOpened(): Mutable<Opened> {
  const name = { kid: 0, name: '', hosts: undefined, t0: 0, sid: 0, seq: 0 };
  return { kind: 'opened', type: TYPE_HEARTBEAT, body: new Uint8Array(0), ...name, sentMs: 0, isStale: false };
}
