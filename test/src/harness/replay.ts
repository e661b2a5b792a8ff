// cold. Drives the engine with a transcript, as the flow table would.
import {
  type Conversations,
  Engine,
  type EngineLimits,
  type Exchange,
  exchangeRecord,
  type OutputRecord,
  type Protocol,
} from '@nanogelf/probe';
import type { Direction, Happening, Talk, Transcript } from './transcript.ts';

export interface Reported {
  readonly slot: number;
  readonly exchange: Exchange;
  /** The record as one line of JSON. */
  readonly line: string;
}

export interface Run {
  readonly reported: readonly Reported[];
  /** The conversations by slot, as the engine turned them. */
  readonly clients: readonly Talk[];
  /** L7_PROTOCOL by slot. */
  readonly titles: readonly (string | undefined)[];
  /** Counters after every conversation ended. */
  readonly stats: { readonly [name: string]: number };
  /** Most bytes that were unread, and held, at a time. */
  readonly peakBytes: number;
  readonly lastError: unknown;
}

export interface ReplayOptions {
  readonly protocols: readonly Protocol[];
  readonly limits?: Partial<EngineLimits>;
  readonly pinned?: ReadonlyMap<number, number>;
  readonly bodyLen?: number;
  readonly bodies?: boolean;
  readonly mediaTypes?: readonly string[];
  readonly sampleRate?: number;
  /** Looks for the peak of what is held, which takes time. */
  readonly watchMemory?: boolean;
}

/** Stands in for the flow table: a slot is an index into the talks. */
class Table implements Conversations {
  readonly capacity: number;
  readonly #talks: Talk[];
  readonly swapped: boolean[];

  constructor(talks: readonly Talk[]) {
    this.#talks = [...talks];
    this.capacity = talks.length;
    this.swapped = talks.map(() => false);
  }

  talk(slot: number): Talk {
    const talk = this.#talks[slot];
    if (talk === undefined) throw new RangeError(`slot: expected 0..${this.capacity - 1}, got ${slot}`);
    return talk;
  }

  srcPortOf = (slot: number): number => this.talk(slot).srcPort;
  dstPortOf = (slot: number): number => this.talk(slot).dstPort;
  hashOf = (slot: number): number => slot;
  isMidStream = (slot: number): boolean => this.talk(slot).midStream;
  mute(): void {}

  swap(slot: number): void {
    this.#talks[slot] = turned(this.talk(slot));
    this.swapped[slot] = !this.swapped[slot];
  }

  direction(happening: Happening): Direction {
    return this.swapped[happening.slot] ? opposite(happening.direction) : happening.direction;
  }
}

export const opposite = (direction: Direction): Direction => (direction === 0 ? 1 : 0);

/** @returns the same conversation, seen from the other end */
export const turned = (talk: Talk): Talk => ({
  ...talk,
  src: talk.dst,
  srcPort: talk.dstPort,
  dst: talk.src,
  dstPort: talk.srcPort,
});

export function replay({ talks, happenings }: Transcript, options: ReplayOptions): Run {
  const table = new Table(talks);
  const reported: Reported[] = [];
  const engine = new Engine({ bodyLen: 1024, bodies: true, ...options }, table, (slot, title, exchange) => {
    const line = JSON.stringify(exchangeRecord(addresses(table.talk(slot)), title, exchange));
    reported.push({ slot, exchange, line });
  });
  for (const slot of talks.keys()) engine.onBegin(slot);
  const peakBytes = play(engine, table, happenings, options.watchMemory === true);
  const lastUs = happenings.at(-1)?.tsUs ?? 0;
  for (const slot of talks.keys()) engine.onEnd(slot, lastUs);
  const titles = [...talks.keys()].map(slot => engine.titleOf(slot));
  const clients = [...talks.keys()].map(slot => table.talk(slot));
  return { reported, clients, titles, stats: engine.stats(), peakBytes, lastError: engine.lastError };
}

function play(engine: Engine, table: Table, happenings: readonly Happening[], watchMemory: boolean): number {
  let peakBytes = 0;
  let tickUs = happenings[0]?.tsUs ?? 0;
  for (const happening of happenings) {
    for (; tickUs + 1e6 <= happening.tsUs; tickUs += 1e6) engine.onTick(tickUs + 1e6);
    happen(engine, table, happening);
    if (watchMemory) peakBytes = Math.max(peakBytes, heldBy(engine));
  }
  return peakBytes;
}

function happen(engine: Engine, table: Table, happening: Happening): void {
  const { slot, bytes, lengthBytes, tsUs } = happening;
  const direction = table.direction(happening);
  const isUdp = table.talk(slot).transport === 'udp';
  // The engine is lent the bytes: what it keeps of them must be a copy, so they are spoilt afterwards.
  const lent = Uint8Array.from(bytes);
  if (happening.kind === 'bytes' && isUdp) engine.onDatagram(slot, direction, lent, lengthBytes, tsUs);
  else if (happening.kind === 'bytes') stream(engine, slot, direction, lent, tsUs);
  else if (!isUdp) engine.onGap(slot, direction, lengthBytes, tsUs);
  lent.fill(0x55);
}

/** As the flow table does it. */
function stream(engine: Engine, slot: number, direction: Direction, bytes: Uint8Array, tsUs: number): void {
  if (!engine.passes(slot, direction, bytes.length, tsUs)) engine.onStream(slot, direction, bytes, tsUs);
}

function heldBy(engine: Engine): number {
  const { unread_bytes = 0, held_bytes = 0 } = engine.stats();
  return unread_bytes + held_bytes;
}

const addresses = (talk: Talk): OutputRecord => ({
  SRC_IP: talk.src,
  SRC_PORT: talk.srcPort,
  DST_IP: talk.dst,
  DST_PORT: talk.dstPort,
  L4_PROTOCOL: talk.transport.toUpperCase(),
});
