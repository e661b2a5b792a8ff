/** hot. Where the state of a conversation lies: the one place that says it.
 *
 *  A record is RECORD_INTS 32-bit words at `slot * RECORD_INTS`, seen as Int32Array and, for the doubles, as
 *  Float64Array over the same memory (a double's index is half its word's). It begins with what both sides share; then
 *  come two blocks, one for each *side*. Side 0 is the lower endpoint (address, then port), so that a packet finds its
 *  side without asking who began; the bit SRC_SIDE in STATE says which side is SRC. All is 0 in a fresh record.
 *
 *  Hot files take the offsets they need into local constants (`const { PKTS } = SIDE`): V8 folds those, while imported
 *  bindings cost a load each. */
export const RECORD_INTS = 124;
export const SIDE_AT = 40;
export const SIDE_INTS = 42;

/** Doubles of the shared block; index = (word offset of the record >> 1) + this. Times are µs since the epoch. */
export const FLOW_DOUBLE = {
  FIRST_US: 0,
  LAST_US: 1,
  /** First packet since the previous record. */
  BEGIN_US: 2,
  /** When the next interval record is due. */
  INTERVAL_END_US: 3,
  /** Of the whole conversation. */
  TOTAL_BYTES: 4,
  /** Latest SYN that nobody has answered yet. */
  SYN_US: 5,
  /** Last loaded segment of the request; first and last of the answer. */
  REQUEST_US: 6,
  ANSWER_US: 7,
  ANSWER_LAST_US: 8,
  APP_SUM_US: 9,
  LOAD_SUM_US: 10,
} as const;

/** Words of the shared block. */
export const FLOW = {
  /** Last words of the two addresses, ports (side 0's in the upper half), protocol | IP version << 8. */
  KEY_A: 22,
  KEY_B: 23,
  KEY_PORTS: 24,
  KEY_KIND: 25,
  /** Bits below. */
  STATE: 26,
  /** Number of the conversation, by order of beginning. */
  ID: 27,
  /** Of the whole conversation. */
  TOTAL_PKTS: 28,
  /** Packets since the previous record. */
  FRESH_PKTS: 29,
  HAND_US: 30,
  APP_COUNT: 31,
  APP_MAX_US: 32,
  LOAD_COUNT: 33,
  LOAD_MAX_US: 34,
  /** Interface index, and VLAN id or -1, of the first packet. */
  IFACE: 35,
  VLAN: 36,
  /** The two MAC addresses of the first packet as three words, side 0's first. */
  MACS: 37,
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

/** Doubles of a side's block. */
export const SIDE_DOUBLE = {
  BYTES: 0,
  LOST_BYTES: 1,
  /** Delays of this side's ACKs (NET, with NET_COUNT and NET_MAX_US), of its own repeated segments (RETRANS). */
  NET_SUM_US: 2,
  RETRANS_SUM_US: 3,
  /** When this side's segment was sent whose ACK is awaited; when the repeated one was sent first. */
  NET_AT_US: 4,
  RETRANS_AT_US: 5,
  /** When NEXT_SEQ advanced last. */
  NEWEST_US: 6,
} as const;

/** Words of a side's block. Those before NEXT_SEQ belong, like the sums above, to the running record. */
export const SIDE = {
  PKTS: 14,
  SYN_PKTS: 15,
  SYN_ACK_PKTS: 16,
  RST_PKTS: 17,
  FIN_PKTS: 18,
  RETRANS_PKTS: 19,
  OOO_PKTS: 20,
  TINY_PKTS: 21,
  ZEROWIN_PKTS: 22,
  NET_COUNT: 23,
  NET_MAX_US: 24,
  RETRANS_COUNT: 25,
  RETRANS_MAX_US: 26,
  /** Sequence number after the highest byte that this side sent; the highest one that it acknowledged. */
  NEXT_SEQ: 27,
  ACKED: 28,
  ISN: 29,
  /** Pure ACKs that repeated ACKED. */
  DUP_ACKS: 30,
  /** Range of the segment whose ACK is awaited; end of the retransmitted one. */
  NET_START: 31,
  NET_END: 32,
  RETRANS_END: 33,
  /** Latest delay between the other side's loaded segment and this side's ACK, + 1; 0 when none was seen. */
  NET_LAST_US: 34,
  /** First of this side's holes (see holes.ts), 0 when none. */
  HOLES: 35,
  /** See endpoint.ts. */
  ENDPOINT: 36,
  FLAGS: 37,
  /** Next byte for the listener; first of the stored segments, 0 when none; how many; sequence number of the FIN. */
  STREAM_NEXT: 38,
  STORED: 39,
  STORED_COUNT: 40,
  FIN_SEQ: 41,
} as const;

/** What a new record starts with at zero: words and doubles of a side's block. */
export const SIDE_COUNTERS_AT = SIDE.PKTS;
export const SIDE_COUNTERS_END = SIDE.NEXT_SEQ;
export const SIDE_SUMS_END = SIDE_DOUBLE.NET_AT_US;

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

/** @returns word offset of the block of `side` of the record at `at` */
export function sideAt(at: number, side: number): number {
  return at + SIDE_AT + side * SIDE_INTS;
}
