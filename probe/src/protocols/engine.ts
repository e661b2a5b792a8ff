// warm. The station between the flow table and the protocols: finds each conversation's protocol by its content, keeps
// what analyzers did not read yet, tells them of gaps, and hands their exchanges on.
import type { Conversations, Direction, FlowListener } from '../flow/listener.ts';
import type { Protocol } from './analyzer.ts';
import { Detector } from './detector.ts';
import type { EngineOptions, OnExchange } from './engine-options.ts';
import { BodyTypes } from './kit/body-types.ts';
import { Redactor } from './kit/redact/redactor.ts';
import { Budget, ENGINE_LIMITS, type EngineLimits } from './limits.ts';
import { Recognition } from './recognition.ts';
import { Session, type SessionHost } from './session.ts';

/** States of a slot; a session's index + 1 is the third. */
const NO_SESSION = 0;
const MUTED = -1;

/** What a reload changes of the host. */
interface Changing {
  bodyLen: number;
  bodies: boolean;
  bodyTypes: BodyTypes;
  redactor: Redactor;
  sampleRate: number;
}

export class Engine implements FlowListener {
  readonly #protocols: readonly Protocol[];
  readonly #recognition: Recognition;
  readonly #conversations: Conversations;
  readonly #limits: EngineLimits;
  readonly #host: Changing & SessionHost;
  readonly #counts = new Map<string, number>();
  /** By protocol. */
  readonly #exchanges: Float64Array;
  /** By slot: state, and protocol found (index + 1, 0 none). */
  readonly #states: Int32Array;
  readonly #found: Uint8Array;
  readonly #sessions: (Session | undefined)[] = [];
  readonly #free: number[] = [];
  /** The last error thrown by an analyzer: our bug, kept for whoever looks for it. */
  lastError: unknown;

