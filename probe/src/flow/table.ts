/** hot. All open conversations: finds a packet's, counts it, ends the silent ones. See layout.ts for what is where. */
import type { Packet } from '../dissect/packet.ts';
import { TCP, UDP } from '../dissect/transport.ts';
import { Eviction } from './eviction.ts';
import { Holes } from './holes.ts';
import { isSentByInitiator, servicePorts, startsAnew } from './initiator.ts';
import { FlowKey, readKey, sampleHash, writeKey } from './key.ts';
import {
  clearCounters,
  clearTurns,
  FLOW,
  FLOW_DOUBLE,
  RECORD_INTS,
  SIDE,
  SIDE_DOUBLE,
  SIDE_FLAG,
  STATE,
  sideAt,
} from './layout.ts';
import type { Conversations, Direction, FlowListener } from './listener.ts';
import { SlotIndex } from './slot-index.ts';
import { FlowStore } from './store.ts';
import { Streams } from './streams.ts';
import { SYN } from './tcp-flags.ts';
import { createTcpMeter, type TcpMeter } from './tcp-meter.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, timeoutUs } from './timeouts.ts';

const { STATE: STATE_AT, ID } = FLOW;
const { FIRST_US, LAST_US, BEGIN_US, INTERVAL_END_US } = FLOW_DOUBLE;
const { SRC_SIDE, MUTED, CLOSED } = STATE;
const { PKTS, TINY_PKTS, FLAGS } = SIDE;
const { BYTES } = SIDE_DOUBLE;
const { SPOKE } = SIDE_FLAG;

/** 32 MB of records when all are in use; what is not used is not touched. */
export const DEFAULT_MAX_FLOWS = 65_536;
/** 512 MB of records, more than any host has open. */
export const MAX_MAX_FLOWS = 1 << 20;
/** Payload below this makes a packet tiny (OUTPUT.md). */
const TINY_BYTES = 64;
/** How often the table is looked through: fine enough for timeouts in seconds, 1 ms of work for a million. */
const SWEEP_US = 1_000_000;
/** A clock that jumps back by more starts the sweeps anew. */
const BACKWARD_US = 10_000_000;

export interface FlowTableOptions {
  /** 1..MAX_MAX_FLOWS */
  readonly maxFlows?: number;
  /** Time between a conversation's records, µs, by its own clock: it runs from the conversation's first packet. */
  readonly intervalUs?: number;
  readonly timeouts?: Partial<Timeouts>;
  /** By port, 1 where services listen: tells SRC from DST where no SYN was seen. Lent, may change. */
  readonly services?: Uint8Array;
  /** Of the hash; random for a live capture. No result depends on it. */
  readonly seed?: number;
  /** A conversation took this slot; its key, SRC and DST can be read. */
  readonly onBegin?: (slot: number) => void;
  /** A record is due: called while the slot can be read (see records/network.ts).
   *  @param final whether the conversation ended */
  readonly onRecord: (slot: number, final: boolean) => void;
}

export interface FlowStats {
  packets: number;
  bytes: number;
  flows: number;
  created: number;
  /** Conversations that ended by their timeout, by a new one over the same ports, for want of room, by `finish`. */
  expired: number;
  reused: number;
  evicted: number;
  finished: number;
  records: number;
  /** Sequence numbers beyond any window; gaps that could not be remembered, or waited for; bytes that came twice. */
  sequenceJumps: number;
  holeOverflows: number;
  streamOverflows: number;
  overlapBytes: number;
}

type EndReason = 'expired' | 'reused' | 'evicted' | 'finished';

/** @throws RangeError when `maxFlows` or `intervalUs` is out of range */
export const createFlowTable = (options: FlowTableOptions): FlowTable => new FlowTable(options);

export class FlowTable implements Conversations {
  readonly capacity: number;
  /** The memory of all conversations, for those who make records of it. */
  readonly store: FlowStore;
  readonly #index: SlotIndex;
  readonly #key = new FlowKey();
  readonly #holes: Holes;
  readonly #tcp: TcpMeter;
  readonly #eviction: Eviction;
  readonly #timeouts: Timeouts;
  readonly #minTimeoutUs: number;
  readonly #intervalUs: number;
  readonly #services: Uint8Array;
  readonly #seed: number;
  readonly #onBegin: ((slot: number) => void) | undefined;
  readonly #onRecord: (slot: number, final: boolean) => void;
  readonly #ended = { expired: 0, reused: 0, evicted: 0, finished: 0 };
  #listener: FlowListener | null = null;
  #streams: Streams | null = null;
  #nextSweepUs = 0;
  #packets = 0;
  #bytes = 0;
  #created = 0;
  #records = 0;

