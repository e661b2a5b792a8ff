/** hot. A TCP segment's part in the KPIs: its place in the sequence, what it acknowledges, which flags it carries. */
import type { Packet } from '../dissect/packet.ts';
import { DelayMeter, elapsedUs } from './delays.ts';
import { INACTIVE, isClosed, nextEndpoint, nextPeer } from './endpoint.ts';
import { FILLS_HOLE, type Holes } from './holes.ts';
import { FLOW, FLOW_DOUBLE, RECORD_INTS, SIDE, SIDE_DOUBLE, SIDE_FLAG, STATE, sideAt } from './layout.ts';
import type { FlowStore } from './store.ts';
import { ACK, FIN, RST, SYN } from './tcp-flags.ts';

const { STATE: STATE_AT, HAND_US } = FLOW;
const { SYN_US } = FLOW_DOUBLE;
const { SRC_SIDE, HAND_KNOWN, HAND_FRESH, HAND_PENDING, CLOSED } = STATE;
const { SYN_PKTS, SYN_ACK_PKTS, RST_PKTS, FIN_PKTS, RETRANS_PKTS, OOO_PKTS, ZEROWIN_PKTS } = SIDE;
const { NEXT_SEQ, ACKED, ISN, DUP_ACKS, HOLES, ENDPOINT, FLAGS, FIN_SEQ } = SIDE;
const { LOST_BYTES, NEWEST_US } = SIDE_DOUBLE;
const { SEQ_KNOWN, ACK_KNOWN, ISN_KNOWN, SENT_DATA, FIN_KNOWN, NET_PENDING, RETRANS_PENDING } = SIDE_FLAG;

/** No window is larger (RFC 7323 §2.3): a sequence number further off belongs to something else, and the count starts
 *  anew there instead of calling the distance lost. */
const MAX_WINDOW = 1 << 30;
/** A missing segment that comes later than a round trip after the newest one was sent again, not overtaken; this is
 *  the round trip where the handshake was not seen. */
const REORDER_US = 3000;
/** So many repeated ACKs ask for a segment. */
const ASKING_ACKS = 2;

/** What a segment's payload is. */
export const NO_PAYLOAD = 0;
/** All or part of it comes for the first time. */
export const NEW_PAYLOAD = 1;
export const OLD_PAYLOAD = 2;

export class TcpMeter {
  /** Segments whose sequence number lies further off than any window. */
  jumps = 0;
  readonly #store: FlowStore;
  readonly #holes: Holes;
  readonly #delays: DelayMeter;

  constructor(store: FlowStore, holes: Holes) {
    this.#store = store;
    this.#holes = holes;
    this.#delays = new DelayMeter(store);
  }

  /** Counts one segment of `side`.
   *  @returns NO_PAYLOAD, NEW_PAYLOAD or OLD_PAYLOAD */
  measure(slot: number, side: number, packet: Packet): number {
    const { ints } = this.#store;
    const at = slot * RECORD_INTS;
    const own = sideAt(at, side);
    const other = sideAt(at, 1 - side);
    const flags = packet.tcpFlags;
    const isSource = side === (ints[at + STATE_AT]! & SRC_SIDE);
    if (packet.window === 0 && (flags & RST) === 0) ints[own + ZEROWIN_PKTS]!++;
    if ((flags & (SYN | FIN | RST)) !== 0 || ints[own + ENDPOINT] === INACTIVE) {
      this.#trackEndpoints(at, own, other, isSource, packet);
      if ((flags & SYN) !== 0) this.#noteSyn(at, own, other, isSource, packet);
    }
    if ((flags & RST) !== 0) return NO_PAYLOAD;
    const completes = isSource && (flags & (SYN | ACK)) === ACK && (ints[at + STATE_AT]! & HAND_PENDING) !== 0;
    if (completes) this.#completeHandshake(at, other, packet);
    if ((flags & ACK) !== 0) this.#acknowledge(own, other, packet);
    return this.#place(at, own, other, side, packet);
  }

  /** The conversation ends: what is open is counted. */
  close(slot: number): void {
    const at = slot * RECORD_INTS;
    this.#holes.closeAll(sideAt(at, 0));
    this.#holes.closeAll(sideAt(at, 1));
    this.#delays.close(at);
  }

