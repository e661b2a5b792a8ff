// warm. Makes streams, and of them exchanges, out of what the frames of a connection say.
// Source: RFC 9113 sections 5.1, 6.4, 6.8, 8.1 and 8.4.
import type { AnalyzerContext, Direction } from '../analyzer.ts';
import type { HttpMessage, HttpRequest } from '../kit/http-message.ts';
import type { Block } from './block.ts';
import type { http2Fields } from './fields.ts';
import type { FrameListener } from './frame-reader.ts';
import { FRAME_HEADER_BYTES } from './frames.ts';
import { HeaderList } from './header-list.ts';
import { Http2Message, Http2Request, Http2Response, statusOf } from './message.ts';
import type { Stream } from './stream.ts';
import { Streams } from './streams.ts';

const UPGRADED_STREAM = 1;
const RESET_FRAME_BYTES = FRAME_HEADER_BYTES + 4;
/** Says nothing. */
const NO_HEADERS = new HeaderList();

export class Connection implements FrameListener {
  readonly #context: AnalyzerContext<typeof http2Fields>;
  readonly #streams: Streams;

  constructor(context: AnalyzerContext<typeof http2Fields>) {
    this.#context = context;
    this.#streams = new Streams(context);
  }

  /** The connection began as HTTP/1: what that asked for is answered on stream 1. Source: RFC 7540 section 3.2. */
  upgrade(request: HttpRequest): void {
    const stream = this.#streams.open(UPGRADED_STREAM);
    if (stream === undefined) return;
    stream.request = request;
    stream.endUs = request.endUs;
  }

  tick(tsUs: number): void {
    this.#streams.tick(tsUs);
  }

  close(): void {
    this.#streams.close();
  }

  onHeaders(direction: Direction, block: Block, list: HeaderList, tsUs: number): void {
    // A PUSH_PROMISE is a request that the server makes.
    const side = block.targetId === block.streamId ? direction : 0;
    const stream = side === 0 ? this.#readRequest(block, list) : this.#readResponse(block, list);
    if (stream === undefined) return;
    stream.touch(side, tsUs);
    if (block.endsStream) this.#streams.finish(stream, side);
  }

  onDataBegin(direction: Direction, streamId: number, framingBytes: number, tsUs: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    // The headers of the answer were lost, but not the number of its request.
    if (direction === 1 && stream.response === undefined) this.#beginResponse(stream, NO_HEADERS, true, tsUs);
    const message = stream.message(direction);
    if (message !== undefined) message.bytes += framingBytes;
    stream.touch(direction, tsUs);
  }

  onContent(direction: Direction, streamId: number, bytes: Uint8Array, at: number, end: number, tsUs: number): void {
    const stream = this.#streams.get(streamId);
    const message = stream?.message(direction);
    if (stream === undefined || message === undefined) return;
    message.bytes += end - at;
    message.addBody(bytes, at, end);
    stream.touch(direction, tsUs);
  }

  onContentLost(direction: Direction, streamId: number, lengthBytes: number, tsUs: number): void {
    const stream = this.#streams.get(streamId);
    const message = stream?.message(direction);
    if (stream === undefined || message === undefined) return;
    message.bytes += lengthBytes;
    message.addGap(lengthBytes);
    stream.touch(direction, tsUs);
  }

  onEndStream(direction: Direction, streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#streams.finish(stream, direction);
  }

  onReset(direction: Direction, streamId: number, code: number, tsUs: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    stream.bytes += RESET_FRAME_BYTES;
    this.#streams.reset(stream, direction, code, tsUs);
  }

  onGoAway(direction: Direction, lastId: number, code: number, tsUs: number): void {
    this.#streams.refuse(direction, lastId, code, tsUs);
  }

  onLost(direction: Direction): void {
    this.#streams.lose(direction);
  }

  /** @returns its stream; undefined when that is not known, or reported already */
  #readRequest(block: Block, list: HeaderList): Stream | undefined {
    const known = this.#streams.get(block.targetId);
    if (known?.request !== undefined) return this.#addTrailers(known, known.request, block, list);
    // Without a method or a path they are the trailers of a request that was not seen.
    const stream = list.isRequest ? (known ?? this.#streams.open(block.targetId)) : undefined;
    if (stream === undefined) return undefined;
    const hasBody = !block.endsStream && list.value(':method') !== 'CONNECT';
    stream.request = new Http2Request(list, hasBody, block.beginUs, this.#context);
    this.#begin(stream.request, block.frameBytes);
    return stream;
  }

  /** @returns as {@link #readRequest} */
  #readResponse(block: Block, list: HeaderList): Stream | undefined {
    const known = this.#streams.get(block.targetId);
    if (known?.response !== undefined) return this.#addTrailers(known, known.response, block, list);
    const status = statusOf(list);
    if (status >= 100 && status < 200) return addInterim(known, block);
    // Without a status they are the trailers of an answer that was not seen.
    const stream = known ?? (status > 0 ? this.#streams.open(block.targetId) : undefined);
    if (stream === undefined) return undefined;
    const hasBody = !block.endsStream && stream.request?.method !== 'CONNECT';
    const response = this.#beginResponse(stream, list, hasBody, block.beginUs);
    response.bytes += block.frameBytes;
    return stream;
  }

  #beginResponse(stream: Stream, list: HeaderList, hasBody: boolean, beginUs: number): Http2Response {
    const response = new Http2Response(list, hasBody, beginUs, this.#context);
    stream.response = response;
    this.#begin(response, 0);
    return response;
  }

  #begin(message: HttpMessage, frameBytes: number): void {
    message.bytes += frameBytes;
    if (!this.#context.hold(message.heldBytes)) message.strip();
  }

  #addTrailers(stream: Stream, message: HttpMessage, block: Block, list: HeaderList): Stream {
    message.bytes += block.frameBytes;
    if (!(message instanceof Http2Message)) return stream;
    const keeps = message.addTrailers(list);
    if (!this.#context.hold(keeps)) message.dropTrailers();
    return stream;
  }
}

/** Source: RFC 9110 section 15.2. */
function addInterim(stream: Stream | undefined, block: Block): Stream | undefined {
  if (stream !== undefined) stream.bytes += block.frameBytes;
  return stream;
}
