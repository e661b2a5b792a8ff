/** hot. The delays of a TCP conversation. One sample of each kind is in the making at a time: no list to keep, about
 *  one sample a round trip. */
import type { Packet } from '../dissect/packet.ts';
import { FLOW, FLOW_DOUBLE, SIDE, SIDE_DOUBLE, SIDE_FLAG, STATE } from './layout.ts';
import { createSendTimes } from './send-times.ts';
import type { FlowStore } from './store.ts';

const { STATE: STATE_AT, ID, APP_COUNT, APP_MAX_US, LOAD_COUNT, LOAD_MAX_US } = FLOW;
const { REQUEST_US, ANSWER_US, ANSWER_LAST_US, APP_SUM_US, LOAD_SUM_US } = FLOW_DOUBLE;
const { SRC_SIDE, REQUESTING, ANSWERING } = STATE;
const { NET_COUNT, NET_MAX_US, RETRANS_COUNT, RETRANS_MAX_US, NET_START, NET_END, RETRANS_END } = SIDE;
const { ACKED, NET_LAST_US, FLAGS } = SIDE;
const { NET_SUM_US, RETRANS_SUM_US, NET_AT_US, RETRANS_AT_US } = SIDE_DOUBLE;
const { ACK_KNOWN, NET_PENDING, RETRANS_PENDING } = SIDE_FLAG;

const MAX_INT = 0x7fffffff;

/** @returns whole µs from `fromUs` to `toUs`, at least 0 (a clock may step back), at most what a word holds */
export function elapsedUs(fromUs: number, toUs: number): number {
  const us = toUs - fromUs;
  if (us <= 0) return 0;
  return Math.min(us, MAX_INT);
}

export type DelayMeter = ReturnType<typeof createDelayMeter>;

export function createDelayMeter(store: FlowStore) {
  const { ints, doubles } = store;
  const sendTimes = createSendTimes();

  /** `side`, whose block is `own`, sent the packet's payload up to `end` for the first time. */
  function sent(at: number, own: number, side: number, end: number, packet: Packet): void {
    const { seq } = packet;
    if ((ints[own + FLAGS]! & NET_PENDING) === 0) {
      ints[own + NET_START] = seq;
      ints[own + NET_END] = end;
      doubles[(own >> 1) + NET_AT_US] = packet.tsUs;
      ints[own + FLAGS]! |= NET_PENDING;
    }
    sendTimes.note((ints[at + ID]! << 1) | side, end, packet);
    turn(at, side, packet);
  }

  /** `side` sent `seq`..`end` again: its ACK could mean either sending, so it is no sample of the network (Karn). */
  function repeated(at: number, own: number, other: number, side: number, seq: number, end: number): void {
    const flags = ints[own + FLAGS]!;
    const overlaps = ((end - ints[own + NET_START]!) | 0) > 0 && ((ints[own + NET_END]! - seq) | 0) > 0;
    if (overlaps) ints[own + FLAGS] = flags & ~NET_PENDING;
    if ((flags & RETRANS_PENDING) !== 0) return;
    const isAcknowledged = (ints[other + FLAGS]! & ACK_KNOWN) !== 0 && ((end - ints[other + ACKED]!) | 0) <= 0;
    if (isAcknowledged) return;
    const firstUs = sendTimes.find((ints[at + ID]! << 1) | side, seq, (end - seq) | 0);
    if (firstUs === 0) return;
    ints[own + RETRANS_END] = end;
    doubles[(own >> 1) + RETRANS_AT_US] = firstUs;
    ints[own + FLAGS]! |= RETRANS_PENDING;
  }

  /** `own` acknowledged what `other` sent. */
  function acknowledge(own: number, other: number, packet: Packet): void {
    const { ack, tsUs } = packet;
    const flags = ints[other + FLAGS]!;
    if ((flags & NET_PENDING) !== 0 && ((ack - ints[other + NET_END]!) | 0) >= 0) {
      const us = elapsedUs(doubles[(other >> 1) + NET_AT_US]!, tsUs);
      ints[other + FLAGS]! &= ~NET_PENDING;
      ints[own + NET_LAST_US] = us < MAX_INT ? us + 1 : us;
      add((own >> 1) + NET_SUM_US, own + NET_COUNT, own + NET_MAX_US, us);
    }
    if ((flags & RETRANS_PENDING) !== 0 && ((ack - ints[other + RETRANS_END]!) | 0) >= 0) {
      const us = elapsedUs(doubles[(other >> 1) + RETRANS_AT_US]!, tsUs);
      ints[other + FLAGS]! &= ~RETRANS_PENDING;
      add((other >> 1) + RETRANS_SUM_US, other + RETRANS_COUNT, other + RETRANS_MAX_US, us);
    }
  }

  /** New payload of `side`: SRC's bursts are requests, DST's are answers. */
  function turn(at: number, side: number, packet: Packet): void {
    const { tsUs } = packet;
    const state = ints[at + STATE_AT]!;
    const clock = at >> 1;
    if (side === (state & SRC_SIDE)) {
      doubles[clock + REQUEST_US] = tsUs;
      if ((state & REQUESTING) !== 0) return;
      close(at);
      ints[at + STATE_AT]! |= REQUESTING;
    } else if ((state & (REQUESTING | ANSWERING)) !== 0) {
      doubles[clock + ANSWER_LAST_US] = tsUs;
      if ((state & ANSWERING) !== 0) return;
      doubles[clock + ANSWER_US] = tsUs;
      ints[at + STATE_AT] = (state & ~REQUESTING) | ANSWERING;
      add(clock + APP_SUM_US, at + APP_COUNT, at + APP_MAX_US, elapsedUs(doubles[clock + REQUEST_US]!, tsUs));
    }
  }

  /** An answer that was going on is over. */
  function close(at: number): void {
    if ((ints[at + STATE_AT]! & ANSWERING) === 0) return;
    ints[at + STATE_AT]! &= ~ANSWERING;
    const us = elapsedUs(doubles[(at >> 1) + ANSWER_US]!, doubles[(at >> 1) + ANSWER_LAST_US]!);
    add((at >> 1) + LOAD_SUM_US, at + LOAD_COUNT, at + LOAD_MAX_US, us);
  }

  function add(sumAt: number, countAt: number, maxAt: number, us: number): void {
    doubles[sumAt]! += us;
    ints[countAt]!++;
    if (us > ints[maxAt]!) ints[maxAt] = us;
  }

  return { sent, repeated, acknowledge, turn, close };
}
