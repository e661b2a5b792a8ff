// cold. Puts fragments together, within bounds that no sender can move.
import type { Refusal } from './reasons.ts';
import { DEFLATED, FRAGMENT_HEADER_BYTES, MAX_MESSAGE_BYTES, TYPE_BATCH, TYPE_GELF } from './wire.ts';

/** A probe sends one message after the other; four may overlap on reordering paths. */
const MAX_OPEN_PER_KID = 4;
const MAX_BYTES_PER_KID = MAX_MESSAGE_BYTES;
/** 250 kids may fill their share at once; more make the oldest messages go. */
const MAX_BYTES_IN_ALL = 64 << 20;
const MAX_AGE_MS = 5_000;
/** What an open message costs before its first byte, so that many small ones are bounded too. */
const OPEN_COST_BYTES = 4_096;

interface OpenMessage {
  readonly key: string;
  readonly row: number;
  readonly slices: (Uint8Array | undefined)[];
  readonly sinceMs: number;
  missing: number;
  lenBytes: number;
}

/** Which message a fragment belongs to. */
export interface FragmentOf {
  readonly row: number;
  readonly t0: number;
  readonly sid: number;
  readonly seq: number;
}

export class Fragments {
  /** By age: a Map keeps the order of insertion. */
  private readonly open = new Map<string, OpenMessage>();
  private readonly byRow = new Map<number, OpenMessage[]>();
  private bytesInAll = 0;
  private readonly onDrop: (reason: Refusal) => void;

  /** @param onDrop told of each message that is given up, other than the one at hand */
  constructor(onDrop: (reason: Refusal) => void) {
    this.onDrop = onDrop;
  }

  /** @param body index u8 ‖ count u8 ‖ slice, lent
   *  @returns the whole message (type u8 ‖ body), a reason to refuse, or undefined while some are missing */
  add(of: FragmentOf, body: Uint8Array, nowMs: number): Uint8Array | Refusal | undefined {
    this.expire(nowMs);
    const [index, count] = body;
    if (index === undefined || count === undefined || count < 2 || index >= count || index > of.seq)
      return 'fragment_invalid';
    const slice = new Uint8Array(body.subarray(FRAGMENT_HEADER_BYTES)); // a copy: Buffer's slice would be a view
    if (slice.length === 0 || (index === 0 && !isInnerType(slice[0] as number))) return 'fragment_invalid';
    const message = this.messageOf(of, index, count, nowMs);
    if (message.slices.length !== count || message.slices[index] !== undefined) {
      this.remove(message);
      return 'fragment_conflict';
    }
    return this.put(message, index, slice);
  }

  private messageOf({ row, t0, sid, seq }: FragmentOf, index: number, count: number, sinceMs: number): OpenMessage {
    const key = `${row}/${t0}/${sid}/${seq - index}`;
    const found = this.open.get(key);
    if (found !== undefined) return found;
    const siblings = this.byRow.get(row) ?? [];
    if (siblings.length === MAX_OPEN_PER_KID) this.giveUp(siblings[0] as OpenMessage, 'fragment_limit');
    const slices = new Array<Uint8Array | undefined>(count).fill(undefined);
    const message: OpenMessage = { key, row, slices, sinceMs, missing: count, lenBytes: 0 };
    this.open.set(key, message);
    this.bytesInAll += OPEN_COST_BYTES;
    this.byRow.set(row, [...(this.byRow.get(row) ?? []), message]);
    return message;
  }

  private put(message: OpenMessage, index: number, slice: Uint8Array): Uint8Array | Refusal | undefined {
    if (message.lenBytes + slice.length > MAX_MESSAGE_BYTES) {
      this.remove(message);
      return 'fragment_limit';
    }
    message.slices[index] = slice;
    message.missing--;
    message.lenBytes += slice.length;
    this.bytesInAll += slice.length;
    if (message.missing > 0) {
      this.enforceLimits(message);
      return undefined;
    }
    this.remove(message);
    return Buffer.concat(message.slices as Uint8Array[]);
  }

  private enforceLimits(current: OpenMessage): void {
    const siblings = () => this.byRow.get(current.row) ?? [];
    while (siblings().reduce((sum, { lenBytes }) => sum + lenBytes, 0) > MAX_BYTES_PER_KID)
      this.giveUp(siblings().find(message => message !== current) as OpenMessage, 'fragment_limit');
    while (this.bytesInAll > MAX_BYTES_IN_ALL) this.giveUp(this.oldest() as OpenMessage, 'fragment_limit');
  }

  private expire(nowMs: number): void {
    for (let oldest = this.oldest(); oldest !== undefined; oldest = this.oldest()) {
      if (nowMs - oldest.sinceMs <= MAX_AGE_MS) return;
      this.giveUp(oldest, 'fragment_expired');
    }
  }

  private oldest(): OpenMessage | undefined {
    return this.open.values().next().value;
  }

  private giveUp(message: OpenMessage, reason: Refusal): void {
    this.remove(message);
    this.onDrop(reason);
  }

  private remove(message: OpenMessage): void {
    this.open.delete(message.key);
    this.bytesInAll -= message.lenBytes + OPEN_COST_BYTES;
    const rest = (this.byRow.get(message.row) ?? []).filter(other => other !== message);
    if (rest.length > 0) this.byRow.set(message.row, rest);
    else this.byRow.delete(message.row);
  }
}

/** @returns true for a type that a message may have once it is whole */
export const isInnerType = (type: number): boolean => {
  const kind = type & ~DEFLATED;
  return kind === TYPE_GELF || kind === TYPE_BATCH;
};
