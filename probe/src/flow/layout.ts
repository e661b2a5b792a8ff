/** hot. Where the state of a conversation lies: the one place that says it.
 *
 *  A record is RECORD_INTS 32-bit words at `slot * RECORD_INTS`, seen as Int32Array and, for the doubles, as
 *  Float64Array over the same memory (a double's index is half its word's). What both sides share is addressed from the
 *  record's start (FLOW, FLOW_DOUBLE), what there is once for each *side* from `sideAt` (SIDE, SIDE_DOUBLE). Side 0 is
 *  the lower endpoint (address, then port), so that a packet finds its side without asking who began; the bit SRC_SIDE
 *  in STATE says which side is SRC. All is 0 in a fresh record.
 *
 *  Most packets need three cache lines of 16 words: the shared one, the sender's and the other side's first. So the
 *  sides' lines alternate: shared, side 0, side 1, side 0, side 1, side 0, side 1, shared.
 *
 *  Hot files take the offsets they need into local constants (`const { PKTS } = SIDE`): V8 folds those, while imported
 *  bindings cost a load each. */
export const RECORD_INTS = 128;
const LINE_INTS = 16;

/** Doubles that both sides share; index = (word offset of the record >> 1) + this. Times are µs since the epoch. */
export const FLOW_DOUBLE = {
  LAST_US: 0,
  /** When the next interval record is due. */
  INTERVAL_END_US: 1,
  /** First packet since the previous record, 0 when there was none. */
  BEGIN_US: 2,
  /** Last loaded segment of the request; last of the answer. */
  REQUEST_US: 6,
  ANSWER_LAST_US: 7,
  FIRST_US: 56,
  /** Of the whole conversation, up to the previous record. */
  TOTAL_BYTES: 57,
  /** Latest SYN of SRC. */
  SYN_US: 58,
  /** First loaded segment of the answer. */
  ANSWER_US: 59,
  APP_SUM_US: 60,
  LOAD_SUM_US: 61,
} as const;

/** Words that both sides share. */
export const FLOW = {
  /** Last words of the two addresses, ports (side 0's in the upper half), and kind (see key.ts): protocol in its lowest 8 bits. */
  KEY_A: 6,
  KEY_B: 7,
  KEY_PORTS: 8,
  KEY_KIND: 9,
  /** Bits below. */
  STATE: 10,
  /** Number of the conversation, by order of beginning. */
  ID: 11,
  /** The two MAC addresses of the first packet as three words, side 0's first. */
  MACS: 90,
  /** Interface index, and VLAN id or -1, of the first packet. */
  IFACE: 93,
  VLAN: 94,
  /** Of the whole conversation, up to the previous record. */
  TOTAL_PKTS: 95,
  HAND_US: 106,
  APP_COUNT: 107,
  APP_MAX_US: 108,
  LOAD_COUNT: 109,
  LOAD_MAX_US: 110,
} as const;

/** Bits of FLOW.STATE. */
export const STATE = {
  /** Must be bit 0: which side is SRC. */
  SRC_SIDE: 1,
  /** No SYN was seen at the beginning. */
  MID_STREAM: 2,
  /** Nobody reads the payload. */
  MUTED: 4,
  /** The link had MAC addresses. */
  HAS_MACS: 8,
  /** HAND_US is known; it still has to be reported. */
  HAND_KNOWN: 16,
  HAND_FRESH: 32,
  /** SYN and SYN+ACK were seen, the ACK of both is awaited. */
  HAND_PENDING: 64,
  /** Whose burst it is; neither before the first loaded segment. */
  REQUESTING: 128,
  ANSWERING: 256,
  /** Both sides said FIN, or one RST. */
  CLOSED: 512,
} as const;

/** Doubles of a side; index = (word offset of the side >> 1) + this. */
export const SIDE_DOUBLE = {
  BYTES: 0,
  /** When NEXT_SEQ advanced last. */
  NEWEST_US: 1,
  /** When this side's segment was sent whose ACK is awaited. */
  NET_AT_US: 2,
  /** Delays of this side's ACKs (NET, with NET_COUNT and NET_MAX_US), of its own repeated segments (RETRANS). */
  NET_SUM_US: 16,
  RETRANS_SUM_US: 17,
  LOST_BYTES: 18,
  /** When the repeated segment whose ACK is awaited was sent first. */
  RETRANS_AT_US: 19,
} as const;

