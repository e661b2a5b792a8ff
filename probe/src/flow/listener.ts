/** Which side of a conversation sent: 0 from SRC (the initiator) to DST, 1 from DST to SRC. */
export type Direction = 0 | 1;

/** What a listener may ask and say about a conversation that lives; the flow table answers. */
export interface Conversations {
  /** Slots are 0..capacity-1. */
  readonly capacity: number;
  srcPortOf(slot: number): number;
  dstPortOf(slot: number): number;
  /** A number of 32 bits out of its addresses, ports and protocol: the same for both directions and on every host. */
  hashOf(slot: number): number;
  /** True when its start was not seen (TCP: no SYN); a UDP conversation always counts as one. */
  isMidStream(slot: number): boolean;
  /** The content says that DST is the initiator: addresses, ports and counters change places, and the directions of
   *  every later call with them. May be called from inside a listener's call. */
  swap(slot: number): void;
  /** Nobody will read this conversation's payload any more: its bytes need not be put in order. */
  mute(slot: number): void;
}

/** Whoever reads the conversations' payload, in order; the flow table calls it. Slots are numbers that are used again
 *  after `onEnd`. All bytes are lent.
 *  A segment's acknowledgement is looked at before its payload, so that a gap is told before the bytes that answer it. */
export interface FlowListener {
  /** A conversation took this slot. */
  onBegin(slot: number, tsUs: number): void;
  /** Asked before bytes of a TCP stream are handed on: a view of them costs more than to count them.
   *  @returns true when they need not be seen; they are over then, and `onStream` is not called */
  passes?(slot: number, direction: Direction, lengthBytes: number, tsUs: number): boolean;
  /** Next bytes of a TCP stream, in order, no gap before them.
   *  @param bytes at least 1 byte, lent
   *  @param tsUs when the segment that made them deliverable arrived */
  onStream(slot: number, direction: Direction, bytes: Uint8Array, tsUs: number): void;
  /** Bytes of a TCP stream that will never come: lost by the capture, cut by the snap length, over the limit.
   *  @param lengthBytes 1..2^31-1 */
  onGap(slot: number, direction: Direction, lengthBytes: number, tsUs: number): void;
  /** Both sides of a TCP conversation said that nothing follows, or one broke it off; `onEnd` comes some seconds later.
   *  Bytes that were sent before may still come. */
  onClosed?(slot: number): void;
  /** One UDP datagram.
   *  @param bytes what was captured of it, lent
   *  @param wireBytes its payload's length on the wire */
  onDatagram(slot: number, direction: Direction, bytes: Uint8Array, wireBytes: number, tsUs: number): void;
  /** The conversation ended or was given up. Called before its final network record is made, while the slot's state
   *  can still be read; what the listener knows of it (L7_PROTOCOL) can be read until the slot's next `onBegin`. */
  onEnd(slot: number, tsUs: number): void;
  /** Time passed: called about once a second of packet time, for timeouts. */
  onTick(tsUs: number): void;
}
