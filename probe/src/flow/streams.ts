/** hot in order, warm otherwise. TCP payload for the listener: in order, each byte once, the first copy of it, and a word
 *  on every byte that will not come. A segment in order is handed on as a view of the frame. */
import type { Packet } from '../dissect/packet.ts';
import { FLOW, RECORD_INTS, SIDE, SIDE_FLAG, STATE, sideAt } from './layout.ts';
import type { Direction, FlowListener } from './listener.ts';
import { BLOCK_BYTES, SegmentStore } from './segment-store.ts';
import type { FlowStore } from './store.ts';
import { ACK, RST, SYN } from './tcp-flags.ts';

const { STATE: STATE_AT } = FLOW;
const { SRC_SIDE, MUTED } = STATE;
const { STREAM_NEXT, STORED, FLAGS, FIN_SEQ, NEXT_SEQ } = SIDE;
const { STREAMING, FIN_KNOWN } = SIDE_FLAG;

/** Largest distance that is taken for a gap, as in tcp-meter.ts. */
const MAX_WINDOW = 1 << 30;

export class Streams {
  /** Gaps told because there was no room to wait for them to close. */
  overflows = 0;
  readonly segments: SegmentStore;
  readonly #store: FlowStore;
  readonly #listener: FlowListener;

  constructor(store: FlowStore, listener: FlowListener) {
    this.#store = store;
    this.#listener = listener;
    this.segments = new SegmentStore(store);
  }

  /** Takes one segment of `side`: what it acknowledges first, then its payload. */
  take(slot: number, side: number, packet: Packet): void {
    const { ints } = this.#store;
    const { tcpFlags } = packet;
    if ((tcpFlags & RST) !== 0) return;
    if ((tcpFlags & ACK) !== 0) this.#acknowledge(slot, 1 - side, packet.ack, packet.tsUs);
    const own = sideAt(slot * RECORD_INTS, side);
    const seq = (packet.seq + ((tcpFlags & SYN) >> 1)) | 0;
    const starts = packet.payloadBytes > 0 || (tcpFlags & SYN) !== 0;
    if (starts && (ints[own + FLAGS]! & STREAMING) === 0) {
      ints[own + STREAM_NEXT] = seq;
      ints[own + FLAGS]! |= STREAMING;
    }
    if (packet.payloadBytes > 0) this.#order(slot, side, own, seq, packet);
  }

  /** The conversation ends: what is stored is handed on, with the gaps between. */
  close(slot: number, tsUs: number): void {
    for (let side = 0; side < 2; side++) {
      const own = sideAt(slot * RECORD_INTS, side);
      while (this.#store.ints[own + STORED] !== 0) this.#giveUpFirstGap(slot, side, own, tsUs);
    }
  }

  /** Forgets what is stored; the caller marks the conversation as muted. */
  mute(slot: number): void {
    this.segments.clear(sideAt(slot * RECORD_INTS, 0));
    this.segments.clear(sideAt(slot * RECORD_INTS, 1));
  }

  #order(slot: number, side: number, own: number, seq: number, packet: Packet): void {
    const { ints } = this.#store;
    const { payloadAt, payloadBytes, payloadCaptured, tsUs } = packet;
    let ahead = (seq - ints[own + STREAM_NEXT]!) | 0;
    if (ahead > MAX_WINDOW || ahead < -MAX_WINDOW) {
      this.close(slot, tsUs);
      ints[own + STREAM_NEXT] = seq;
      ahead = 0;
    }
    if (ahead > 0) {
      this.#keep(slot, side, own, seq, packet);
      return;
    }
    const skip = -ahead;
    if (skip > 0) this.segments.overlapBytes += Math.min(skip, payloadBytes);
    if (skip >= payloadBytes) return;
    this.#hand(slot, side, own, packet.bytes, payloadAt + skip, payloadCaptured - skip, payloadBytes - skip, tsUs);
    if (ints[own + STORED] !== 0) this.#drain(slot, side, own, tsUs);
  }

