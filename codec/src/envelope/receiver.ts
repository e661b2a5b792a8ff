// hot. Opens datagrams in the twelve steps of docs/envelope.md. It never throws on bytes, never answers, and changes
// nothing before a datagram has proved itself (step 10).
import type { Registry } from '../keys/registry.ts';
import { Buckets, OVER_BYTES, WITHIN } from './buckets.ts';
import type { Cipher } from './cipher.ts';
import { Fragments, isInnerType } from './fragments.ts';
import { inflate } from './inflate.ts';
import { exportRecords, readState, restoreRecord } from './keeper.ts';
import { Kids, STATUS_ABSENT, STATUS_REVOKED } from './kids.ts';
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
import { deriveEphemeralKey, deriveSession, isMac1Right } from './schedule.ts';
import { Sessions, SLOT_EMPTY, SLOT_KEYED, SLOT_RESTORED } from './sessions.ts';
import { formatState, type StateRecord } from './state.ts';
import { FRESH, SEEN } from './window.ts';
import {
  boxAt,
  DEFLATED,
  DMS_AT,
  HEADER_BYTES,
  INNER_BYTES,
  KEY_BYTES,
  KID_AT,
  LEN_AT,
  MAGIC,
  MAX_DATAGRAM_BYTES,
  MAX_SEQ,
  PROOF_BYTES,
  readU16,
  readU32,
  SEQ_AT,
  SESSION_MS,
  SID_AT,
  SUITE_PSK,
  SUITE_SEALED,
  type SuiteId,
  T0_AT,
  TAG_BYTES,
  TYPE_FRAGMENT,
  TYPE_HEARTBEAT,
  VERSION,
  VERSION_AT,
} from './wire.ts';

