// warm. The sender's session: when one ends, and the keys of the next.
import type { ProbeKey } from '../keys/key-file.ts';
import { deriveEphemeralKey, deriveMac1, deriveSession, deriveStaticKey, keyPairOf, requireKey } from './schedule.ts';
import {
  EPHEMERAL_BYTES,
  HEADER_BYTES,
  KEY_BYTES,
  KID_AT,
  MAGIC,
  MAX_SEQ,
  PROOF_BYTES,
  readU32,
  SEQ_AT,
  SESSION_MS,
  SID_AT,
  SUITE_PSK,
  SUITE_SEALED,
  type SuiteId,
  T0_AT,
  VERSION,
  VERSION_AT,
  writeU32,
} from './wire.ts';

/** The time of a call: the caller reads both clocks together. */
export interface Clock {
  /** Unix time, ms. */
  readonly wallMs: number;
  /** A clock that never steps, ms, from any start. */
  readonly monoMs: number;
}

/** Fills the whole array with random bytes, as `crypto.randomFillSync` does. */
export type Random = (into: Uint8Array) => void;

/** A process that stood still this long may be a snapshot resumed twice. */
const MAX_STALL_MS = 5_000;
/** Wall and monotonic clock may drift apart this far before one is taken to have been set, or the machine resumed. */
const MAX_JUMP_MS = 2_000;

/** What a sender keeps of its key, prepared once. */
export interface Identity {
  readonly suite: SuiteId;
  readonly kid: number;
  /** psk: K_probe. sealed: K_ss. */
  readonly rootKey: Uint8Array;
  /** sealed only. */
  readonly receiver?: Uint8Array;
}

/** @throws RangeError for a key of another length, TypeError for a point of low order */
export function identityOf(key: ProbeKey): Identity {
  if (key.suite === 'psk') {
    requireKey('key', key.key);
    return { suite: SUITE_PSK, kid: key.kid, rootKey: key.key };
  }
  requireKey('receiver', key.receiver);
  const own = keyPairOf(key.secret);
  const rootKey = deriveStaticKey(own, key.receiver, own.publicKey, key.receiver, key.kid);
  if (rootKey === undefined) throw new TypeError('receiver: expected a public key, got a point of low order');
  return { suite: SUITE_SEALED, kid: key.kid, rootKey, receiver: key.receiver };
}

/** One session of a sender: its keys, and what all of its datagrams share. */
export interface Session {
  readonly t0: number;
  readonly sid: number;
  /** 24 bytes, of which seq and hedge change with each datagram. */
  readonly header: Uint8Array;
  /** E ‖ mac1; empty for psk. */
  readonly proof: Uint8Array;
  readonly sessionKey: Uint8Array;
  readonly hedgeKey: Uint8Array;
  readonly start: Clock;
  seq: number;
}

/** @param lastT0 unix seconds of the session before, which the new one exceeds */
export function startSession(identity: Identity, random: Random, lastT0: number, start: Clock): Session {
  const t0 = Math.max(Math.floor(start.wallMs / 1000), lastT0 + 1);
  const header = makeHeader(identity, t0, random);
  const { probeKey, proof } = agreeOnKey(identity, random, header);
  const keys = deriveSession(probeKey, header);
  const [sessionKey, hedgeKey] = [keys.subarray(0, KEY_BYTES), keys.subarray(KEY_BYTES)];
  return { t0, sid: readU32(header, SID_AT), header, proof, sessionKey, hedgeKey, start, seq: 0 };
}

function makeHeader({ suite, kid }: Identity, t0: number, random: Random): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = MAGIC;
  header[VERSION_AT] = (VERSION << 4) | suite;
  writeU32(header, KID_AT, kid);
  writeU32(header, T0_AT, t0);
  random(header.subarray(SID_AT, SEQ_AT));
  return header;
}

/** @returns K_probe, which for sealed is new with each session, and what proves it to the receiver */
function agreeOnKey({ rootKey, receiver }: Identity, random: Random, header: Uint8Array) {
  if (receiver === undefined) return { probeKey: rootKey, proof: new Uint8Array(0) };
  const secret = new Uint8Array(KEY_BYTES);
  random(secret);
  const ephemeral = keyPairOf(secret);
  const proof = new Uint8Array(PROOF_BYTES);
  proof.set(ephemeral.publicKey);
  proof.set(deriveMac1(rootKey, header, proof), EPHEMERAL_BYTES);
  const probeKey = deriveEphemeralKey(rootKey, ephemeral.secret, receiver, header, proof);
  if (probeKey === undefined) throw new TypeError('receiver: expected a public key, got a point of low order');
  return { probeKey, proof };
}

/** @returns milliseconds since t0 by the clock that never steps; 0 while t0 is ahead of the clock */
export const sendTimeMs = ({ t0, start }: Session, clock: Clock): number =>
  Math.max(0, Math.floor(start.wallMs - t0 * 1000 + (clock.monoMs - start.monoMs)));

/** @param count datagrams about to be sent, which must share a session
 *  @param lastTickMs monotonic time of the caller's last tick; undefined when it does not tick
 *  @returns true when the next datagram must belong to a new session */
export function isSessionOver(session: Session, clock: Clock, count: number, lastTickMs: number | undefined): boolean {
  const elapsedMs = clock.monoMs - session.start.monoMs;
  const jumpMs = Math.abs(clock.wallMs - session.start.wallMs - elapsedMs);
  const stallMs = lastTickMs === undefined ? 0 : clock.monoMs - lastTickMs;
  return (
    elapsedMs >= SESSION_MS ||
    session.seq + count > MAX_SEQ ||
    jumpMs > MAX_JUMP_MS ||
    stallMs > MAX_STALL_MS ||
    elapsedMs < 0
  );
}
