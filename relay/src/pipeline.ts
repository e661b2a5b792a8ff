// warm. The whole path of the relay: datagram → open → decode → outputs. Read this first.
import { ARMOR_PREFIX, type Delivery, dearmor, expand, type Opened, type Receiver } from '@nanogelf/codec';
import type { Counters } from './counters.ts';
import type { Output } from './outputs/output.ts';

export interface PipelineParts {
  /** Opens envelopes, and counts itself what it refuses. */
  readonly receiver: Receiver;
  readonly outputs: readonly Output[];
  readonly counters: Counters;
  /** Whether text armor is taken on the same port. */
  readonly armor: boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** @returns what to do with each datagram; whatever a datagram holds, it does not throw */
export function createPipeline({ receiver, outputs, counters, armor, now }: PipelineParts) {
  function pass(message: Opened): void {
    const { deliveries, refused } = expand(message);
    for (const reason of refused) counters.add(`refused.${reason}`);
    for (const delivery of deliveries) deliver(outputs, delivery);
    counters.add('delivered', deliveries.length);
  }
  /** The receiver, which counts all others, never sees it. */
  function refuseArmor(): void {
    counters.add('datagrams');
    counters.add('refused.armor');
  }
  return (datagram: Uint8Array): void => {
    const envelope = armor && isArmor(datagram) ? readArmor(datagram) : datagram;
    const received = envelope && receiver.receive(envelope, now());
    if (received === undefined) refuseArmor();
    else if (received.kind === 'opened') pass(received);
  };
}

export function deliver(outputs: readonly Output[], delivery: Delivery): void {
  for (const output of outputs) output.write(delivery);
}

const ARMOR_START = Buffer.from(ARMOR_PREFIX);

/** No envelope begins like this: its first byte is never ASCII. */
const isArmor = (datagram: Uint8Array): boolean => ARMOR_START.every((byte, at) => datagram[at] === byte);

const readArmor = (datagram: Uint8Array): Uint8Array | undefined =>
  dearmor(Buffer.from(datagram.buffer, datagram.byteOffset, datagram.length).toString('latin1'));