/** Words of a side. */
export const SIDE = {
  PKTS: 6,
  TINY_PKTS: 7,
  /** Sequence number after the highest byte that this side sent; the highest one that it acknowledged. */
  NEXT_SEQ: 8,
  ACKED: 9,
  FLAGS: 10,
  /** See endpoint.ts. */
  ENDPOINT: 11,
  /** First of this side's holes (see holes.ts), 0 when none. */
  HOLES: 12,
  /** Pure ACKs that repeated ACKED. */
  DUP_ACKS: 13,
  /** Range of the segment whose ACK is awaited. */
  NET_START: 14,
  NET_END: 15,
  NET_COUNT: 40,
  NET_MAX_US: 41,
  RETRANS_COUNT: 42,
  RETRANS_MAX_US: 43,
  /** Latest delay between the other side's loaded segment and this side's ACK, + 1; 0 when none was seen. */
  NET_LAST_US: 44,
  /** Next byte for the listener; first of the stored segments, 0 when none; how many. */
  STREAM_NEXT: 45,
  STORED: 46,
  STORED_COUNT: 47,
  SYN_PKTS: 64,
  SYN_ACK_PKTS: 65,
  RST_PKTS: 66,
  FIN_PKTS: 67,
  RETRANS_PKTS: 68,
  OOO_PKTS: 69,
  ZEROWIN_PKTS: 70,
  ISN: 71,
  /** Sequence number of the FIN. */
  FIN_SEQ: 72,
  /** End of the repeated segment whose ACK is awaited. */
  RETRANS_END: 73,
} as const;

/** Bits of SIDE.FLAGS. */
export const SIDE_FLAG = {
  SPOKE: 1,
  /** NEXT_SEQ, ACKED, ISN hold a value. */
  SEQ_KNOWN: 2,
  ACK_KNOWN: 4,
  ISN_KNOWN: 8,
  SENT_DATA: 16,
  NET_PENDING: 32,
  RETRANS_PENDING: 64,
  STREAMING: 128,
  FIN_KNOWN: 256,
} as const;

/** @returns word offset of `side` of the record at `at` */
export function sideAt(at: number, side: number): number {
  return at + LINE_INTS + side * LINE_INTS;
}

/** Begins a new record of the conversation: what was counted is added to the totals and set to 0. */
export function clearCounters(ints: Int32Array, doubles: Float64Array, at: number): void {
  const clock = at >> 1;
  for (let side = 0; side < 2; side++) {
    const own = sideAt(at, side);
    const sums = own >> 1;
    ints[at + FLOW.TOTAL_PKTS]! += ints[own + SIDE.PKTS]!;
    doubles[clock + FLOW_DOUBLE.TOTAL_BYTES]! += doubles[sums + SIDE_DOUBLE.BYTES]!;
    ints[own + SIDE.PKTS] = ints[own + SIDE.TINY_PKTS] = 0;
    ints.fill(0, own + SIDE.NET_COUNT, own + SIDE.NET_LAST_US);
    ints.fill(0, own + SIDE.SYN_PKTS, own + SIDE.ISN);
    doubles[sums + SIDE_DOUBLE.BYTES] = 0;
    doubles.fill(0, sums + SIDE_DOUBLE.NET_SUM_US, sums + SIDE_DOUBLE.RETRANS_AT_US);
  }
  doubles[clock + FLOW_DOUBLE.BEGIN_US] = 0;
  ints[at + FLOW.STATE]! &= ~STATE.HAND_FRESH;
  clearTurns(ints, doubles, at);
}

/** Forgets the answers measured so far. */
export function clearTurns(ints: Int32Array, doubles: Float64Array, at: number): void {
  ints.fill(0, at + FLOW.APP_COUNT, at + FLOW.LOAD_MAX_US + 1);
  doubles.fill(0, (at >> 1) + FLOW_DOUBLE.APP_SUM_US, (at >> 1) + FLOW_DOUBLE.LOAD_SUM_US + 1);
}