  constructor(options: FlowTableOptions) {
    const { maxFlows = DEFAULT_MAX_FLOWS, intervalUs = 60e6, seed = 0 } = options;
    if (!Number.isInteger(maxFlows) || maxFlows < 1 || maxFlows > MAX_MAX_FLOWS) {
      throw new RangeError(`maxFlows: expected an integer from 1 to ${MAX_MAX_FLOWS}, got ${maxFlows}`);
    }
    if (!(intervalUs >= 1)) throw new RangeError(`intervalUs: expected at least 1, got ${intervalUs}`);
    this.capacity = maxFlows;
    this.store = new FlowStore(maxFlows);
    this.#index = new SlotIndex(maxFlows);
    this.#holes = new Holes(this.store);
    this.#tcp = createTcpMeter(this.store, this.#holes);
    this.#eviction = new Eviction(this.store);
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#minTimeoutUs = Math.min(...Object.values(this.#timeouts));
    this.#intervalUs = intervalUs;
    this.#services = options.services ?? servicePorts();
    this.#seed = seed | 0;
    this.#onBegin = options.onBegin;
    this.#onRecord = options.onRecord;
  }

  /** Sets who reads payload; without a listener no stream is put in order. Called before the first packet. */
  listen(listener: FlowListener): void {
    this.#listener = listener;
    this.#streams = new Streams(this.store, listener);
  }

