// warm. Pairs answers with requests where the protocol has no ids: answers come in the order of the requests.
//
// Lost bytes may hold whole messages, so after a loss, and in mid-stream, the next answer may belong to a request further
// back, or to one that was never seen. Most clients wait for the answers to what they asked, one request or several at
// once, before they ask again. Such a client's next request shows that everything before it was answered or lost, and once
// an answer was seen too, pairing is sure again. A client that was seen to ask while answers were still coming gives no
// such sign: after a loss its requests and answers are reported apart.
//
// Requests beyond the limit are only counted, so that the answers to those that were kept still find them.
import type { Direction } from '../analyzer.ts';

/** Requests that wait for an answer at most, per conversation: more than HTTP clients pipeline. */
export const PENDING_LIMIT = 1024;

export class Pairing<Request> {
  readonly #giveUp: (request: Request) => void;
  readonly #limit: number;
  #pending: Request[] = [];
  /** Requests behind the pending ones that are not kept. */
  #unkept = 0;
  /** Requests at the head that the next answers surely belong to. */
  #sure = 0;
  /** Messages may be missing behind the sure ones. */
  #holed: boolean;
  /** Some of them may be requests, and none of their answers was seen yet. */
  #unseen: boolean;
  /** Some of them may be requests. */
  #requestsLost: boolean;
  /** Some of those that wait may have been answered. */
  #answersLost = false;
  /** An answer was paired since the last hole. */
  #proven: boolean;
  /** An answer came, or was lost, since the last request. */
  #answering = false;
  /** The client does not wait for answers before it asks again. */
  #overlaps = false;

  /** @param midStream requests may be on their way whose bytes were not seen
   *  @param giveUp takes a request whose answer will not be known
   *  @param limit requests that are kept at a time */
  constructor(midStream: boolean, giveUp: (request: Request) => void, limit = PENDING_LIMIT) {
    this.#holed = midStream;
    this.#unseen = midStream;
    this.#requestsLost = midStream;
    this.#proven = !midStream;
    this.#giveUp = giveUp;
    this.#limit = limit;
  }

  /** Whether pairing is in doubt, after a loss or in mid-stream. */
  get isHoled(): boolean {
    return this.#holed;
  }

  /** How many requests wait for their answers. */
  get waiting(): number {
    return this.#pending.length + this.#unkept;
  }

  /** Whether the client asks while answers to earlier requests are still coming. */
  get overlaps(): boolean {
    return this.#overlaps;
  }

  /** The request that the next answer will be paired with, if one is sure. */
  get next(): Request | undefined {
    return this.#isSure() ? this.#pending[0] : undefined;
  }

  /** A request was read.
   *  @param request undefined when there was no room to keep it: its answer will be no request's
   *  @returns true when it shows that everything before it is over, after a loss or in mid-stream */
  ask(request: Request | undefined): boolean {
    if (this.#answering && !this.#answersLost && this.waiting > 0) this.#noteOverlap();
    const mends = this.#holed && this.#sure === 0 && !this.#overlaps && !this.#unseen && this.#answering;
    if (mends) this.#mend();
    this.#answering = false;
    this.#enqueue(request);
    return mends;
  }

  /** A final answer was read.
   *  @returns its request; undefined when none, or more than one, may be it */
  answer(): Request | undefined {
    const isSure = this.#isSure();
    this.#answering = true;
    if (!isSure) {
      this.#unseen = false;
      if (this.#pending.length > 0) this.#giveUpFirst();
      else if (this.#unkept > 0) this.#unkept -= 1;
      return undefined;
    }
    this.#proven = true;
    this.#sure = Math.max(0, this.#sure - 1);
    return this.#pending.shift();
  }

  /** For clients that wait for each answer by their protocol's rules: to be called before they ask. Whatever was lost or
   *  not seen is over. */
  settle(): void {
    if (this.#holed) this.#mend();
    this.#unseen = false;
    this.#answering = false;
  }

  /** Messages of `direction` may have been lost. */
  lose(direction: Direction): void {
    this.#holed = true;
    this.#unkept = 0;
    if (direction === 0) {
      this.#unseen = true;
      this.#requestsLost = true;
    } else {
      this.#answering = true;
      this.#answersLost = true;
      this.#sure = 0;
    }
  }

  /** The conversation is over: gives up all that wait. */
  close(): void {
    this.#unkept = 0;
    while (this.#pending.length > 0) this.#giveUpFirst();
  }

  #enqueue(request: Request | undefined): void {
    const isFull = this.#pending.length >= this.#limit;
    if (request === undefined || this.#unkept > 0 || (isFull && this.#sure > 0)) {
      this.#unkept += 1;
      if (request !== undefined) this.#giveUp(request);
      return;
    }
    if (isFull) this.#giveUpFirst();
    // A list that grows gets room for 17, and nearly always one waits.
    if (this.#pending.length === 0) this.#pending = [request];
    else this.#pending.push(request);
    if (!this.#holed) this.#sure += 1;
  }

  #isSure(): boolean {
    if (this.#sure > 0) return true;
    // Only answers were lost, and this is the only request that waits.
    return this.#pending.length === 1 && this.#unkept === 0 && !this.#overlaps && !this.#requestsLost;
  }

  #noteOverlap(): void {
    this.#overlaps = true;
    if (this.#proven) return;
    this.#holed = true;
    this.#sure = 0;
  }

  /** A client that waits asks again: whatever came before is over. */
  #mend(): void {
    this.close();
    this.#holed = false;
    this.#requestsLost = false;
    this.#answersLost = false;
    this.#proven = false;
  }

  #giveUpFirst(): void {
    const request = this.#pending.shift();
    this.#sure = Math.max(0, this.#sure - 1);
    if (request !== undefined) this.#giveUp(request);
  }
}
