/** Which side of a conversation sent: 0 from SRC (the initiator) to DST, 1 from DST to SRC. */
export type Direction = 0 | 1;

/** Whoever reads the conversations' payload, in order; the flow table calls it. Slots are numbers that are used again
 *  after `onEnd`. All bytes are lent. */
export interface FlowListener {
  /** Next bytes of a TCP stream, in order, no gap before them.
   *  @param bytes at least 1 byte, lent
   *  @param tsUs when the segment that made them deliverable arrived */
  onStream(slot: number, direction: Direction, bytes: Uint8Array, tsUs: number): void;
  /** Bytes of a TCP stream that will never come: lost by the capture, cut by the snap length, over the limit.
   *  @param lengthBytes 1..2^31-1 */
  onGap(slot: number, direction: Direction, lengthBytes: number, tsUs: number): void;
  /** One UDP datagram.
   *  @param bytes what was captured of it, lent
   *  @param wireBytes its payload's length on the wire */
  onDatagram(slot: number, direction: Direction, bytes: Uint8Array, wireBytes: number, tsUs: number): void;
  /** The conversation ended or was given up. Called before its final network record is made, while the slot's state
   *  can still be read. */
  onEnd(slot: number, tsUs: number): void;
  /** Time passed: called about once a second of packet time, for timeouts. */
  onTick(tsUs: number): void;
}
