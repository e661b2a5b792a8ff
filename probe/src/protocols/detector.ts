// cold. Which protocol a conversation speaks, told from the first bytes of its directions.
import type { Detection, Protocol } from './analyzer.ts';

/** No protocol, whatever follows. */
export const NONE = -1;
/** A longer prefix may tell. */
export const UNDECIDED = -2;

type Transport = 'tcp' | 'udp';
type Prefixes = readonly [Uint8Array, Uint8Array];

/** What was found: `protocol` is an index into the protocols, or NONE, or UNDECIDED. */
export interface Finding {
  readonly protocol: number;
  /** DST is the client. */
  readonly swapped: boolean;
  /** Told by the configuration, not by the content. */
  readonly pinned: boolean;
}

const NOTHING: Finding = { protocol: NONE, swapped: false, pinned: false };
const NOT_YET: Finding = { protocol: UNDECIDED, swapped: false, pinned: false };

export class Detector {
  readonly #protocols: readonly Protocol[];
  readonly #pinned: ReadonlyMap<number, number>;
  readonly #byTransport: Readonly<Record<Transport, readonly number[]>>;
  readonly #byPort = new Map<number, number[]>();

  /** @param pinned server port → index of the protocol that it always speaks */
  constructor(protocols: readonly Protocol[], pinned: ReadonlyMap<number, number>) {
    this.#protocols = protocols;
    this.#pinned = pinned;
    const speaking = (transport: Transport) =>
      [...protocols.keys()].filter(index => protocols[index]?.transports.includes(transport));
    this.#byTransport = { tcp: speaking('tcp'), udp: speaking('udp') };
    for (const [index, protocol] of protocols.entries())
      for (const port of protocol.ports) this.#byPort.set(port, [...(this.#byPort.get(port) ?? []), index]);
  }

  /** Asks the configuration, then every protocol of `transport`, those of the ports first.
   *  @param prefixes what each direction starts with; empty where nothing was seen
   *  @param bothWays whether the other orientation is possible too
   *  @param pins whether the configuration has a say */
  find(
    transport: Transport,
    srcPort: number,
    dstPort: number,
    prefixes: Prefixes,
    bothWays: boolean,
    pins: boolean,
  ): Finding {
    const pinned = pins ? this.#pinnedTo(srcPort, dstPort, bothWays) : undefined;
    if (pinned !== undefined) return pinned;
    const candidates = this.#candidates(transport, srcPort, dstPort);
    const found = this.#ask(candidates, transport, prefixes, false);
    if (!bothWays || found.protocol >= 0) return found;
    const swapped = this.#ask(candidates, transport, [prefixes[1], prefixes[0]], true);
    return swapped.protocol === NONE ? found : swapped;
  }

  #pinnedTo(srcPort: number, dstPort: number, bothWays: boolean): Finding | undefined {
    const server = this.#pinned.get(dstPort);
    if (server !== undefined) return { protocol: server, swapped: false, pinned: true };
    const client = bothWays ? this.#pinned.get(srcPort) : undefined;
    return client === undefined ? undefined : { protocol: client, swapped: true, pinned: true };
  }

  #candidates(transport: Transport, srcPort: number, dstPort: number): readonly number[] {
    const all = this.#byTransport[transport];
    const hinted = this.#byPort.get(dstPort) ?? this.#byPort.get(srcPort);
    return hinted === undefined ? all : [...hinted.filter(index => all.includes(index)), ...all];
  }

  #ask(candidates: readonly number[], transport: Transport, prefixes: Prefixes, swapped: boolean): Finding {
    let open = false;
    for (const protocol of candidates) {
      const answer = agree(this.#protocols[protocol], transport, prefixes);
      if (answer === 'yes') return { protocol, swapped, pinned: false };
      open ||= answer === 'more';
    }
    return open ? NOT_YET : NOTHING;
  }
}

/** One direction's `no` outweighs the other's `yes`. */
function agree(protocol: Protocol | undefined, transport: Transport, prefixes: Prefixes): Detection {
  if (protocol === undefined) return 'no';
  const client = detectOne(protocol, 0, prefixes[0], transport);
  if (client === 'no') return 'no';
  const server = detectOne(protocol, 1, prefixes[1], transport);
  if (server === 'no') return 'no';
  return client === 'yes' || server === 'yes' ? 'yes' : 'more';
}

function detectOne(protocol: Protocol, direction: 0 | 1, prefix: Uint8Array, transport: Transport): Detection {
  return prefix.length === 0 ? 'more' : protocol.detect(direction, prefix, transport);
}
