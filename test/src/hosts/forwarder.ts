// cold. A bad network for datagrams: it drops, duplicates and delays, by a seed, and knows exactly what it did.
import { seededRandom } from '../random.ts';

/** What happened to one datagram. */
export type Fate = 'dropped' | 'passed' | 'doubled' | 'delayed';

export interface ForwarderOptions {
  readonly seed: number;
  /** Shares of all datagrams, 0..1; the rest passes as it came. */
  readonly dropped: number;
  readonly doubled: number;
  readonly delayed: number;
}

const MOST_OVERTAKING = 8; // datagrams that pass a delayed one: a reordering that networks show
const LONGEST_HOLD_MS = 50; // when too little follows to overtake it
const MOST_KEPT = 200_000; // datagrams that are remembered for a replay

interface Held {
  readonly datagram: Uint8Array;
  overtakers: number;
}

export class Forwarder {
  /** Every datagram that came in, in order of arrival, and its fate. */
  readonly log: { readonly datagram: Uint8Array; readonly fate: Fate }[] = [];
  private readonly send: (datagram: Uint8Array) => void;
  private readonly options: ForwarderOptions;
  private readonly random: () => number;
  private held: Held[] = [];
  private kind = true;

  /** @param send passes one datagram on */
  constructor(options: ForwarderOptions, send: (datagram: Uint8Array) => void) {
    this.options = options;
    this.send = send;
    this.random = seededRandom(options.seed);
  }

  /** From now on datagrams meet the shares of the options; before, and after `calm`, all pass. */
  rage(): void {
    this.kind = false;
  }

  calm(): void {
    this.kind = true;
    this.flush();
  }

  /** Takes one datagram.
   *  @param datagram handed over for good */
  accept(datagram: Uint8Array): void {
    if (this.log.length === MOST_KEPT) throw new RangeError(`more than ${MOST_KEPT} datagrams to remember`);
    const fate = this.kind ? 'passed' : this.draw();
    this.log.push({ datagram, fate });
    if (fate === 'passed' || fate === 'doubled') this.pass(datagram);
    if (fate === 'doubled' || fate === 'delayed') this.hold(datagram);
  }

  /** Sends everything that was delivered once more. @returns how many datagrams */
  replay(): number {
    const delivered = this.log.filter(({ fate }) => fate !== 'dropped');
    for (const { datagram } of delivered) this.send(datagram);
    return delivered.length;
  }

  private draw(): Fate {
    const { dropped, doubled, delayed } = this.options;
    const at = this.random();
    if (at < dropped) return 'dropped';
    if (at < dropped + doubled) return 'doubled';
    return at < dropped + doubled + delayed ? 'delayed' : 'passed';
  }

  private hold(datagram: Uint8Array): void {
    this.held.push({ datagram, overtakers: 1 + Math.floor(this.random() * MOST_OVERTAKING) });
    setTimeout(() => this.flush(), LONGEST_HOLD_MS).unref();
  }

  private pass(datagram: Uint8Array): void {
    this.send(datagram);
    for (const waiting of this.held) waiting.overtakers--;
    const due = this.held.filter(({ overtakers }) => overtakers < 0);
    this.held = this.held.filter(({ overtakers }) => overtakers >= 0);
    for (const { datagram } of due) this.send(datagram);
  }

  /** Sends what is held back. */
  flush(): void {
    const due = this.held;
    this.held = [];
    for (const { datagram } of due) this.send(datagram);
  }
}
