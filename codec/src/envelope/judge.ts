// hot. Steps 1 to 9 of docs/envelope.md: what a datagram must prove before anything is changed for it. It only counts.
import type { Cipher } from './cipher.ts';
import { isInnerType } from './fragments.ts';
import { type Kids, STATUS_ABSENT, STATUS_REVOKED } from './kids.ts';
import type { Leads } from './leads.ts';
import type { Refusal } from './reasons.ts';
import { deriveEphemeralKey, deriveSession, isMac1Right } from './schedule.ts';
import { type Sessions, SLOT_EMPTY, SLOT_KEYED } from './sessions.ts';
import { FRESH, SEEN } from './window.ts';
import {
  boxAt,
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
const NOTHING = new Uint8Array(0);

export interface Rules {
  readonly isStrict: boolean;
  readonly dropStale: boolean;
  readonly staleMs: number;
  /** What is accepted must be safe from a replay over a restart. */
  readonly isStateful: boolean;
}

/** Judges one datagram at a time. What it found in it stands in its fields until the next one; after a refusal they hold
 *  what was read so far. */
export class Judge {
  private readonly cipher: Cipher;
  private readonly rules: Rules;
  private readonly kids: Kids;
  private readonly sessions: Sessions;
  private readonly leads: Leads;

  /** Lent to us, as long as the caller works on it. */
  datagram: Uint8Array = NOTHING;
  nowMs = 0;
  row = -1;
  /** Of a live session, else -1. */
  slot = -1;
  t0 = 0;
  sid = 0;
  seq = 0;
  sessionKey: Uint8Array = NOTHING;
  /** What the box held: type, send time, length, body, padding. */
  readonly plain: Uint8Array = Buffer.alloc(MAX_DATAGRAM_BYTES);
  bodyBytes = 0;
  /** Unix ms of the probe's clock. */
  sentMs = 0;
  isStale = false;

  constructor(cipher: Cipher, rules: Rules, kids: Kids, sessions: Sessions, leads: Leads) {
    this.cipher = cipher;
    this.rules = rules;
    this.kids = kids;
    this.sessions = sessions;
    this.leads = leads;
  }

  /** @returns why the datagram is refused; undefined when it is the probe's, and new */
  judge(datagram: Uint8Array, nowMs: number): Refusal | undefined {
    this.datagram = datagram;
    this.nowMs = nowMs;
    return this.checkHeader() ?? this.checkSession() ?? this.checkContent();
  }

  /** @returns E ‖ mac1 of the sealed suite */
  proof(): Uint8Array {
    return this.datagram.subarray(HEADER_BYTES, HEADER_BYTES + PROOF_BYTES);
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
    if (this.rules.isStrict) {
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
    const proof = this.proof();
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
    const { row, rules } = this;
    this.sentMs = this.t0 * 1000 + readU32(this.plain, DMS_AT);
    const leadMs = this.sentMs - this.nowMs;
    if (rules.isStrict && leadMs > STRICT_SLACK_MS) return 'future';
    if (this.leads.isBeforeStart(row, this.sentMs)) {
      this.kids.replayed[row] = (this.kids.replayed[row] as number) + 1;
      return 'before_start';
    }
    if (rules.isStateful && !this.leads.isSaved(row, leadMs)) return 'clock_unsaved';
    this.isStale = this.judgeAge(leadMs);
    return this.isStale && rules.dropStale ? 'stale' : undefined;
  }

  /** strict: by our clock. monotone: by the clock that the kid has shown. */
  private judgeAge(leadMs: number): boolean {
    if (this.rules.isStrict) return -leadMs > this.rules.staleMs;
    return Math.max(leadMs, this.sessions.maxAheadMs(this.row)) - leadMs > this.rules.staleMs;
  }
}

/** What a live session's E and mac1 were must not change: the tag does not cover them. Both are public. */
function isSameProof(proof: Uint8Array, datagram: Uint8Array): boolean {
  for (let at = 0; at < PROOF_BYTES; at++) if (proof[at] !== datagram[HEADER_BYTES + at]) return false;
  return true;
}