  /** @param conversations asked about slots; lives as long as the engine
   *  @param onExchange called from inside the listener's calls, while the slot's state can be read */
  constructor(options: EngineOptions, conversations: Conversations, onExchange: OnExchange) {
    this.#protocols = options.protocols;
    this.#conversations = conversations;
    this.#limits = { ...ENGINE_LIMITS, ...options.limits };
    this.#recognition = new Recognition({
      detector: new Detector(options.protocols, options.pinned ?? new Map()),
      conversations,
      tries: this.#limits.tries,
      open: (session, index, proven, trusted) => this.#open(session, index, proven, trusted),
      count: name => this.#count(name),
    });
    this.#exchanges = new Float64Array(options.protocols.length);
    this.#states = new Int32Array(conversations.capacity);
    this.#found = new Uint8Array(conversations.capacity);
    this.#host = {
      limits: this.#limits,
      bodyLen: options.bodyLen,
      bodies: options.bodies,
      bodyTypes: new BodyTypes(options.mediaTypes ?? []),
      redactor: this.#redactor(options.secretNames, options.plainNames),
      sampleRate: options.sampleRate ?? 1,
      unread: new Budget(this.#limits.unreadTotalBytes),
      held: new Budget(this.#limits.heldTotalBytes),
      count: name => this.#count(name),
      protocolOf: id => this.#protocols.find(protocol => protocol.id === id),
      exchange: ({ slot, protocol, sampleRate }, exchange) => {
        if (protocol === undefined) return;
        const index = this.#protocols.indexOf(protocol);
        this.#exchanges[index] = (this.#exchanges[index] ?? 0) + 1;
        onExchange(slot, this.#titleOn(slot, protocol), exchange, protocol, sampleRate);
      },
    };
  }

  /** Changes what is kept of headers and bodies, from the next conversation on. */
  setBodies(bodyLen: number, bodies: boolean, mediaTypes: readonly string[]): void {
    this.#host.bodyLen = bodyLen;
    this.#host.bodies = bodies;
    this.#host.bodyTypes = new BodyTypes(mediaTypes);
  }

  /** Changes which names stand for secrets, at once. */
  setSecrets(secretNames: readonly string[], plainNames: readonly string[]): void {
    this.#host.redactor = this.#redactor(secretNames, plainNames);
  }

  /** Changes how many conversations are read, from the next one on. */
  setSampleRate(sampleRate: number): void {
    this.#host.sampleRate = sampleRate;
  }

  /** @returns the conversation's L7_PROTOCOL, until the slot is used again; undefined while or where none was found.
   *  A conversation that is handed over keeps the name that it began with */
  titleOf(slot: number): string | undefined {
    const protocol = this.#protocols[(this.#found[slot] ?? 0) - 1];
    return protocol === undefined ? undefined : this.#titleOn(slot, protocol);
  }

  /** @returns counters by name, and what is held now: `sessions`, `unread_bytes`, `held_bytes` */
  stats(): { readonly [name: string]: number } {
    return {
      ...Object.fromEntries(this.#counts),
      ...Object.fromEntries(this.#protocols.map(({ id }, index) => [`${id}.exchanges`, this.#exchanges[index] ?? 0])),
      sessions: this.#sessions.length - this.#free.length,
      unread_bytes: this.#host.unread.usedBytes,
      held_bytes: this.#host.held.usedBytes,
    };
  }

  onBegin(slot: number): void {
    this.#states[slot] = NO_SESSION;
    this.#found[slot] = 0;
  }

  passes(slot: number, direction: Direction, lengthBytes: number, tsUs: number): boolean {
    const state = this.#states[slot] ?? MUTED;
    const session = state > 0 ? this.#sessions[state - 1] : undefined;
    if (session === undefined) return false;
    try {
      if (!session.passes(direction, lengthBytes, tsUs)) return false;
      if (!session.settle(other(direction)) || !this.#recognition.name(session, tsUs)) this.#close(session, tsUs);
    } catch (error) {
      this.#drop(session, error);
    }
    return true;
  }

  onStream(slot: number, direction: Direction, bytes: Uint8Array, tsUs: number): void {
    const session = this.#sessionOf(slot, 'tcp');
    if (session === undefined) return;
    try {
      const goesOn =
        session.protocol === undefined
          ? this.#recognition.onStream(session, direction, bytes, tsUs)
          : session.onStream(direction, bytes, tsUs);
      if (!goesOn || !this.#recognition.name(session, tsUs)) this.#close(session, tsUs);
    } catch (error) {
      this.#drop(session, error);
    }
  }

  onDatagram(slot: number, direction: Direction, bytes: Uint8Array, wireBytes: number, tsUs: number): void {
    const session = bytes.length === 0 ? undefined : this.#sessionOf(slot, 'udp');
    if (session === undefined) return;
    try {
      const goesOn = this.#recognition.onDatagram(session, direction, bytes, wireBytes, tsUs);
      if (!goesOn) this.#close(session, tsUs);
      else if (session.atRest) this.#release(session, NO_SESSION);
    } catch (error) {
      this.#drop(session, error);
    }
  }

  onGap(slot: number, direction: Direction, lengthBytes: number, tsUs: number): void {
    const session = this.#sessionOf(slot, 'tcp');
    if (session === undefined) return;
    try {
      session.onGap(direction, lengthBytes, tsUs);
    } catch (error) {
      this.#drop(session, error);
    }
  }

  /** Memory for the seconds that a closed conversation waits for its end adds up. Bytes that come all the same find their
   *  protocol again. */
  onClosed(slot: number): void {
    const session = this.#sessions[(this.#states[slot] ?? 0) - 1];
    if (session?.isIdle === true) this.#release(session, NO_SESSION);
  }

  onEnd(slot: number, tsUs: number): void {
    const session = this.#sessions[(this.#states[slot] ?? 0) - 1];
    if (session !== undefined) this.#close(session, tsUs);
  }

  onTick(tsUs: number): void {
    for (const session of this.#sessions) {
      if (session === undefined) continue;
      try {
        session.onTick(tsUs);
        if (session.atRest) this.#release(session, NO_SESSION);
      } catch (error) {
        this.#drop(session, error);
      }
    }
  }

  /** @returns the slot's session, made when there is none; undefined when nobody wants its bytes */
  #sessionOf(slot: number, transport: 'tcp' | 'udp'): Session | undefined {
    const state = this.#states[slot] ?? MUTED;
    if (state > 0) return this.#sessions[state - 1];
    return state === MUTED ? undefined : this.#start(slot, transport);
  }

  #start(slot: number, transport: 'tcp' | 'udp'): Session | undefined {
    const index = this.#free.pop() ?? this.#sessions.length;
    if (index >= this.#limits.sessions) {
      this.#count('sessions_full');
      this.#mute(slot);
      return undefined;
    }
    const session = new Session(this.#host, slot, transport, this.#conversations.isMidStream(slot));
    this.#sessions[index] = session;
    this.#states[slot] = index + 1;
    const found = this.#found[slot] ?? 0;
    if (found === 0 || this.#open(session, found - 1, undefined, true)) return session;
    this.#release(session, MUTED);
    this.#mute(slot);
    return undefined;
  }

  /** @returns false when the conversation is not to be read */
  #open(session: Session, index: number, proven: Direction | undefined, trusted: boolean): boolean {
    const protocol = this.#protocols[index];
    if (protocol === undefined) return false;
    if (!session.handedOver) {
      this.#found[session.slot] = index + 1;
      if (!this.#isSampled(session)) return false;
    }
    session.open(protocol, proven, trusted);
    return true;
  }

  #isSampled(session: Session): boolean {
    session.sampleRate = this.#host.sampleRate;
    if (session.sampleRate === 1 || this.#conversations.hashOf(session.slot) % session.sampleRate === 0) return true;
    this.#count('sampled_out');
    return false;
  }

  #close(session: Session, tsUs: number): void {
    try {
      session.onClose(tsUs);
    } catch (error) {
      this.#drop(session, error);
      return;
    }
    if (session.retracted) {
      this.#count(`${session.protocol?.id}.retracted`);
      if (!session.handedOver) this.#found[session.slot] = 0;
    }
    this.#release(session, MUTED);
    this.#mute(session.slot);
  }

  #drop(session: Session, error: unknown): void {
    this.lastError = error;
    this.#count(`${session.protocol?.id}.thrown`);
    this.#release(session, MUTED);
    this.#mute(session.slot);
  }

  #release(session: Session, state: number): void {
    session.free();
    const index = (this.#states[session.slot] ?? 0) - 1;
    this.#sessions[index] = undefined;
    this.#free.push(index);
    this.#states[session.slot] = state;
  }

  #mute(slot: number): void {
    this.#states[slot] = MUTED;
    this.#conversations.mute(slot);
  }

  #titleOn(slot: number, protocol: Protocol): string {
    return protocol.portTitles?.[this.#conversations.dstPortOf(slot)] ?? protocol.title;
  }

  #redactor(secretNames: readonly string[] = [], plainNames: readonly string[] = []): Redactor {
    return new Redactor(secretNames, plainNames, () => this.#count('redacted'));
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}

const other = (direction: Direction): Direction => (direction === 0 ? 1 : 0);