  /** Counts a dissected packet. */
  packet(packet: Packet): void {
    const { tsUs } = packet;
    this.#packets++;
    this.#bytes += packet.wireBytes;
    if (tsUs >= this.#nextSweepUs || tsUs < this.#nextSweepUs - BACKWARD_US) this.#sweep(tsUs);
    const key = this.#key;
    readKey(key, packet, this.#seed);
    let slot = this.#index.find(key, this.store);
    if (slot >= 0) slot = this.#continue(slot, packet);
    if (slot < 0) slot = this.#begin(packet);
    this.#count(slot, key.side, packet);
    if (packet.protocol === TCP) this.#countTcp(slot, key.side, packet);
    else if (this.#listener !== null && packet.protocol === UDP) this.#tellDatagram(slot, key.side, packet);
  }

  /** Time passes without packets too. */
  tick(nowUs: number): void {
    if (nowUs >= this.#nextSweepUs) this.#sweep(nowUs);
  }

  /** Ends all conversations, in the order in which they began. */
  finish(): void {
    for (const _ of this.finishing());
  }

  /** The same, a conversation at a time: its caller may wait in between until there is room for more records. */
  *finishing(): Generator<void> {
    const { ints, highWater } = this.store;
    const slots: number[] = [];
    for (let slot = 0; slot < highWater; slot++) if (this.store.isLive(slot)) slots.push(slot);
    slots.sort((a, b) => ints[a * RECORD_INTS + ID]! - ints[b * RECORD_INTS + ID]!);
    for (const slot of slots) {
      this.#end(slot, 'finished');
      yield;
    }
  }

  stats(): FlowStats {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      flows: this.store.live,
      created: this.#created,
      ...this.#ended,
      records: this.#records,
      sequenceJumps: this.#tcp.jumps(),
      holeOverflows: this.#holes.overflows,
      streamOverflows: this.#streams?.overflows ?? 0,
      overlapBytes: this.#streams?.segments.overlapBytes ?? 0,
    };
  }

  srcPortOf(slot: number): number {
    return this.#port(slot, this.srcSideOf(slot));
  }

  dstPortOf(slot: number): number {
    return this.#port(slot, 1 - this.srcSideOf(slot));
  }

  /** @returns 0 or 1: which side's block in the record is SRC's */
  srcSideOf(slot: number): number {
    return this.store.ints[slot * RECORD_INTS + STATE_AT]! & SRC_SIDE;
  }

  /** @returns the conversation's IP protocol number */
  protocolOf(slot: number): number {
    return this.store.ints[slot * RECORD_INTS + FLOW.KEY_KIND]! & 0xff;
  }

  hashOf(slot: number): number {
    return sampleHash(this.store, slot);
  }

  isMidStream(slot: number): boolean {
    return (this.store.ints[slot * RECORD_INTS + STATE_AT]! & STATE.MID_STREAM) !== 0;
  }

  /** The counters change places by themselves: they are kept by side. What was taken for a request was none. */
  swap(slot: number): void {
    const { ints, doubles } = this.store;
    const at = slot * RECORD_INTS;
    ints[at + STATE_AT] = (ints[at + STATE_AT]! ^ SRC_SIDE) & ~(STATE.REQUESTING | STATE.ANSWERING);
    clearTurns(ints, doubles, at);
  }

  mute(slot: number): void {
    this.store.ints[slot * RECORD_INTS + STATE_AT]! |= MUTED;
    this.#streams?.mute(slot);
  }

  #port(slot: number, side: number): number {
    const ports = this.store.ints[slot * RECORD_INTS + FLOW.KEY_PORTS]!;
    return side === 0 ? ports >>> 16 : ports & 0xffff;
  }

  /** What is due before a known conversation goes on.
   *  @returns `slot`, or -1 when the packet begins another conversation */
  #continue(slot: number, packet: Packet): number {
    const { doubles } = this.store;
    const clock = (slot * RECORD_INTS) >> 1;
    const { tsUs } = packet;
    const isSilent = tsUs - doubles[clock + LAST_US]! >= this.#minTimeoutUs;
    if ((isSilent || tsUs >= doubles[clock + INTERVAL_END_US]!) && this.#settle(slot, tsUs)) return -1;
    if ((packet.tcpFlags & SYN) === 0 || !startsAnew(this.store.ints, slot, this.#key.side, packet)) return slot;
    this.#end(slot, 'reused');
    return -1;
  }

  #begin(packet: Packet): number {
    let slot = this.store.take();
    if (slot < 0) {
      this.#end(this.#eviction.choose(), 'evicted');
      slot = this.store.take();
    }
    const key = this.#key;
    const { ints, doubles, dueUs } = this.store;
    const at = slot * RECORD_INTS;
    const { tsUs } = packet;
    writeKey(this.store, slot, key);
    this.store.hashes[slot] = key.hash;
    this.#index.add(slot, key.hash);
    ints[at + ID] = ++this.#created;
    ints[at + FLOW.IFACE] = packet.iface;
    ints[at + FLOW.VLAN] = packet.vlan;
    const isTcpStart = (packet.tcpFlags & SYN) !== 0;
    const midStream = packet.protocol === TCP && !isTcpStart ? STATE.MID_STREAM : 0;
    const srcSide = isSentByInitiator(packet, this.#services) ? key.side : 1 - key.side;
    ints[at + STATE_AT] = srcSide | midStream | copyMacs(ints, at + FLOW.MACS, packet, key.side);
    doubles[(at >> 1) + FIRST_US] = tsUs;
    doubles[(at >> 1) + LAST_US] = tsUs;
    doubles[(at >> 1) + INTERVAL_END_US] = tsUs + this.#intervalUs;
    dueUs[slot] = tsUs + Math.min(this.#intervalUs, this.#minTimeoutUs);
    this.#onBegin?.(slot);
    this.#listener?.onBegin(slot, tsUs);
    return slot;
  }

  #count(slot: number, side: number, packet: Packet): void {
    const { ints, doubles, dueUs } = this.store;
    const at = slot * RECORD_INTS;
    const own = sideAt(at, side);
    const clock = at >> 1;
    const { tsUs, wireBytes } = packet;
    if (doubles[clock + BEGIN_US] === 0) {
      doubles[clock + BEGIN_US] = tsUs;
      dueUs[slot] = Math.min(dueUs[slot]!, doubles[clock + INTERVAL_END_US]!);
    }
    if (tsUs > doubles[clock + LAST_US]!) doubles[clock + LAST_US] = tsUs;
    doubles[(own >> 1) + BYTES]! += wireBytes;
    if (ints[own + PKTS]!++ === 0) ints[own + FLAGS]! |= SPOKE;
    if (packet.payloadBytes < TINY_BYTES) ints[own + TINY_PKTS]!++;
  }

  #countTcp(slot: number, side: number, packet: Packet): void {
    const { ints, dueUs } = this.store;
    const at = slot * RECORD_INTS;
    const wasClosed = ints[at + STATE_AT]! & CLOSED;
    this.#tcp.measure(slot, side, packet);
    const state = ints[at + STATE_AT]!;
    const isClosing = (state & CLOSED) !== wasClosed;
    if (isClosing) dueUs[slot] = Math.min(dueUs[slot]!, packet.tsUs + this.#timeouts.tcpClosedUs);
    if (this.#streams === null || (state & MUTED) !== 0) return;
    this.#streams.take(slot, side, packet);
    if (isClosing) this.#listener?.onClosed?.(slot);
  }

  #tellDatagram(slot: number, side: number, packet: Packet): void {
    const state = this.store.ints[slot * RECORD_INTS + STATE_AT]!;
    if ((state & MUTED) !== 0 || packet.payloadBytes === 0) return;
    const bytes = packet.bytes.subarray(packet.payloadAt, packet.payloadAt + packet.payloadCaptured);
    const direction = (side ^ (state & SRC_SIDE)) as Direction;
    this.#listener!.onDatagram(slot, direction, bytes, packet.payloadBytes, packet.tsUs);
  }

  #sweep(nowUs: number): void {
    const { dueUs } = this.store;
    this.#nextSweepUs = nowUs + SWEEP_US;
    for (let slot = 0; slot < this.store.highWater; slot++) if (dueUs[slot]! <= nowUs) this.#settle(slot, nowUs);
    this.#listener?.onTick(nowUs);
  }

  /** Does what is due for a conversation by `nowUs`, in the order in which it became due, whenever that is noticed:
   *  so the records do not depend on when the table is looked through.
   *  @returns true when the conversation ended */
  #settle(slot: number, nowUs: number): boolean {
    const { ints, doubles, dueUs } = this.store;
    const at = slot * RECORD_INTS;
    const clock = at >> 1;
    const endUs = doubles[clock + LAST_US]! + timeoutUs(this.#timeouts, ints, at);
    const intervalEndUs = doubles[clock + INTERVAL_END_US]!;
    if (nowUs >= intervalEndUs && endUs > intervalEndUs) {
      if (doubles[clock + BEGIN_US] !== 0) this.#report(slot, false);
      const elapsed = Math.floor((nowUs - doubles[clock + FIRST_US]!) / this.#intervalUs) + 1;
      doubles[clock + INTERVAL_END_US] = doubles[clock + FIRST_US]! + elapsed * this.#intervalUs;
    }
    if (nowUs >= endUs) {
      this.#end(slot, 'expired');
      return true;
    }
    const reportUs = doubles[clock + BEGIN_US] !== 0 ? doubles[clock + INTERVAL_END_US]! : Number.POSITIVE_INFINITY;
    dueUs[slot] = Math.min(endUs, reportUs);
    return false;
  }

  #end(slot: number, reason: EndReason): void {
    const lastUs = this.store.doubles[((slot * RECORD_INTS) >> 1) + LAST_US]!;
    this.#ended[reason]++;
    this.#streams?.close(slot, lastUs);
    this.#tcp.close(slot);
    this.#listener?.onEnd(slot, lastUs);
    this.#report(slot, true);
    this.#streams?.mute(slot);
    this.#index.remove(slot, this.store.hashes[slot]!);
    this.store.release(slot);
  }

  #report(slot: number, final: boolean): void {
    this.#records++;
    this.#onRecord(slot, final);
    clearCounters(this.store.ints, this.store.doubles, slot * RECORD_INTS);
  }
}

/** Copies the frame's MAC pair, side 0's first.
 *  @returns the bit that says so, 0 when the link has none */
function copyMacs(ints: Int32Array, to: number, packet: Packet, side: number): number {
  const { bytes, macAt } = packet;
  if (macAt < 0) return 0;
  const first = side === 0 ? macAt + 6 : macAt;
  const second = side === 0 ? macAt : macAt + 6;
  ints[to] = (bytes[first]! << 24) | (bytes[first + 1]! << 16) | (bytes[first + 2]! << 8) | bytes[first + 3]!;
  ints[to + 1] = (bytes[first + 4]! << 24) | (bytes[first + 5]! << 16) | (bytes[second]! << 8) | bytes[second + 1]!;
  ints[to + 2] =
    (bytes[second + 2]! << 24) | (bytes[second + 3]! << 16) | (bytes[second + 4]! << 8) | bytes[second + 5]!;
  return STATE.HAS_MACS;
}
