// warm. Seals messages into datagrams. One sender is one kid; its caller gives it time and randomness.
import type { ProbeKey } from '../keys/key-file.ts';
import type { Cipher } from './cipher.ts';
import { padme } from './padding.ts';
import {
  type Clock,
  identityOf,
  isSessionOver,
  type Random,
  type Session,
  sendTimeMs,
  startSession,
} from './session.ts';
import {
  boxAt,
  DEFAULT_MTU_BYTES,
  DEFLATED,
  DMS_AT,
  FRAGMENT_HEADER_BYTES,
  HEADER_BYTES,
  HEDGE_AT,
  HEDGE_BYTES,
  INNER_BYTES,
  LEN_AT,
  MAX_DATAGRAM_BYTES,
  MAX_MESSAGE_BYTES,
  MIN_MTU_BYTES,
  SEQ_AT,
  SUITE_PSK,
  SUITE_SEALED,
  TAG_BYTES,
  TYPE_BATCH,
  TYPE_FRAGMENT,
  TYPE_GELF,
  TYPE_HEARTBEAT,
  writeU16,
  writeU32,
} from './wire.ts';

export interface SenderOptions {
  readonly key: ProbeKey;
  readonly cipher: Cipher;
  readonly random: Random;
  /** Largest datagram in bytes, 1,232 to 65,507; 1,372 unless told. */
  readonly mtu?: number;
  /** Rounds lengths up to Padmé sizes, so that they say less about what was sent; true unless told. */
  readonly padding?: boolean;
  /** t0 of the last session before this process, unix seconds, where the caller keeps it; the next is newer. */
  readonly lastT0?: number;
}

export interface SenderStatus {
  readonly sid: number;
  /** Of the current session: the caller keeps it, and gives it as `lastT0` after a restart. */
  readonly t0: number;
  /** Sequence number of the next datagram. */
  readonly nextSeq: number;
  readonly sessions: number;
}

export interface Sender {
  /** The longest body that fits one datagram; a longer one is cut into fragments. */
  readonly maxBodyBytes: number;
  /** The longest body that can be sent at all. */
  readonly maxMessageBytes: number;
  /** @param type TYPE_GELF or TYPE_BATCH, or either with DEFLATED
   *  @param body lent for the call
   *  @returns one datagram, or one per fragment, in the order to send them; owned by the caller
   *  @throws RangeError for another type, or a body longer than `maxMessageBytes` */
  seal(type: number, body: Uint8Array, clock: Clock): Uint8Array[];
  /** @returns a datagram that only says that the probe lives, and up to which sequence number it has sent */
  heartbeat(clock: Clock): Uint8Array;
  /** Call it every second or so: a gap over 5 s means that the process stood still, and so may have been copied.
   *  @param machineId anything that names the machine; a new session starts when it changes */
  tick(clock: Clock, machineId?: string): void;
  /** @returns undefined before the first datagram */
  status(): SenderStatus | undefined;
}

/** Drawn from the caller in one go: a call for 16 bytes costs as much as one for 2,048. */
const RANDOM_POOL_BYTES = 2_048;
const HEDGE_RANDOM_BYTES = 16;
/** What the hedge covers before the plaintext: 16 random bytes and the header up to the hedge. */
const HEDGE_PREFIX_BYTES = HEDGE_RANDOM_BYTES + HEDGE_AT;
const MAX_FRAGMENTS = 255;
const EMPTY = new Uint8Array(0);

function checkMtu(mtu: number): number {
  if (Number.isInteger(mtu) && mtu >= MIN_MTU_BYTES && mtu <= MAX_DATAGRAM_BYTES) return mtu;
  throw new RangeError(`mtu: expected ${MIN_MTU_BYTES} to ${MAX_DATAGRAM_BYTES}, got ${mtu}`);
}

/** Hands out random bytes, 16 at a time. */
function createPool(random: Random): (into: Uint8Array) => void {
  const pool = new Uint8Array(RANDOM_POOL_BYTES);
  let at = RANDOM_POOL_BYTES;
  return into => {
    if (at === RANDOM_POOL_BYTES) {
      random(pool);
      at = 0;
    }
    into.set(pool.subarray(at, at + HEDGE_RANDOM_BYTES));
    pool.fill(0, at, at + HEDGE_RANDOM_BYTES);
    at += HEDGE_RANDOM_BYTES;
  };
}

