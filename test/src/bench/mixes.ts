// cold. The inputs of the bench: which conversations, how many packets.
import { bulk, chat, dns, http, type Kind, media, turn } from './traffic.ts';

export interface Mix {
  readonly name: string;
  readonly packets: number;
  readonly seed: number;
  /** Conversations that begin in a second of packet time. */
  readonly startsPerSecond: number;
  /** Pairs of endpoints; after the last one the first is used again. */
  readonly flows: number;
  /** Kinds, and how often each is drawn against the others. */
  readonly kinds: readonly (readonly [Kind, number])[];
}

const SEED = 20_231_114;

/** Everything a busy host sees: about 500 bytes a packet, a third of the packets HTTP, some loss and reordering. */
export const mixed = (packets: number): Mix => ({
  name: 'mixed',
  packets,
  seed: SEED,
  startsPerSecond: 4000,
  flows: Number.POSITIVE_INFINITY,
  kinds: [
    [http, 24],
    [chat, 20],
    [bulk, 1],
    [dns, 50],
    [media, 3],
  ],
});

/** HTTP alone, so that the rows of exchanges measure exchanges. */
export const web = (packets: number): Mix => ({
  ...mixed(packets),
  name: 'web',
  startsPerSecond: 2000,
  kinds: [[http, 1]],
});

/** The smallest packets over so many flows that are all open at once. */
export const manyFlows = (flows: number, packets: number): Mix => ({
  name: `flows-${flows}`,
  packets,
  seed: SEED,
  startsPerSecond: 400_000,
  flows,
  kinds: [[turn, 1]],
});
