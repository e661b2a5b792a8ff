// warm. Reads both directions of an HTTP/2 connection, frame by frame. Streams have numbers, so that nothing can be
// mispaired; what a loss costs is HPACK's table, and with it the names and values that later header blocks take from it.
import type { Analyzer, AnalyzerContext, Direction } from '../analyzer.ts';
import { isHttpRequest } from '../kit/http-message.ts';
import { Connection } from './connection.ts';
import type { http2Fields } from './fields.ts';
import { FrameReader } from './frame-reader.ts';

export class Http2Analyzer implements Analyzer {
  readonly #connection: Connection;
  readonly #readers: readonly [FrameReader, FrameReader];

  constructor(context: AnalyzerContext<typeof http2Fields>) {
    this.#connection = new Connection(context);
    const gift = context.inheritance?.gift;
    if (isHttpRequest(gift)) this.#connection.upgrade(gift);
    this.#readers = [new FrameReader(0, context, this.#connection), new FrameReader(1, context, this.#connection)];
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    return this.#readers[direction].read(bytes, tsUs, beginUs);
  }

  onGap(direction: Direction, lengthBytes: number, tsUs: number): boolean {
    return this.#readers[direction].skipLost(lengthBytes, tsUs);
  }

  onTick(tsUs: number): void {
    this.#connection.tick(tsUs);
  }

  onClose(): void {
    for (const reader of this.#readers) reader.close();
    this.#connection.close();
  }
}
