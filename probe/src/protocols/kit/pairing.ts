// warm. Pairs answers with requests where the protocol has no ids: answers come in the order of the requests.
//
// Lost bytes may hold whole messages, so after a loss the next answer may belong to a request further back, or to one
// that was never seen. Most clients wait for an answer before they ask again; such a client's next request shows that
// everything before it was answered or lost, and pairing is sure again. A client that was seen to pipeline gives no
// such sign: its requests and answers are then reported apart. An answer is never given to the wrong request.
import type { Direction } from '../analyzer.ts';

/** Requests that wait for an answer at most, per conversation: more than any client pipelines. */
export const PENDING_LIMIT = 1024;

export class Pairing<Request> {
  readonly #giveUp: (request: Request) => void;
  readonly #midStream: boolean;
  readonly #pending: Request[] = [];
  /** Requests at the head that the next answers surely belong to. */
  #sure = 0;
  /** Messages may be missing behind the sure ones. */
  #holed: boolean;
  #pipelined = false;
  #paired = false;

  /** @param midStream requests may be on their way whose bytes were not seen
   *  @param giveUp takes a request whose answer will not be known */
  constructor(midStream: boolean, giveUp: (request: Request) => void) {
    this.#midStream = midStream;
    this.#holed = midStream;
    this.#giveUp = giveUp;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** The request that the next answer will be paired with, if one is sure. */
  get next(): Request | undefined {
    return this.#isSure() ? this.#pending[0] : undefined;
  }

  /** A request was read. */
  ask(request: Request): void {
    if (this.#pending.length > 0) this.#askAgain();
    if (this.#holed && !this.#pipelined) this.#mend();
    if (this.#pending.length >= PENDING_LIMIT) this.#giveUpFirst();
    this.#pending.push(request);
    if (!this.#holed) this.#sure += 1;
  }

  /** A final answer was read.
   *  @returns its request; undefined when none, or more than one, may be it */
  answer(): Request | undefined {
    if (this.#isSure()) {
      this.#paired = true;
      this.#sure = Math.max(0, this.#sure - 1);
      return this.#pending.shift();
    }
    if (this.#pending.length > 0) this.#giveUpFirst();
    return undefined;
  }

  /** Messages of `direction` may have been lost. */
  lose(direction: Direction): void {
    this.#holed = true;
    if (direction === 1) this.#sure = 0;
  }

  /** The conversation is over: gives up all that wait. */
  close(): void {
    while (this.#pending.length > 0) this.#giveUpFirst();
    this.#sure = 0;
  }

  #isSure(): boolean {
    if (this.#sure > 0) return true;
    // All answers seen so far belong to requests up to this one, which is the only one that waits.
    return this.#pending.length === 1 && !this.#pipelined;
  }

  /** A second request comes while one waits: the client pipelines, or an answer was lost. */
  #askAgain(): void {
    if (this.#holed && this.#sure === 0) return;
    this.#pipelined = true;
    if (!this.#midStream || this.#paired) return;
    this.#holed = true;
    this.#sure = 0;
  }

  /** A client that does not pipeline asks again: whatever waited is over. */
  #mend(): void {
    this.close();
    this.#holed = false;
  }

  #giveUpFirst(): void {
    const request = this.#pending.shift();
    this.#sure = Math.max(0, this.#sure - 1);
    if (request !== undefined) this.#giveUp(request);
  }
}
