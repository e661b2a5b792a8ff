// warm. Pairs answers with requests where the protocol has no ids: answers come in the order of the requests.
//
// Lost bytes may hold whole messages, so after a loss, and in mid-stream, the next answer may belong to a request further
// back, or to one that was never seen. Most clients wait for an answer before they ask again. Such a client's next request
// shows that everything before it was answered or lost, and once an answer was seen too, pairing is sure again. A client
// that was seen to pipeline gives no such sign: from then on its requests and answers are reported apart.
import type { Direction } from '../analyzer.ts';

/** Requests that wait for an answer at most, per conversation: more than any client pipelines. */
export const PENDING_LIMIT = 1024;

export class Pairing<Request> {
  readonly #giveUp: (request: Request) => void;
  readonly #pending: Request[] = [];
  /** Requests at the head that the next answers surely belong to. */
  #sure = 0;
  /** Messages may be missing behind the sure ones. */
  #holed: boolean;
  /** Requests may be among them whose answers are still to come. */
  #unseen: boolean;
  /** An answer was paired since the last hole. */
  #proven: boolean;
  /** The client does not wait for answers. */
  #pipelined = false;

  /** @param midStream requests may be on their way whose bytes were not seen
   *  @param giveUp takes a request whose answer will not be known */
  constructor(midStream: boolean, giveUp: (request: Request) => void) {
    this.#holed = midStream;
    this.#unseen = midStream;
    this.#proven = !midStream;
    this.#giveUp = giveUp;
  }

  /** The request that the next answer will be paired with, if one is sure. */
  get next(): Request | undefined {
    return this.#isSure() ? this.#pending[0] : undefined;
  }

  /** A request was read. */
  ask(request: Request): void {
    const waits = this.#pending.length > 0;
    if (this.#holed && this.#sure === 0 && !this.#pipelined && !this.#unseen) this.#mend();
    else if (waits) this.#notePipelining();
    if (this.#pending.length >= PENDING_LIMIT) this.#giveUpFirst();
    this.#pending.push(request);
    if (!this.#holed) this.#sure += 1;
  }

  /** A final answer was read.
   *  @returns its request; undefined when none, or more than one, may be it */
  answer(): Request | undefined {
    const isSure = this.#isSure();
    this.#unseen = false;
    if (!isSure) {
      if (this.#pending.length > 0) this.#giveUpFirst();
      return undefined;
    }
    this.#proven = true;
    this.#sure = Math.max(0, this.#sure - 1);
    return this.#pending.shift();
  }

  /** Messages of `direction` may have been lost. */
  lose(direction: Direction): void {
    this.#holed = true;
    if (direction === 0) this.#unseen = true;
    else this.#sure = 0;
  }

  /** The conversation is over: gives up all that wait. */
  close(): void {
    while (this.#pending.length > 0) this.#giveUpFirst();
  }

  #isSure(): boolean {
    if (this.#sure > 0) return true;
    // Only answers were lost, and this is the only request that waits.
    return this.#pending.length === 1 && !this.#pipelined && !this.#unseen;
  }

  #notePipelining(): void {
    this.#pipelined = true;
    if (this.#proven) return;
    this.#holed = true;
    this.#sure = 0;
  }

  /** A client that waits asks again: whatever came before is over. */
  #mend(): void {
    this.close();
    this.#holed = false;
    this.#proven = false;
  }

  #giveUpFirst(): void {
    const request = this.#pending.shift();
    this.#sure = Math.max(0, this.#sure - 1);
    if (request !== undefined) this.#giveUp(request);
  }
}
