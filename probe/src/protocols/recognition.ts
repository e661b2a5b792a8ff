// warm. Finds what a session speaks, from the first bytes of its directions, which it keeps until that is known.
import type { Conversations, Direction } from '../flow/listener.ts';
import { type Detector, type Finding, NONE, UNDECIDED } from './detector.ts';
import { DETECT_PREFIX_BYTES } from './limits.ts';
import type { Session } from './session.ts';

export interface RecognitionHost {
  readonly detector: Detector;
  readonly conversations: Conversations;
  /** See EngineLimits. */
  readonly tries: number;
  /** Opens the session's analyzer.
   *  @param index of the protocol
   *  @param proven the direction whose bytes told; undefined when its place in the protocol is not known
   *  @param trusted the other direction need not be asked
   *  @returns false when the conversation is not to be read */
  open(session: Session, index: number, proven: Direction | undefined, trusted: boolean): boolean;
  count(name: string): void;
}

export class Recognition {
  readonly #host: RecognitionHost;

  constructor(host: RecognitionHost) {
    this.#host = host;
  }

  /** One datagram, of a protocol that is known or not.
   *  @returns false when the conversation is of no interest */
  onDatagram(session: Session, direction: Direction, bytes: Uint8Array, wireBytes: number, tsUs: number): boolean {
    if (session.protocol === undefined) return this.#detectDatagram(session, direction, bytes, wireBytes, tsUs);
    const goesOn = session.onDatagram(direction, bytes, tsUs);
    if (goesOn && wireBytes > bytes.length) session.onGap(direction, wireBytes - bytes.length, tsUs);
    return goesOn;
  }

  #detectDatagram(session: Session, direction: Direction, bytes: Uint8Array, wireBytes: number, tsUs: number): boolean {
    const finding = this.#find(session, direction, bytes);
    if (finding.protocol < 0) return this.#tryAgain(session);
    if (!this.#adopt(session, finding, direction)) return false;
    return this.onDatagram(session, finding.swapped ? other(direction) : direction, bytes, wireBytes, tsUs);
  }

  /** The next bytes of a stream whose protocol is not known.
   *  @returns as {@link onDatagram} */
  onStream(session: Session, direction: Direction, bytes: Uint8Array, tsUs: number): boolean {
    const kept = session.ways[direction];
    // In mid-stream no more than one turn of each direction is kept: it must be known which was first.
    if (session.midStream && session.spoke !== direction) kept.clear();
    session.spoke = direction;
    if (kept.unread === undefined) return this.#decide(session, direction, bytes, bytes, tsUs);
    if (kept.append(bytes, tsUs)) return this.#decide(session, direction, kept.view(), undefined, tsUs);
    this.#host.count('unread_full');
    return false;
  }

  /** @param prefix what the direction says so far
   *  @param fresh the same, when it is not kept yet */
  #decide(
    session: Session,
    direction: Direction,
    prefix: Uint8Array,
    fresh: Uint8Array | undefined,
    tsUs: number,
  ): boolean {
    const finding = this.#find(session, direction, prefix);
    if (finding.protocol === NONE) return this.#tryAgain(session);
    if (finding.protocol === UNDECIDED) return this.#waitForMore(session, direction, prefix, fresh, tsUs);
    const now = finding.swapped ? other(direction) : direction;
    if (!this.#adopt(session, finding, now)) return false;
    return session.readKept() && (fresh === undefined || session.onStream(now, fresh, tsUs));
  }

  /** Finds what a conversation was handed over to, from what is unread of it.
   *  @returns false when that is of no interest */
  name(session: Session, tsUs: number): boolean {
    while (session.isUnnamed) {
      session.isUnnamed = false;
      for (const direction of [0, 1] as const) {
        const prefix = session.ways[direction].view();
        if (session.protocol !== undefined || prefix.length === 0) continue;
        if (!this.#decide(session, direction, prefix, undefined, tsUs)) return false;
      }
    }
    return true;
  }

  #find(session: Session, direction: Direction, prefix: Uint8Array): Finding {
    const own = prefix.subarray(0, DETECT_PREFIX_BYTES);
    const opposite = session.ways[other(direction)].view();
    const { conversations, detector } = this.#host;
    const [srcPort, dstPort] = [conversations.srcPortOf(session.slot), conversations.dstPortOf(session.slot)];
    const prefixes = direction === 0 ? ([own, opposite] as const) : ([opposite, own] as const);
    const pins = !session.handedOver;
    return detector.find(session.transport, srcPort, dstPort, prefixes, session.midStream, pins);
  }

  #waitForMore(
    session: Session,
    direction: Direction,
    prefix: Uint8Array,
    fresh: Uint8Array | undefined,
    tsUs: number,
  ): boolean {
    if (prefix.length >= DETECT_PREFIX_BYTES) return this.#tryAgain(session);
    if (fresh === undefined || session.ways[direction].append(fresh, tsUs)) return true;
    this.#host.count('unread_full');
    return false;
  }

  /** These bytes are no protocol's. Where the start was seen that is final; in mid-stream a message may start later. */
  #tryAgain(session: Session): boolean {
    for (const way of session.ways) way.clear();
    session.tries += 1;
    return session.midStream && session.tries < this.#host.tries;
  }

  /** @param direction whose bytes told
   *  @returns false when the conversation is not to be read */
  #adopt(session: Session, finding: Finding, direction: Direction): boolean {
    if (finding.swapped) {
      this.#host.conversations.swap(session.slot);
      session.ways.reverse();
    }
    const startKnown = !finding.pinned || !session.midStream;
    return this.#host.open(session, finding.protocol, startKnown ? direction : undefined, finding.pinned);
  }
}

const other = (direction: Direction): Direction => (direction === 0 ? 1 : 0);