/** strict: how far a probe's clock may be off. */
const STRICT_SLACK_MS = 300_000;
const DEFAULT_STALE_MS = 300_000;
const DEFAULT_PACKETS_PER_S = 200_000;
const DEFAULT_BYTES_PER_S = 256 << 20;
const FIRST_ROWS = 16;
/** Kids that come one by one must not copy all columns each time. */
const GROWTH = 1.25;
const PENDING: Pending = { kind: 'pending' };
const NO_BODY = new Uint8Array(0);

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
  private readonly cipher: Cipher;
  private readonly isStrict: boolean;
  private readonly dropStale: boolean;
  private readonly staleMs: number;
  private readonly startedAtMs: number;
  private readonly isStateful: boolean;
  private isUnsaved: boolean;
  private readonly kids = new Kids();
  private readonly sessions = new Sessions();
  private readonly leads: Leads;
  private readonly buckets: Buckets;
  private readonly fragments: Fragments;
  private counters = zeroCounters();
  private readonly plain = Buffer.alloc(MAX_DATAGRAM_BYTES);
  private readonly opened: Mutable<Opened>;

  // The datagram at hand, by step.
  private datagram: Uint8Array = NO_BODY;
  private nowMs = 0;
  private row = -1;
  /** Of a live session, else -1. */
  private slot = -1;
  private t0 = 0;
  private sid = 0;
  private seq = 0;
  private sentMs = 0;
  private bodyBytes = 0;
  private sessionKey: Uint8Array = NO_BODY;

  constructor(options: ReceiverOptions) {
    const { limits = {}, clock = 'strict' } = options;
    this.cipher = options.cipher;
    this.isStrict = clock === 'strict';
    this.dropStale = options.dropStale ?? false;
    this.staleMs = limits.staleMs ?? DEFAULT_STALE_MS;
    this.isStateful = options.state !== undefined;
    this.isUnsaved = this.isStateful;
    const state = readState(options.state);
    this.startedAtMs = Math.max(options.startedAtMs, state?.savedMs ?? 0);
    this.leads = new Leads(clock, this.startedAtMs, state !== undefined);
    this.buckets = new Buckets(
      limits.packetsPerSecond ?? DEFAULT_PACKETS_PER_S,
      limits.bytesPerSecond ?? DEFAULT_BYTES_PER_S,
    );
    this.fragments = new Fragments(reason => this.counters.refused[reason]++);
    this.opened = newOpened();
    this.setRegistry(options.registry);
    state?.records.forEach(record => {
      this.restore(record);
    });
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
    this.datagram = datagram;
    this.nowMs = nowMs;
    const refusal = this.isUnsaved ? 'unsaved' : (this.checkHeader() ?? this.checkSession() ?? this.checkContent());
    if (refusal !== undefined) return this.refuse(refusal);
    this.accept();
    return this.checkRate() ?? this.deliver();
  }

  private refuse(reason: Refusal): Refused {
    this.counters.refused[reason]++;
    return REFUSED[reason];
  }

  /** Steps 1 to 3. */
  private checkHeader(): Refusal | undefined {
    const { datagram } = this;
    if (datagram.length < boxAt(SUITE_PSK) + TAG_BYTES + INNER_BYTES) return 'short';
    if (datagram.length > MAX_DATAGRAM_BYTES) return 'long';
    if (datagram[0] !== MAGIC) return 'magic';
    const versionAndSuite = datagram[VERSION_AT] as number;
    if (versionAndSuite >>> 4 !== VERSION) return 'version';
    const suite = versionAndSuite & 0x0f;
    if (suite !== SUITE_PSK && suite !== SUITE_SEALED) return 'suite';
    if (datagram.length < boxAt(suite) + TAG_BYTES + INNER_BYTES) return 'short';
    return this.checkKid(suite);
  }

  private checkKid(suite: SuiteId): Refusal | undefined {
    const { kids, nowMs } = this;
    this.row = kids.find(readU32(this.datagram, KID_AT));
    const { row } = this;
    if (row < 0 || kids.status[row] === STATUS_ABSENT) return 'unknown_key';
    if (kids.status[row] === STATUS_REVOKED) return 'revoked';
    if (nowMs < (kids.notBeforeMs[row] as number)) return 'not_yet_valid';
    if (nowMs >= (kids.notAfterMs[row] as number)) return 'expired';
    return suite === kids.suite[row] ? undefined : 'wrong_suite';
  }

  /** Steps 4 to 6. */
  private checkSession(): Refusal | undefined {
    this.t0 = readU32(this.datagram, T0_AT);
    this.sid = readU32(this.datagram, SID_AT);
    this.seq = readU32(this.datagram, SEQ_AT);
    this.slot = this.sessions.find(this.row, this.t0, this.sid);
    const refusal = this.slot < 0 ? this.checkStart() : undefined;
    return refusal ?? this.checkSequence() ?? this.findKey();
  }

  /** Step 4, for a session that is not live. */
  private checkStart(): Refusal | undefined {
    const { t0, row } = this;
    if (this.isStrict) {
      if (t0 * 1000 > this.nowMs + STRICT_SLACK_MS) return 'session_future';
      if (t0 * 1000 < this.nowMs - SESSION_MS - STRICT_SLACK_MS) return 'session_old';
    }
    if (t0 > this.floorOf(row)) return undefined;
    this.kids.replayed[row] = (this.kids.replayed[row] as number) + 1;
    return 'floor';
  }

  /** @returns what t0 of a new session must exceed: with all places taken, it also must be newer than the oldest */
  private floorOf(row: number): number {
    const { sessions, kids } = this;
    const place = sessions.place(row);
    const floor = kids.floor[row] as number;
    return sessions.slot[place] === SLOT_EMPTY ? floor : Math.max(floor, sessions.t0[place] as number);
  }

  /** Step 5. */
  private checkSequence(): Refusal | undefined {
    const { slot, seq, row, kids } = this;
    if (seq >= MAX_SEQ) return 'sequence';
    const place = slot < 0 ? FRESH : this.sessions.lookUp(slot, seq);
    if (place === FRESH) return undefined;
    const column = place === SEEN ? kids.duplicated : kids.replayed;
    column[row] = (column[row] as number) + 1;
    return place === SEEN ? 'duplicate' : 'replay';
  }

  /** Step 6. */
  private findKey(): Refusal | undefined {
    const { sessions, slot, row } = this;
    if (slot < 0 || sessions.slot[slot] !== SLOT_KEYED) return this.deriveKey();
    if (this.kids.suite[row] === SUITE_SEALED && !isSameProof(sessions.proof(slot), this.datagram)) return 'mac1';
    this.sessionKey = sessions.key(slot);
    return undefined;
  }

  private deriveKey(): Refusal | undefined {
    const root = this.kids.rootKey(this.row);
    if (root === undefined) return 'low_order';
    const probeKey = this.kids.suite[this.row] === SUITE_PSK ? root : this.agree(root);
    if (typeof probeKey === 'string') return probeKey;
    this.sessionKey = deriveSession(probeKey, this.datagram).subarray(0, KEY_BYTES);
    return undefined;
  }

  private agree(staticKey: Uint8Array): Uint8Array | Refusal {
    const { datagram } = this;
    const proof = datagram.subarray(HEADER_BYTES, HEADER_BYTES + PROOF_BYTES);
    if (!isMac1Right(staticKey, datagram, proof)) return 'mac1';
    const keys = this.kids.receiverKeys();
    const ephemeral = proof.subarray(0, KEY_BYTES);
    return (keys && deriveEphemeralKey(staticKey, keys.secret, ephemeral, datagram, ephemeral)) ?? 'low_order';
  }

  /** Steps 7 to 9. */
  private checkContent(): Refusal | undefined {
    const { datagram } = this;
    const nonce = datagram.subarray(0, HEADER_BYTES);
    const box = datagram.subarray(boxAt(this.kids.suite[this.row] as SuiteId));
    const plain = this.plain.subarray(0, box.length - TAG_BYTES);
    if (!this.cipher.open(plain, box, nonce, this.sessionKey)) return 'auth';
    return this.checkPlain(plain) ?? this.checkTime();
  }

  /** Step 8. */
  private checkPlain(plain: Uint8Array): Refusal | undefined {
    const type = plain[0] as number;
    if (type !== TYPE_HEARTBEAT && type !== TYPE_FRAGMENT && !isInnerType(type)) return 'type';
    this.bodyBytes = readU16(plain, LEN_AT);
    const end = INNER_BYTES + this.bodyBytes;
    if (end > plain.length || (type === TYPE_HEARTBEAT && this.bodyBytes > 0)) return 'body_length';
    for (let at = end; at < plain.length; at++) if (plain[at] !== 0) return 'padding';
    return undefined;
  }

  /** Step 9. */
  private checkTime(): Refusal | undefined {
    const { row } = this;
    this.sentMs = this.t0 * 1000 + readU32(this.plain, DMS_AT);
    const leadMs = this.sentMs - this.nowMs;
    if (this.isStrict && leadMs > STRICT_SLACK_MS) return 'future';
    if (this.leads.isBeforeStart(row, this.sentMs)) {
      this.kids.replayed[row] = (this.kids.replayed[row] as number) + 1;
      return 'before_start';
    }
    if (this.isStateful && !this.leads.isSaved(row, leadMs)) return 'clock_unsaved';
    this.opened.isStale = this.isStale(leadMs);
    return this.opened.isStale && this.dropStale ? 'stale' : undefined;
  }

  /** strict: by our clock. monotone: by the clock that the kid has shown. */
  private isStale(leadMs: number): boolean {
    if (this.isStrict) return -leadMs > this.staleMs;
    return Math.max(leadMs, this.sessions.maxAheadMs(this.row)) - leadMs > this.staleMs;
  }

  /** Step 10: from here on the datagram is known to be the probe's, and new. */
  private accept(): void {
    const { sessions, kids, row, seq } = this;
    if (this.slot < 0) this.insertSession();
    const { slot } = this;
    // What passed while nobody listened, or since the state was saved, is not known to be lost.
    const gap = sessions.slot[slot] === SLOT_RESTORED ? 0 : seq - (sessions.next[slot] as number);
    if (sessions.slot[slot] !== SLOT_KEYED)
      sessions.setKey(slot, this.sessionKey, this.datagram.subarray(HEADER_BYTES, HEADER_BYTES + PROOF_BYTES));
    sessions.mark(slot, seq);
    sessions.aheadMs[slot] = Math.max(sessions.aheadMs[slot] as number, this.sentMs - this.nowMs);
    kids.received[row] = (kids.received[row] as number) + 1;
    kids.lost[row] = Math.max(0, (kids.lost[row] as number) + (gap < 0 ? -1 : gap));
    if (gap < 0) kids.late[row] = (kids.late[row] as number) + 1;
    kids.lastSeenMs[row] = this.nowMs;
  }

  private insertSession(): void {
    const { sessions, kids, row, t0 } = this;
    const slot = sessions.place(row);
    if (sessions.slot[slot] !== SLOT_EMPTY)
      kids.floor[row] = Math.max(kids.floor[row] as number, sessions.t0[slot] as number);
    sessions.slot[slot] = SLOT_EMPTY;
    sessions.open(slot, t0, this.sid);
    this.leads.settle(row);
    this.slot = slot;
    // A session that began before we did has numbers that were never lost to us.
    const beganMs = t0 * 1000 - (this.sentMs - this.nowMs);
    if (beganMs < this.startedAtMs) sessions.next[slot] = this.seq;
  }

  /** Step 11. */
  private checkRate(): Refused | undefined {
    const verdict = this.buckets.take(this.row, this.datagram.length, this.nowMs);
    if (verdict === WITHIN) return undefined;
    return this.refuse(verdict === OVER_BYTES ? 'rate_bytes' : 'rate_packets');
  }

  /** Step 12. */
  private deliver(): Received {
    const type = this.plain[0] as number;
    const body = this.plain.subarray(INNER_BYTES, INNER_BYTES + this.bodyBytes);
    if (type === TYPE_FRAGMENT) return this.deliverFragment(body);
    if (type === TYPE_HEARTBEAT) this.counters.heartbeats++;
    return this.deliverMessage(type, body, this.seq);
  }

  private deliverFragment(body: Uint8Array): Received {
    const { row, t0, sid, seq } = this;
    const message = this.fragments.add({ row, t0, sid, seq }, body, this.nowMs);
    if (typeof message === 'string') return this.refuse(message);
    if (message !== undefined)
      return this.deliverMessage(message[0] as number, message.subarray(1), seq - (body[0] as number));
    this.counters.pending++;
    return PENDING;
  }

  private deliverMessage(type: number, body: Uint8Array, seq: number): Received {
    const whole = (type & DEFLATED) === 0 ? body : inflate(body);
    if (whole === undefined) return this.refuse('inflate');
    const { opened, row, kids } = this;
    if (opened.isStale) this.counters.stale++;
    if (type !== TYPE_HEARTBEAT) this.counters.opened++;
    opened.type = type & ~DEFLATED;
    opened.body = whole;
    opened.kid = kids.kid[row] as number;
    opened.name = kids.names[row] as string;
    opened.hosts = kids.hosts[row];
    opened.t0 = this.t0;
    opened.sid = this.sid;
    opened.seq = seq;
    opened.sentMs = this.sentMs;
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
  return { kind: 'opened', type: TYPE_HEARTBEAT, body: NO_BODY, ...name, sentMs: 0, isStale: false };
}

/** What a live session's E and mac1 were must not change: the tag does not cover them. Both are public. */
function isSameProof(proof: Uint8Array, datagram: Uint8Array): boolean {
  for (let at = 0; at < PROOF_BYTES; at++) if (proof[at] !== datagram[HEADER_BYTES + at]) return false;
  return true;
}