/** @throws RangeError or TypeError for an option out of its range */
export function createSender(options: SenderOptions): Sender {
  const { cipher, random, padding = true } = options;
  const mtu = checkMtu(options.mtu ?? DEFAULT_MTU_BYTES);
  const identity = identityOf(options.key);
  const at = boxAt(identity.suite);
  const maxPlainBytes = mtu - at - TAG_BYTES;
  const maxBodyBytes = Math.min(maxPlainBytes - INNER_BYTES, 0xffff);
  const sliceBytes = maxBodyBytes - FRAGMENT_HEADER_BYTES;
  const maxMessageBytes = Math.min(MAX_FRAGMENTS * sliceBytes, MAX_MESSAGE_BYTES) - 1;
  // The plaintext is built behind what the hedge covers with it, so that one call hashes both.
  const work = new Uint8Array(HEDGE_PREFIX_BYTES + maxPlainBytes);
  const plain = work.subarray(HEDGE_PREFIX_BYTES);
  const hedgeRandom = work.subarray(0, HEDGE_RANDOM_BYTES);
  const takeRandom = createPool(random);
  let session: Session | undefined;
  let lastT0 = options.lastT0 ?? 0;
  let sessions = 0;
  let lastTickMs: number | undefined;
  let machine: string | undefined;

  /** @returns a session in which `count` more datagrams may be sent */
  function sessionFor(clock: Clock, count: number): Session {
    if (session !== undefined && !isSessionOver(session, clock, count, lastTickMs)) return session;
    // A stall is answered once; the next tick starts the watch anew.
    lastTickMs = undefined;
    session = startSession(identity, random, lastT0, clock);
    lastT0 = session.t0;
    sessions++;
    return session;
  }

  /** Seals what lies in `plain`: header and body were put there by the caller. */
  function sealPlain(current: Session, type: number, bodyBytes: number, clock: Clock): Uint8Array {
    const usedBytes = INNER_BYTES + bodyBytes;
    const plainBytes = padding ? Math.min(padme(usedBytes), maxPlainBytes) : usedBytes;
    plain[0] = type;
    writeU32(plain, DMS_AT, sendTimeMs(current, clock));
    writeU16(plain, LEN_AT, bodyBytes);
    plain.fill(0, usedBytes, plainBytes);
    return box(current, plainBytes);
  }

  function box({ header, proof, hedgeKey, sessionKey }: Session, plainBytes: number): Uint8Array {
    const datagram = Buffer.allocUnsafe(at + TAG_BYTES + plainBytes);
    takeRandom(hedgeRandom);
    work.set(header.subarray(0, HEDGE_AT), HEDGE_RANDOM_BYTES);
    const hedge = cipher.mac(work.subarray(0, HEDGE_PREFIX_BYTES + plainBytes), hedgeKey);
    header.set(hedge.subarray(0, HEDGE_BYTES), HEDGE_AT);
    datagram.set(header);
    datagram.set(proof, HEADER_BYTES);
    cipher.seal(datagram.subarray(at), plain.subarray(0, plainBytes), header, sessionKey);
    return datagram;
  }

  function sealOne(current: Session, type: number, bodyBytes: number, clock: Clock): Uint8Array {
    writeU32(current.header, SEQ_AT, current.seq);
    current.seq++;
    return sealPlain(current, type, bodyBytes, clock);
  }

  function sealFragments(type: number, body: Uint8Array, clock: Clock): Uint8Array[] {
    const message = new Uint8Array(1 + body.length);
    message[0] = type;
    message.set(body, 1);
    const count = Math.ceil(message.length / sliceBytes);
    const current = sessionFor(clock, count);
    return Array.from({ length: count }, (_, index) => {
      const slice = message.subarray(index * sliceBytes, (index + 1) * sliceBytes);
      plain[INNER_BYTES] = index;
      plain[INNER_BYTES + 1] = count;
      plain.set(slice, INNER_BYTES + FRAGMENT_HEADER_BYTES);
      return sealOne(current, TYPE_FRAGMENT, FRAGMENT_HEADER_BYTES + slice.length, clock);
    });
  }

  function seal(type: number, body: Uint8Array, clock: Clock): Uint8Array[] {
    checkMessage(type, body, maxMessageBytes);
    if (body.length > maxBodyBytes) return sealFragments(type, body, clock);
    plain.set(body, INNER_BYTES);
    return [sealOne(sessionFor(clock, 1), type, body.length, clock)];
  }

  return {
    maxBodyBytes,
    maxMessageBytes,
    seal,
    heartbeat: clock => sealOne(sessionFor(clock, 1), TYPE_HEARTBEAT, EMPTY.length, clock),
    tick(clock, machineId) {
      const isMoved = machineId !== undefined && machine !== undefined && machineId !== machine;
      if (session !== undefined && (isMoved || isSessionOver(session, clock, 0, lastTickMs))) session = undefined;
      machine = machineId ?? machine;
      lastTickMs = clock.monoMs;
    },
    status: () => session && { sid: session.sid, t0: session.t0, nextSeq: session.seq, sessions },
  };
}

function checkMessage(type: number, body: Uint8Array, maxMessageBytes: number): void {
  const kind = type & ~DEFLATED;
  if (kind !== TYPE_GELF && kind !== TYPE_BATCH)
    throw new RangeError(`type: expected TYPE_GELF or TYPE_BATCH, with or without DEFLATED, got ${type}`);
  if (body.length > maxMessageBytes)
    throw new RangeError(`body: expected at most ${maxMessageBytes} bytes, got ${body.length}`);
}

/** @returns the longest body that fits one datagram of `mtu` bytes, as a sender with that key would say */
export const maxBodyBytesFor = (suite: ProbeKey['suite'], mtu: number = DEFAULT_MTU_BYTES): number =>
  Math.min(checkMtu(mtu) - boxAt(suite === 'psk' ? SUITE_PSK : SUITE_SEALED) - TAG_BYTES - INNER_BYTES, 0xffff);
