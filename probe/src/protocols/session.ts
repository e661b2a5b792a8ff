// warm. One conversation with an analyzer, or on the way to one: buffers, gaps, resynchronising.
import {
  type Analyzer,
  type AnalyzerContext,
  type Direction,
  type Exchange,
  type Inheritance,
  LOST,
  type Protocol,
  STOP,
} from './analyzer.ts';
import type { BodyTypes } from './kit/body-types.ts';
import type { Redactor } from './kit/redact/redactor.ts';
import { type Budget, DETECT_PREFIX_BYTES, type EngineLimits, SEEK_TAIL_BYTES } from './limits.ts';
import type { Unread } from './unread.ts';
import { Way } from './way.ts';

/** What all sessions share. */
export interface SessionHost {
  readonly limits: EngineLimits;
  readonly bodyLen: number;
  readonly bodies: boolean;
  readonly bodyTypes: BodyTypes;
  readonly redactor: Redactor;
  readonly unread: Budget;
  readonly held: Budget;
  count(name: string): void;
  /** @returns the protocol of this id, when it is looked for */
  protocolOf(id: string): Protocol | undefined;
  exchange(session: Session, exchange: Exchange): void;
}

interface Handover {
  readonly to: string | undefined;
  readonly gift: unknown;
}

/** The context an analyzer is given is its session. */
export class Session implements AnalyzerContext {
  readonly slot: number;
  readonly transport: 'tcp' | 'udp';
  readonly bodyLen: number;
  readonly bodies: boolean;
  readonly bodyTypes: BodyTypes;
  midStream: boolean;
  /** Of so many conversations, this one was kept. */
  sampleRate = 1;
  /** Segments that no protocol wanted (mid-stream only). */
  tries = 0;
  /** By direction. */
  readonly ways: [Way, Way];
  /** The direction that spoke last while no protocol was found. */
  spoke: Direction | undefined;
  /** Undefined while detection looks for it. */
  protocol: Protocol | undefined;
  inheritance: Inheritance | undefined;
  /** It was handed over to whatever its content tells, and detection did not look yet. */
  isUnnamed = false;
  /** The second direction to speak turned out to be another protocol's. */
  retracted = false;
  #analyzer: Analyzer | undefined;
  readonly #host: SessionHost;
  #losses = 0;
  #handovers = 0;
  #heldBytes = 0;
  /** Asked for by the analyzer that is being called. */
  #handover: Handover | undefined;

  constructor(host: SessionHost, slot: number, transport: 'tcp' | 'udp', midStream: boolean) {
    this.#host = host;
    this.slot = slot;
    this.transport = transport;
    this.midStream = midStream;
    this.bodyLen = host.bodyLen;
    this.bodies = host.bodies;
    this.bodyTypes = host.bodyTypes;
    this.ways = [new Way(host.limits, host.unread), new Way(host.limits, host.unread)];
  }

  get redactor(): Redactor {
    return this.#host.redactor;
  }

  /** Another protocol had it before. */
  get handedOver(): boolean {
    return this.#handovers > 0;
  }

  get atRest(): boolean {
    return this.#analyzer?.atRest === true;
  }