  #trackEndpoints(at: number, own: number, other: number, isSource: boolean, packet: Packet): void {
    const { ints } = this.#store;
    const flags = packet.tcpFlags;
    if ((flags & SYN) !== 0) ints[own + ((flags & ACK) !== 0 ? SYN_ACK_PKTS : SYN_PKTS)]!++;
    if ((flags & RST) !== 0) ints[own + RST_PKTS]!++;
    if ((flags & FIN) !== 0) ints[own + FIN_PKTS]!++;
    const before = ints[own + ENDPOINT]!;
    const after = nextEndpoint(before, ints[other + ENDPOINT]!, flags, packet.payloadBytes, isSource);
    ints[own + ENDPOINT] = after;
    ints[other + ENDPOINT] = nextPeer(before, after, ints[other + ENDPOINT]!);
    if (isClosed(after, ints[other + ENDPOINT]!)) ints[at + STATE_AT]! |= CLOSED;
  }

  /** HAND_DELAY begins at the latest SYN before the answer, so that a lost SYN does not pass for a slow network. */
  #noteSyn(at: number, own: number, other: number, isSource: boolean, packet: Packet): void {
    const { ints, doubles } = this.#store;
    ints[own + ISN] = packet.seq;
    ints[own + FLAGS]! |= ISN_KNOWN;
    const answered = (ints[other + FLAGS]! & ISN_KNOWN) !== 0;
    if (isSource) {
      if (!answered) doubles[(at >> 1) + SYN_US] = packet.tsUs;
    } else if (answered && (ints[at + STATE_AT]! & HAND_KNOWN) === 0) ints[at + STATE_AT]! |= HAND_PENDING;
  }

  #completeHandshake(at: number, other: number, packet: Packet): void {
    const { ints, doubles } = this.#store;
    if (((packet.ack - ints[other + ISN]!) | 0) <= 0) return;
    ints[at + HAND_US] = elapsedUs(doubles[(at >> 1) + SYN_US]!, packet.tsUs);
    ints[at + STATE_AT] = (ints[at + STATE_AT]! & ~HAND_PENDING) | HAND_KNOWN | HAND_FRESH;
  }

  #acknowledge(own: number, other: number, packet: Packet): void {
    const { ints } = this.#store;
    const { ack } = packet;
    if ((ints[own + FLAGS]! & ACK_KNOWN) === 0) ints[own + FLAGS]! |= ACK_KNOWN;
    else {
      const advance = (ack - ints[own + ACKED]!) | 0;
      if (advance <= 0) {
        if (advance === 0 && packet.payloadBytes === 0 && (packet.tcpFlags & (SYN | FIN)) === 0)
          ints[own + DUP_ACKS]!++;
        return;
      }
      if (advance > MAX_WINDOW) {
        this.jumps++;
        return;
      }
    }
    ints[own + ACKED] = ack;
    ints[own + DUP_ACKS] = 0;
    const flags = ints[other + FLAGS]!;
    if ((flags & SEQ_KNOWN) === 0) return;
    if (((ack - ints[other + NEXT_SEQ]!) | 0) > 0) this.#loseUnseen(other, ack);
    if (ints[other + HOLES] !== 0) this.#holes.acknowledge(other, ack);
    if ((flags & (NET_PENDING | RETRANS_PENDING)) !== 0) this.#delays.acknowledge(own, other, packet);
  }

  /** The other side has bytes of `side` that were never seen here. */
  #loseUnseen(side: number, ack: number): void {
    const { ints, doubles } = this.#store;
    const lost = (ack - ints[side + NEXT_SEQ]!) | 0;
    if (lost > MAX_WINDOW) {
      this.jumps++;
      return;
    }
    const at = (side >> 1) + LOST_BYTES;
    doubles[at]! += lost;
    ints[side + NEXT_SEQ] = ack;
  }

  #place(at: number, own: number, other: number, side: number, packet: Packet): number {
    const { ints, doubles } = this.#store;
    const { payloadBytes, seq, tcpFlags, tsUs } = packet;
    const length = payloadBytes + ((tcpFlags & SYN) >> 1) + (tcpFlags & FIN);
    const flags = ints[own + FLAGS]!;
    if ((flags & SEQ_KNOWN) === 0) this.#start(own, other, seq);
    if (length === 0) return NO_PAYLOAD;
    if ((tcpFlags & FIN) !== 0) this.#noteFin(own, (seq + length - 1) | 0);
    const end = (seq + length) | 0;
    const ahead = (seq - ints[own + NEXT_SEQ]!) | 0;
    if (ahead < 0 && ahead >= -MAX_WINDOW) return this.#placeBehind(at, own, other, side, packet, end);
    if (ahead !== 0) this.#passOver(own, seq, ahead);
    ints[own + NEXT_SEQ] = end;
    doubles[(own >> 1) + NEWEST_US] = tsUs;
    if (payloadBytes === 0) return NO_PAYLOAD;
    ints[own + FLAGS]! |= SENT_DATA;
    this.#delays.sent(at, own, side, end, packet);
    return NEW_PAYLOAD;
  }

  /** First segment of a side. A keep-alive begins one byte before what the other side has acknowledged. */
  #start(own: number, other: number, seq: number): void {
    const { ints } = this.#store;
    const probes = (ints[other + FLAGS]! & ACK_KNOWN) !== 0 && ((ints[other + ACKED]! - seq) | 0) === 1;
    ints[own + NEXT_SEQ] = probes ? (seq + 1) | 0 : seq;
    ints[own + FLAGS]! |= SEQ_KNOWN;
  }

  #noteFin(own: number, finSeq: number): void {
    const { ints } = this.#store;
    ints[own + FIN_SEQ] = finSeq;
    ints[own + FLAGS]! |= FIN_KNOWN;
  }

  #passOver(own: number, seq: number, ahead: number): void {
    if (ahead > 0 && ahead <= MAX_WINDOW) this.#holes.open(own, this.#store.ints[own + NEXT_SEQ]!, seq);
    else {
      this.jumps++;
      this.#holes.closeAll(own);
    }
  }

  /** A segment that starts below what was seen: late, repeated, or a probe. */
  #placeBehind(at: number, own: number, other: number, side: number, packet: Packet, end: number): number {
    const { ints, doubles } = this.#store;
    const { payloadBytes, seq, tsUs } = packet;
    const next = ints[own + NEXT_SEQ]!;
    const overhang = (end - next) | 0;
    const onLastByte = ((next - seq) | 0) === 1;
    if (onLastByte && overhang === 0 && payloadBytes === 1 && this.#isAcknowledged(other, next)) return OLD_PAYLOAD;
    // A probe of a closed window sent its first byte already; that does not make the segment a repeated one.
    const isProbed = onLastByte && overhang > 0;
    const fate = isProbed ? FILLS_HOLE : this.#holes.fill(own, seq, overhang > 0 ? next : end);
    const late = fate === FILLS_HOLE && !isProbed;
    if (late && !this.#wasSentAgain(at, own, other, packet)) ints[own + OOO_PKTS]!++;
    else if (!isProbed) ints[own + RETRANS_PKTS]!++;
    if (fate !== FILLS_HOLE && payloadBytes > 0) this.#delays.repeated(at, own, other, side, seq, end);
    if (overhang > 0) {
      ints[own + NEXT_SEQ] = end;
      doubles[(own >> 1) + NEWEST_US] = tsUs;
    }
    if (payloadBytes === 0) return NO_PAYLOAD;
    const isNew = late || overhang > 0;
    if (isNew) this.#delays.turn(at, side, packet);
    return isNew ? NEW_PAYLOAD : OLD_PAYLOAD;
  }

  #isAcknowledged(other: number, seq: number): boolean {
    const { ints } = this.#store;
    return (ints[other + FLAGS]! & ACK_KNOWN) !== 0 && ints[other + ACKED] === seq;
  }

  /** Whether a segment that was missing was lost on its way here and sent again, rather than overtaken. */
  #wasSentAgain(at: number, own: number, other: number, packet: Packet): boolean {
    const { ints, doubles } = this.#store;
    const { seq, tsUs } = packet;
    if (ints[other + DUP_ACKS]! >= ASKING_ACKS && ints[other + ACKED] === seq) return true;
    const roundTripUs = (ints[at + STATE_AT]! & HAND_KNOWN) !== 0 ? ints[at + HAND_US]! : REORDER_US;
    return tsUs - doubles[(own >> 1) + NEWEST_US]! >= roundTripUs;
  }
}
