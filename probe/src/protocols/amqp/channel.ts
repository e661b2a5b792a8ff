// warm. What is known of one channel.
import type { Direction } from '../analyzer.ts';
import { Pairing } from '../kit/pairing.ts';
import type { Call } from './call.ts';
import { Confirms } from './confirms.ts';
import type { Content } from './content.ts';

/** Calls that wait at most: clients of channels wait for each, few do not. */
const PENDING_LIMIT = 256;
/** Consumers of one channel whose queues are remembered; most channels have one. */
const CONSUMERS_LIMIT = 256;

export class Channel {
  readonly number: number;
  /** By the direction that calls. */
  readonly calls: readonly [Pairing<Call>, Pairing<Call>];
  /** By the direction that calls: it was seen not to wait for answers. */
  readonly #pipelines: [boolean, boolean] = [false, false];
  /** The message that a direction is sending. */
  readonly contents: [Content | undefined, Content | undefined] = [undefined, undefined];
  readonly confirms = new Confirms();
  /** Queue by consumer tag. */
  readonly #queues = new Map<string, string>();

  /** @param isKnown its opening was seen
   *  @param giveUp takes a call whose answer will not be known */
  constructor(number: number, isKnown: boolean, giveUp: (call: Call, channel: Channel) => void) {
    const pairing = () => new Pairing<Call>(!isKnown, call => giveUp(call, this), PENDING_LIMIT);
    this.number = number;
    this.calls = [pairing(), pairing()];
  }

  /** A direction calls. Peers wait for the answer on each channel, and the answer says what it answers; so what was lost
   *  before is over, unless this one was seen not to wait.
   *  @param call undefined when there is no room to keep it */
  call(direction: Direction, call: Call | undefined): void {
    const calls = this.calls[direction];
    if (calls.waiting > 0 && !calls.isHoled) this.#pipelines[direction] = true;
    if (!this.#pipelines[direction]) calls.settle();
    calls.ask(call);
  }

  consume(consumerTag: string, queue: string): void {
    if (this.#queues.size < CONSUMERS_LIMIT) this.#queues.set(consumerTag, queue);
  }

  queueOf(consumerTag: string): string {
    return this.#queues.get(consumerTag) ?? '';
  }

  /** Bytes of `direction` were lost.
   *  @returns the message that was being sent, and publishes whose confirms may be lost */
  lose(direction: Direction): readonly Content[] {
    this.calls[0].lose(direction);
    this.calls[1].lose(direction === 0 ? 1 : 0);
    return [...this.#cutOff(direction), ...this.confirms.lose(direction)];
  }

  /** It is over. @returns messages that are not reported yet */
  close(): readonly Content[] {
    for (const calls of this.calls) calls.close();
    return [...this.#cutOff(0), ...this.#cutOff(1), ...this.confirms.lose(1)];
  }

  /** A message that waits for its confirm goes on waiting. */
  #cutOff(direction: Direction): readonly Content[] {
    const content = this.contents[direction];
    this.contents[direction] = undefined;
    content?.cutOff();
    return content === undefined || content.waits ? [] : [content];
  }
}