  /** Nothing of it would be missed, if no more bytes came. */
  get isIdle(): boolean {
    if (this.handedOver || this.#analyzer?.isIdle !== true) return false;
    return this.ways.every(({ unread, isSeeking }) => unread === undefined && !isSeeking);
  }

  emit(exchange: Exchange): void {
    this.#host.exchange(this, exchange);
  }

  parseError(reason: string): void {
    this.#host.count(`${this.protocol?.id}.parse_error.${reason}`);
  }

  hold(lengthBytes: number): boolean {
    const fits = this.#heldBytes + lengthBytes <= this.#host.limits.heldBytes && this.#host.held.take(lengthBytes);
    if (fits) this.#heldBytes += lengthBytes;
    else this.#host.count('held_full');
    return fits;
  }

  release(lengthBytes: number): void {
    this.#host.held.give(lengthBytes);
    this.#heldBytes -= lengthBytes;
  }

  handOver(to: string | undefined, gift?: unknown): boolean {
    this.#handover = { to, gift };
    return to === undefined || this.#host.protocolOf(to) !== undefined;
  }

  /** Opens the analyzer.
   *  @param proven the direction whose next bytes start a message; undefined when none is known to
   *  @param trusted the other direction need not be asked */
  open(protocol: Protocol, proven: Direction | undefined, trusted: boolean): void {
    this.protocol = protocol;
    this.#analyzer = protocol.open(this);
    const stream = this.transport === 'tcp';
    for (const direction of [0, 1] as const) {
      const way = this.ways[direction];
      way.isSeeking = direction !== proven && (way.isSeeking || (stream && this.midStream));
      way.hasAgreed = trusted || this.midStream || direction === proven;
    }
  }

  /** @returns true when the next bytes need not be seen: they are over then, and `settle` is to be called */
  passes(direction: Direction, lengthBytes: number, tsUs: number): boolean {
    const way = this.ways[direction];
    if (way.unread !== undefined || way.isSeeking || !way.hasAgreed) return false;
    return this.#analyzer?.passes?.(direction, lengthBytes, tsUs) === true;
  }

  /** @returns false when the conversation is of no further interest */
  onStream(direction: Direction, bytes: Uint8Array, tsUs: number): boolean {
    if (!this.#agree(direction, bytes)) return false;
    const consumed = this.#read(direction, bytes, tsUs);
    if (consumed === STOP) return false;
    return consumed === 0 || this.settle(other(direction));
  }

  /** Hands over what detection kept back, the older direction first.
   *  @returns as {@link onStream} */
  readKept(): boolean {
    const [src, dst] = this.ways;
    const first = (src.unread?.beginUs ?? 0) <= (dst.unread?.beginUs ?? 0) ? 0 : 1;
    return this.settle(first) && this.settle(other(first));
  }

  onDatagram(direction: Direction, bytes: Uint8Array, tsUs: number): boolean {
    return this.#analyzer?.onData(direction, bytes, tsUs, tsUs) !== STOP;
  }

  onGap(direction: Direction, lengthBytes: number, tsUs: number): void {
    const way = this.ways[direction];
    const lost = lengthBytes + way.unreadBytes;
    way.clear();
    if (this.#analyzer === undefined) this.#startLate();
    else if (!way.isSeeking) way.isSeeking = !this.#analyzer.onGap(direction, lost, tsUs);
  }

  /** What comes next is as good as the first that is seen. */
  #startLate(): void {
    this.midStream = true;
    for (const way of this.ways) way.clear();
  }

  onTick(tsUs: number): void {
    this.#analyzer?.onTick?.(tsUs);
  }

  /** Lets the analyzer emit what is open, unless the conversation turned out to be another protocol's. */
  onClose(tsUs: number): void {
    if (!this.retracted) this.#analyzer?.onClose(tsUs);
  }

  /** Gives back all memory. */
  free(): void {
    for (const way of this.ways) way.clear();
    this.release(this.#heldBytes);
  }

  /** Looks once at the first bytes of the direction that detection did not see. */
  #agree(direction: Direction, bytes: Uint8Array): boolean {
    const way = this.ways[direction];
    if (way.hasAgreed) return true;
    way.hasAgreed = true;
    const prefix = bytes.subarray(0, DETECT_PREFIX_BYTES);
    this.retracted = this.protocol?.detect(direction, prefix, this.transport) === 'no';
    return !this.retracted;
  }

  /** @returns bytes that moved on, or STOP */
  #read(direction: Direction, bytes: Uint8Array, tsUs: number): number {
    const way = this.ways[direction];
    if (way.unread === undefined) return this.#readFresh(direction, bytes, tsUs);
    if (way.append(bytes, tsUs)) return this.#reread(direction, way.unread);
    this.#overflow(direction, bytes.length, tsUs);
    return 0;
  }

  /** Nothing is buffered: the analyzer reads the capture's own bytes. */
  #readFresh(direction: Direction, bytes: Uint8Array, tsUs: number): number {
    const consumed = this.#drain(direction, bytes, tsUs, undefined);
    if (consumed === STOP || consumed >= bytes.length) return consumed;
    const rest = bytes.subarray(consumed);
    if (!this.ways[direction].append(rest, tsUs)) this.#overflow(direction, rest.length, tsUs);
    return consumed;
  }

