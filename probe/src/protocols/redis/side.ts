// warm. One direction of a connection: the value that is being read, and what was measured of it.
import { Reader, type ValueSink } from './reader.ts';
import type { Span } from './request.ts';

export interface Sink extends ValueSink {
  begin(limitBytes: number): void;
  /** Keeps no more of the value. */
  limit(): void;
}

export class Side<S extends Sink> {
  readonly reader: Reader;
  readonly sink: S;
  readonly #limitBytes: number;
  /** A value has begun. */
  isOpen = false;
  /** Asked of `hold` for a value that comes in pieces. */
  heldBytes = 0;
  /** Whether that was asked. */
  isHeld = false;
  bytes = 0;
  lostBytes = 0;
  beginUs = 0;

  constructor(isRequests: boolean, sink: S, limitBytes: number) {
    this.reader = new Reader(isRequests, limitBytes);
    this.sink = sink;
    this.#limitBytes = limitBytes;
  }

  begin(beginUs: number): void {
    this.reader.begin(this.#limitBytes);
    this.sink.begin(this.#limitBytes);
    this.isHeld = false;
    this.bytes = 0;
    this.lostBytes = 0;
    this.beginUs = beginUs;
  }

  span(endUs: number): Span {
    return { beginUs: this.beginUs, endUs, bytes: this.bytes, lostBytes: this.lostBytes };
  }
}
