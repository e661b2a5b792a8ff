// cold. The sessions that share a connection (MARS), each with requests and answers of its own. Their DATA packets are
// numbered, so of a loss it is known which sessions it touched. Source: MC-SMP sections 2.2.1.1 and 3.1.
import type { Direction } from '../analyzer.ts';
import { beginsMessage } from './request.ts';
import { type Connection, Session } from './session.ts';
import * as smp from './smp.ts';

/** Per connection: a program reads a handful of results at a time. */
const MAX_SESSIONS = 64;
const FIRST_SEQNUM = 1;
const UNKNOWN = 0;

/** A session, and what of its packets may be missing. */
interface Lane {
  readonly session: Session;
  /** By direction: SEQNUM of the next DATA packet, or UNKNOWN. */
  readonly next: [number, number];
  /** By direction: bytes that were lost, perhaps of this session; undefined when none were. */
  readonly doubts: [number | undefined, number | undefined];
  /** By direction: that side has nothing more to say. */
  readonly isOver: [boolean, boolean];
}

export class Mars {
  readonly #connection: Connection;
  readonly #lanes = new Map<number, Lane>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @param bytes of one SMP packet, lent */
  onPacket(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): void {
    const header = smp.readHeader(bytes);
    if (header.flags === smp.SYN) this.#open(header.sid, [FIRST_SEQNUM, FIRST_SEQNUM]);
    else if (header.flags === smp.FIN) this.#finish(direction, header.sid);
    else if (header.flags === smp.DATA) {
      const content = bytes.subarray(smp.HEADER_BYTES);
      const lane = this.#laneOf(direction, header, content);
      if (lane === undefined) return;
      settle(direction, lane, header.seqNum);
      lane.session.onPacket(direction, content, tsUs, beginUs);
    }
  }

  /** Packets of any session may be missing. */
  lose(direction: Direction, lengthBytes: number): void {
    for (const { doubts } of this.#lanes.values()) doubts[direction] = (doubts[direction] ?? 0) + lengthBytes;
    if (direction === 1) this.#connection.database = undefined; // it may have been changed in what was lost
  }

  close(): void {
    for (const { session } of this.#lanes.values()) session.close();
    this.#lanes.clear();
  }

  /** Numbers are given anew: a session that begins again has one that was used before. */
  #laneOf(direction: Direction, { sid, seqNum }: smp.Header, content: Uint8Array): Lane | undefined {
    const lane = this.#lanes.get(sid);
    const begins = seqNum === FIRST_SEQNUM;
    if (lane !== undefined && !(begins && lane.next[direction] > FIRST_SEQNUM)) return lane;
    if (begins && direction === 0) return this.#open(sid, [FIRST_SEQNUM, FIRST_SEQNUM]);
    // A client asks when it was answered: of a session that is met when it asks, nothing is on its way.
    const isMidway = direction === 1 || !beginsMessage(content);
    return this.#open(sid, direction === 0 ? [seqNum, UNKNOWN] : [UNKNOWN, seqNum], isMidway);
  }

  #open(sid: number, next: [number, number], isMidway = false): Lane | undefined {
    this.#lanes.get(sid)?.session.close();
    this.#lanes.delete(sid);
    if (this.#lanes.size >= MAX_SESSIONS) {
      this.#connection.context.parseError('sessions_limit');
      return undefined;
    }
    const session = new Session(this.#connection, isMidway);
    const lane: Lane = { session, next, doubts: [undefined, undefined], isOver: [false, false] };
    this.#lanes.set(sid, lane);
    return lane;
  }

  #finish(direction: Direction, sid: number): void {
    const lane = this.#lanes.get(sid);
    if (lane === undefined) return;
    lane.isOver[direction] = true;
    if (!lane.isOver.every(Boolean)) return;
    lane.session.close();
    this.#lanes.delete(sid);
  }
}

/** Finds out, before a DATA packet is read, whether a loss touched the session. */
function settle(direction: Direction, { session, next, doubts }: Lane, seqNum: number): void {
  const isNext = next[direction] === seqNum || (next[direction] === UNKNOWN && doubts[direction] === undefined);
  if (!isNext) session.lose(direction, doubts[direction] ?? 0);
  // What comes may answer something that was asked before the session was met.
  if (!isNext && next[direction] === UNKNOWN) session.lose(0, 0);
  doubts[direction] = undefined;
  next[direction] = (seqNum + 1) >>> 0;
  const opposite = direction === 0 ? 1 : 0;
  const doubtedBytes = doubts[opposite];
  // A client asks again when it was answered, and a server answers what it was asked.
  const isOver = direction === 0 ? session.isWaiting : !session.isWaiting;
  if (doubtedBytes === undefined || !isOver) return;
  session.lose(opposite, doubtedBytes);
  doubts[opposite] = undefined;
  next[opposite] = UNKNOWN;
}