  /** Hands on the next `wireBytes` of the stream, of which `captured` (perhaps below 0) are there at `at`. */
  #hand(
    slot: number,
    side: number,
    own: number,
    bytes: Uint8Array,
    at: number,
    captured: number,
    wireBytes: number,
    tsUs: number,
  ): void {
    const { ints } = this.#store;
    ints[own + STREAM_NEXT] = (ints[own + STREAM_NEXT]! + wireBytes) | 0;
    const present = Math.max(captured, 0);
    if (present > 0 && this.#isHeard(slot)) {
      const direction = this.#direction(slot, side);
      const passes = this.#listener.passes?.(slot, direction, present, tsUs) === true;
      if (!passes) this.#listener.onStream(slot, direction, bytes.subarray(at, at + present), tsUs);
    }
    if (present < wireBytes) this.#tellGap(slot, side, wireBytes - present, tsUs);
  }

  #tellGap(slot: number, side: number, lengthBytes: number, tsUs: number): void {
    if (this.#isHeard(slot)) this.#listener.onGap(slot, this.#direction(slot, side), lengthBytes, tsUs);
  }

  /** Stores a segment that comes too early; without room for it, waits no longer for what is missing. */
  #keep(slot: number, side: number, own: number, seq: number, packet: Packet): void {
    const { ints } = this.#store;
    while (!this.segments.hasRoom(own, packet.payloadBytes)) {
      this.overflows++;
      if (ints[own + STORED] === 0) this.#skipTo(slot, side, own, seq, packet.tsUs);
      else this.#giveUpFirstGap(slot, side, own, packet.tsUs);
      if (!this.#isHeard(slot)) return;
      if (((seq - ints[own + STREAM_NEXT]!) | 0) <= 0) {
        this.#order(slot, side, own, seq, packet);
        return;
      }
    }
    this.segments.insert(own, seq, packet.payloadBytes, packet.bytes, packet.payloadAt, packet.payloadCaptured);
  }

  /** The other side has everything up to `ack`: what is still missing here was lost by the capture. */
  #acknowledge(slot: number, side: number, ack: number, tsUs: number): void {
    const { ints } = this.#store;
    const own = sideAt(slot * RECORD_INTS, side);
    if (((ack - ints[own + STREAM_NEXT]!) | 0) <= 0 || (ints[own + FLAGS]! & STREAMING) === 0) return;
    let end = ack;
    if ((ints[own + FLAGS]! & FIN_KNOWN) !== 0 && ((end - ints[own + FIN_SEQ]!) | 0) > 0) end = ints[own + FIN_SEQ]!;
    if (((end - ints[own + NEXT_SEQ]!) | 0) > 0) return;
    while (((end - ints[own + STREAM_NEXT]!) | 0) > 0) {
      const block = ints[own + STORED]!;
      const isNext = block !== 0 && ((this.segments.seq[block]! - end) | 0) < 0;
      if (isNext) this.#giveUpFirstGap(slot, side, own, tsUs);
      else this.#skipTo(slot, side, own, end, tsUs);
    }
  }

  #giveUpFirstGap(slot: number, side: number, own: number, tsUs: number): void {
    this.#skipTo(slot, side, own, this.segments.seq[this.#store.ints[own + STORED]!]!, tsUs);
    this.#drain(slot, side, own, tsUs);
  }

  #skipTo(slot: number, side: number, own: number, seq: number, tsUs: number): void {
    const { ints } = this.#store;
    const lengthBytes = (seq - ints[own + STREAM_NEXT]!) | 0;
    if (lengthBytes <= 0) return;
    ints[own + STREAM_NEXT] = seq;
    this.#tellGap(slot, side, lengthBytes, tsUs);
  }

  /** Hands on what is stored up to the next gap. */
  #drain(slot: number, side: number, own: number, tsUs: number): void {
    const { ints } = this.#store;
    const { segments } = this;
    for (let block = ints[own + STORED]!; block !== 0; block = ints[own + STORED]!) {
      const skip = (ints[own + STREAM_NEXT]! - segments.seq[block]!) | 0;
      if (skip < 0) return;
      segments.shift(own);
      const wireBytes = segments.wireBytes[block]!;
      const length = wireBytes - skip;
      segments.overlapBytes += Math.min(skip, wireBytes);
      const captured = segments.capturedBytes[block]! - skip;
      if (length > 0) this.#hand(slot, side, own, segments.bytes, block * BLOCK_BYTES + skip, captured, length, tsUs);
      segments.release(block);
    }
  }

  #isHeard(slot: number): boolean {
    return (this.#store.ints[slot * RECORD_INTS + STATE_AT]! & MUTED) === 0;
  }

  /** Asked anew for each call: the listener may have swapped the conversation. */
  #direction(slot: number, side: number): Direction {
    return (side ^ (this.#store.ints[slot * RECORD_INTS + STATE_AT]! & SRC_SIDE)) as Direction;
  }
}
