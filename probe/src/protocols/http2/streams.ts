// warm. The streams of one connection, and when each becomes an exchange.
import type { AnalyzerContext, Direction } from '../analyzer.ts';
import type { http2Fields } from './fields.ts';
import { errorName, NO_ERROR } from './frames.ts';
import { http2Exchange } from './record.ts';
import { Stream } from './stream.ts';

/** Open at a time, per connection: servers allow 100 to 250; what HTTP/1 pipelines at most is kept for more. */
const STREAM_LIMIT = 1024;
/** Asked of `hold` for a stream, beside what its messages keep: its objects. */
const STREAM_BYTES = 512;
/** Reported before both sides ended: what still comes of them is passed over. */
const ABANDONED_LIMIT = 1024;
/** A stream of which bytes may have been lost is given up when nothing more was seen for so long. */
const LOST_STREAM_US = 30e6;
/** Requests that a client takes back in a second before they are answered: a browser that closes a page takes back some
 *  dozens, an attack thousands (CVE-2023-44487). */
const RAPID_RESETS = 100;
const SECOND_US = 1e6;

export class Streams {
  readonly #context: AnalyzerContext<typeof http2Fields>;
  readonly #open = new Map<number, Stream>();
  readonly #abandoned = new Set<number>();
  /** Why the connection ends, when it does not end well. */
  #endCode: number | undefined;
  #resets = 0;
  #resetsSinceUs = 0;

  constructor(context: AnalyzerContext<typeof http2Fields>) {
    this.#context = context;
  }

  get(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  /** @returns a new stream; undefined when this one was reported already, or there is no room */
  open(id: number): Stream | undefined {
    if (this.#abandoned.has(id)) return undefined;
    if (this.#open.size >= STREAM_LIMIT) this.#giveUpOldest();
    if (!this.#context.hold(STREAM_BYTES)) return undefined;
    const stream = new Stream(id);
    this.#open.set(id, stream);
    return stream;
  }

  /** The direction of a stream has ended. */
  finish(stream: Stream, direction: Direction): void {
    const message = stream.message(direction);
    if (message !== undefined) message.done = true;
    if (stream.isOver) this.#report(stream);
  }

  /** Source: RFC 9113 section 6.4. */
  reset(stream: Stream, direction: Direction, code: number, tsUs: number): void {
    stream.endUs = tsUs;
    stream.errors.push(direction === 0 ? 'reset_by_client' : 'reset_by_server', errorName(code));
    if (direction === 0 && stream.response === undefined && this.#isRapid(tsUs)) {
      stream.errors.push('rapid_reset');
      this.#context.parseError('rapid_reset');
    }
    this.#report(stream);
  }

  /** A GOAWAY: what the other side asked for after `lastId` was not looked at. Source: RFC 9113 section 6.8. */
  refuse(direction: Direction, lastId: number, code: number, tsUs: number): void {
    if (code !== NO_ERROR) this.#endCode = code;
    const isRefused = (stream: Stream) => stream.id > lastId && stream.isPushed === (direction === 0);
    for (const stream of this.#open.values()) {
      if (!isRefused(stream)) continue;
      stream.endUs = tsUs;
      stream.errors.push('goaway', errorName(code));
      this.#report(stream);
    }
  }

  /** Bytes of the direction were lost. */
  lose(direction: Direction): void {
    for (const stream of this.#open.values()) stream.lose(direction);
  }

  /** Gives up what waits for an end that may be lost. */
  tick(tsUs: number): void {
    for (const stream of this.#open.values())
      if (stream.mayHaveEnded.includes(true) && tsUs - stream.endUs > LOST_STREAM_US) this.#report(stream);
  }

  /** The connection is over. */
  close(): void {
    for (const stream of this.#open.values()) {
      if (this.#endCode !== undefined) stream.errors.push('goaway', errorName(this.#endCode));
      this.#report(stream);
    }
  }

  #giveUpOldest(): void {
    const [oldest] = this.#open.values();
    if (oldest === undefined) return;
    this.#context.parseError('stream_limit');
    oldest.errors.push('stream_limit');
    this.#report(oldest);
  }

  #report(stream: Stream): void {
    this.#open.delete(stream.id);
    if (stream.request?.done !== true || stream.response?.done !== true) this.#abandon(stream.id);
    for (const message of [stream.request, stream.response])
      if (message?.done === false) message.addError('incomplete');
    if (stream.response === undefined && stream.mayHaveEnded[1]) stream.request?.addError('lost_bytes');
    this.#context.emit(http2Exchange(stream));
    this.#context.release(STREAM_BYTES + (stream.request?.heldBytes ?? 0) + (stream.response?.heldBytes ?? 0));
  }

  #abandon(id: number): void {
    const [oldest] = this.#abandoned;
    if (this.#abandoned.size >= ABANDONED_LIMIT && oldest !== undefined) this.#abandoned.delete(oldest);
    this.#abandoned.add(id);
  }

  #isRapid(tsUs: number): boolean {
    if (tsUs - this.#resetsSinceUs > SECOND_US) {
      this.#resetsSinceUs = tsUs;
      this.#resets = 0;
    }
    this.#resets += 1;
    return this.#resets > RAPID_RESETS;
  }
}