  #reread(direction: Direction, unread: Unread): number {
    const consumed = this.#drain(direction, unread.view(), unread.lastUs, unread);
    if (consumed !== STOP) this.ways[direction].consume(consumed);
    return consumed;
  }

  /** One direction moved on, so the unread bytes of the other, `direction`, may make sense now, and so on in turn.
   *  @returns as {@link onStream} */
  settle(direction: Direction): boolean {
    let next = direction;
    for (let { unread } = this.ways[next]; unread !== undefined; unread = this.ways[next].unread) {
      const consumed = this.#reread(next, unread);
      if (consumed === STOP) return false;
      if (consumed === 0) return true;
      next = other(next);
    }
    return true;
  }

  /** Offers message after message.
   *  @param kept where the bytes were buffered; undefined when all arrived at `tsUs`
   *  @returns bytes consumed or skipped, or STOP */
  #drain(direction: Direction, bytes: Uint8Array, tsUs: number, kept: Unread | undefined): number {
    const way = this.ways[direction];
    let at = 0;
    while (at < bytes.length) {
      const rest = at === 0 ? bytes : bytes.subarray(at);
      if (way.isSeeking) {
        at += this.#seek(direction, rest);
        if (way.soughtBytes > this.#host.limits.seekBytes) return this.#giveUp('seek');
        if (way.isSeeking) return at;
        continue;
      }
      const consumed = this.#offer(direction, rest, tsUs, kept?.arrivedUs(at) ?? tsUs);
      if (consumed <= 0) return consumed === STOP ? STOP : at;
      at += consumed;
    }
    return at;
  }

  #offer(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    const consumed = this.#analyzer?.onData(direction, bytes, tsUs, beginUs) ?? 0;
    if (this.#handover !== undefined) {
      if (!this.#follow(this.#handover, tsUs)) return STOP;
      if (consumed === 0) return this.#offer(direction, bytes, tsUs, beginUs);
    }
    if (consumed !== LOST) return consumed;
    this.#losses += 1;
    if (this.#losses > this.#host.limits.losses) return this.#giveUp('losses');
    this.ways[direction].isSeeking = true;
    // One byte further, or the same message would be found again.
    this.#analyzer?.onSkip?.(direction, 1);
    return 1;
  }

  /** The analyzer handed over: closes it and opens the next one.
   *  @returns false when nobody looks for what follows */
  #follow({ to, gift }: Handover, tsUs: number): boolean {
    const [from, analyzer] = [this.protocol, this.#analyzer];
    this.#handover = undefined;
    this.#analyzer = undefined;
    analyzer?.onClose(tsUs);
    this.#handovers += 1;
    if (this.#handovers > this.#host.limits.handovers) return this.#giveUp('handovers') !== STOP;
    // Whatever was lost was lost before; a side whose place is lost goes on looking for a message.
    this.midStream = false;
    if (to === undefined) return this.#unname();
    const protocol = this.#host.protocolOf(to);
    if (protocol === undefined || from === undefined) return false;
    this.inheritance = { from, gift };
    this.protocol = protocol;
    this.#analyzer = protocol.open(this);
    for (const way of this.ways) way.hasAgreed = true;
    return true;
  }

  #unname(): true {
    this.protocol = undefined;
    this.inheritance = undefined;
    this.isUnnamed = true;
    return true;
  }

  /** @returns bytes to skip */
  #seek(direction: Direction, bytes: Uint8Array): number {
    const way = this.ways[direction];
    const found = this.#analyzer?.resync?.(direction, bytes) ?? this.protocol?.resync(direction, bytes) ?? -1;
    way.isSeeking = found < 0;
    const skipped = found >= 0 ? found : Math.max(0, bytes.length - SEEK_TAIL_BYTES);
    way.soughtBytes = found >= 0 ? 0 : way.soughtBytes + skipped;
    if (skipped > 0) this.#analyzer?.onSkip?.(direction, skipped);
    return skipped;
  }

  /** More is unread than may be kept: the same to the analyzer as a loss. */
  #overflow(direction: Direction, lengthBytes: number, tsUs: number): void {
    this.#host.count('unread_full');
    this.onGap(direction, lengthBytes, tsUs);
  }

  #giveUp(limit: string): number {
    this.#host.count(`${limit}_full`);
    return STOP;
  }
}

const other = (direction: Direction): Direction => (direction === 0 ? 1 : 0);
