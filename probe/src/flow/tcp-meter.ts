/** hot. A TCP segment's part in the KPIs: its place in the sequence, what it acknowledges, which flags it carries. */
import type { Packet } from '../dissect/packet.ts';
import { createDelayMeter, elapsedUs } from './delays.ts';
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

/** What counts segments; kept in closures over the arrays, because V8 then compiles their addresses in (15 % of a packet). */
export type TcpMeter = ReturnType<typeof createTcpMeter>;

export function createTcpMeter(store: FlowStore, holes: Holes) {
  const { ints, doubles } = store;
  const delays = createDelayMeter(store);
  /** Segments whose sequence number lies further off than any window. */
  let jumps = 0;

  /** Counts one segment of `side`. */
  function measure(slot: number, side: number, packet: Packet): void {
    const at = slot * RECORD_INTS;
    const own = sideAt(at, side);
    const other = sideAt(at, 1 - side);
    const flags = packet.tcpFlags;
    const isSource = side === (ints[at + STATE_AT]! & SRC_SIDE);
    if (packet.window === 0 && (flags & RST) === 0) ints[own + ZEROWIN_PKTS]!++;
    if ((flags & (SYN | FIN | RST)) !== 0 || ints[own + ENDPOINT] === INACTIVE) {
      trackEndpoints(at, own, other, isSource, packet);
      if ((flags & SYN) !== 0) noteSyn(at, own, other, isSource, packet);
    }
    if ((flags & RST) !== 0) return;
    const completes = isSource && (flags & (SYN | ACK)) === ACK && (ints[at + STATE_AT]! & HAND_PENDING) !== 0;
    if (completes) completeHandshake(at, other, packet);
    if ((flags & ACK) !== 0) acknowledge(own, other, packet);
    place(at, own, other, side, packet);
  }

  /** The conversation ends: what is open is counted. */
  function close(slot: number): void {
    const at = slot * RECORD_INTS;
    holes.closeAll(sideAt(at, 0));
    holes.closeAll(sideAt(at, 1));
    delays.close(at);
  }

  function trackEndpoints(at: number, own: number, other: number, isSource: boolean, packet: Packet): void {
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

  /** HAND_DELAY begins at the latest SYN, so that a lost one, or a lost answer, does not pass for a slow network. */
  function noteSyn(at: number, own: number, other: number, isSource: boolean, packet: Packet): void {
    ints[own + ISN] = packet.seq;
    ints[own + FLAGS]! |= ISN_KNOWN;
    if (isSource) {
      if ((packet.tcpFlags & ACK) === 0) doubles[(at >> 1) + SYN_US] = packet.tsUs;
      return;
    }
    const isAnswer = (ints[other + FLAGS]! & ISN_KNOWN) !== 0;
    if (isAnswer && (ints[at + STATE_AT]! & HAND_KNOWN) === 0) ints[at + STATE_AT]! |= HAND_PENDING;
  }

  function completeHandshake(at: number, other: number, packet: Packet): void {
    if (((packet.ack - ints[other + ISN]!) | 0) <= 0) return;
    ints[at + HAND_US] = elapsedUs(doubles[(at >> 1) + SYN_US]!, packet.tsUs);
    ints[at + STATE_AT] = (ints[at + STATE_AT]! & ~HAND_PENDING) | HAND_KNOWN | HAND_FRESH;
  }

  function acknowledge(own: number, other: number, packet: Packet): void {
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
        jumps++;
        return;
      }
    }
    ints[own + ACKED] = ack;
    ints[own + DUP_ACKS] = 0;
    const flags = ints[other + FLAGS]!;
    if ((flags & SEQ_KNOWN) === 0) return;
    if (((ack - ints[other + NEXT_SEQ]!) | 0) > 0) loseUnseen(other, ack);
    if (ints[other + HOLES] !== 0) holes.acknowledge(other, ack);
    if ((flags & (NET_PENDING | RETRANS_PENDING)) !== 0) delays.acknowledge(own, other, packet);
  }

  /** The other side has bytes of `side` that were never seen here. */
  function loseUnseen(side: number, ack: number): void {
    const lost = (ack - ints[side + NEXT_SEQ]!) | 0;
    if (lost > MAX_WINDOW) {
      jumps++;
      return;
    }
    const at = (side >> 1) + LOST_BYTES;
    doubles[at]! += lost;
    ints[side + NEXT_SEQ] = ack;
  }

  function place(at: number, own: number, other: number, side: number, packet: Packet): void {
    const { payloadBytes, seq, tcpFlags, tsUs } = packet;
    const length = payloadBytes + ((tcpFlags & SYN) >> 1) + (tcpFlags & FIN);
    const flags = ints[own + FLAGS]!;
    if ((flags & SEQ_KNOWN) === 0) start(own, other, seq);
    if (length === 0) return;
    if ((tcpFlags & FIN) !== 0) noteFin(own, (seq + length - 1) | 0);
    const end = (seq + length) | 0;
    const ahead = (seq - ints[own + NEXT_SEQ]!) | 0;
    if (ahead < 0 && ahead >= -MAX_WINDOW) {
      placeBehind(at, own, other, side, packet, end);
      return;
    }
    if (ahead !== 0) passOver(own, seq, ahead);
    ints[own + NEXT_SEQ] = end;
    doubles[(own >> 1) + NEWEST_US] = tsUs;
    if (payloadBytes === 0) return;
    ints[own + FLAGS]! |= SENT_DATA;
    delays.sent(at, own, side, end, packet);
  }

  /** First segment of a side. A keep-alive begins one byte before what the other side has acknowledged. */
  function start(own: number, other: number, seq: number): void {
    const probes = (ints[other + FLAGS]! & ACK_KNOWN) !== 0 && ((ints[other + ACKED]! - seq) | 0) === 1;
    ints[own + NEXT_SEQ] = probes ? (seq + 1) | 0 : seq;
    ints[own + FLAGS]! |= SEQ_KNOWN;
  }

  function noteFin(own: number, finSeq: number): void {
    ints[own + FIN_SEQ] = finSeq;
    ints[own + FLAGS]! |= FIN_KNOWN;
  }

  function passOver(own: number, seq: number, ahead: number): void {
    if (ahead > 0 && ahead <= MAX_WINDOW) holes.open(own, store.ints[own + NEXT_SEQ]!, seq);
    else {
      jumps++;
      holes.closeAll(own);
    }
  }

  /** A segment that starts below what was seen: late, repeated, or a probe. */
  function placeBehind(at: number, own: number, other: number, side: number, packet: Packet, end: number): void {
    const { payloadBytes, seq, tsUs } = packet;
    const next = ints[own + NEXT_SEQ]!;
    const overhang = (end - next) | 0;
    const onLastByte = ((next - seq) | 0) === 1;
    if (onLastByte && overhang === 0 && payloadBytes === 1 && isAcknowledged(other, next)) return;
    // A probe of a closed window sent its first byte already; that does not make the segment a repeated one.
    const isProbed = onLastByte && overhang > 0;
    const fate = isProbed ? FILLS_HOLE : holes.fill(own, seq, overhang > 0 ? next : end);
    const late = fate === FILLS_HOLE && !isProbed;
    if (late && !wasSentAgain(at, own, other, packet)) ints[own + OOO_PKTS]!++;
    else if (!isProbed) ints[own + RETRANS_PKTS]!++;
    if (fate !== FILLS_HOLE && payloadBytes > 0) delays.repeated(at, own, other, side, seq, end);
    if (overhang > 0) {
      ints[own + NEXT_SEQ] = end;
      doubles[(own >> 1) + NEWEST_US] = tsUs;
    }
    if (payloadBytes > 0 && (late || overhang > 0)) delays.turn(at, side, packet);
  }

  function isAcknowledged(other: number, seq: number): boolean {
    return (ints[other + FLAGS]! & ACK_KNOWN) !== 0 && ints[other + ACKED] === seq;
  }

  /** Whether a segment that was missing was lost on its way here and sent again, rather than overtaken. */
  function wasSentAgain(at: number, own: number, other: number, packet: Packet): boolean {
    const { seq, tsUs } = packet;
    if (ints[other + DUP_ACKS]! >= ASKING_ACKS && ints[other + ACKED] === seq) return true;
    const roundTripUs = (ints[at + STATE_AT]! & HAND_KNOWN) !== 0 ? ints[at + HAND_US]! : REORDER_US;
    return tsUs - doubles[(own >> 1) + NEWEST_US]! >= roundTripUs;
  }

  return { measure, close, jumps: () => jumps };
}
