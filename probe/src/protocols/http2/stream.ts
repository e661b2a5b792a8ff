// warm. One stream: a request, its response, and what befell them.
import type { Direction } from '../analyzer.ts';
import type { HttpMessage, HttpRequest } from '../kit/http-message.ts';
import { Http2Message, type Http2Response } from './message.ts';

export class Stream {
  readonly id: number;
  /** Undefined when its headers were not seen. */
  request: HttpRequest | undefined;
  response: Http2Response | undefined;
  /** When something was last seen of it. */
  endUs = 0;
  /** Payload bytes that are neither request nor response: interim answers, resets. */
  bytes = 0;
  /** What ERR says beside the errors of its messages. */
  readonly errors: string[] = [];
  /** By direction: lost bytes may hold its end. */
  readonly mayHaveEnded: [boolean, boolean] = [false, false];

  constructor(id: number) {
    this.id = id;
  }

  /** The server promised it. */
  get isPushed(): boolean {
    return this.id % 2 === 0;
  }

  /** Nothing of it is still to come, as far as can be known. */
  get isOver(): boolean {
    if (this.response?.done !== true) return false;
    return this.request === undefined || this.request.done || this.mayHaveEnded[0];
  }

  message(direction: Direction): HttpMessage | undefined {
    return direction === 0 ? this.request : this.response;
  }

  /** Something of the direction's message went by. */
  touch(direction: Direction, tsUs: number): void {
    this.endUs = tsUs;
    this.mayHaveEnded[direction] = false;
    const message = this.message(direction);
    if (message !== undefined) message.endUs = tsUs;
  }

  /** Lost bytes of the direction may have been its own. */
  lose(direction: Direction): void {
    const message = this.message(direction);
    if (message?.done === true) return;
    this.mayHaveEnded[direction] = true;
    message?.addGap(0);
    if (message instanceof Http2Message && message.grpc !== undefined) message.grpc.isLost = true;
  }
}
