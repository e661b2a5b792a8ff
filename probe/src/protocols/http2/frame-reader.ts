// warm. Reads the frames of one direction.
import { type AnalyzerContext, type Direction, LOST } from '../analyzer.ts';
import type { Block } from './block.ts';
import { BlockReader } from './block-reader.ts';
import { startsPreface } from './detect.ts';
import {
  CONTINUATION,
  DATA,
  END_STREAM,
  FRAME_HEADER_BYTES,
  FrameHeader,
  GOAWAY,
  HEADERS,
  PADDED,
  PREFACE,
  PUSH_PROMISE,
  RST_STREAM,
  readUint32,
} from './frames.ts';
import type { HeaderList } from './header-list.ts';
import { BLOCK_LIMIT_BYTES } from './hpack.ts';

/** What frames say, as it happens. */
export interface FrameListener {
  /** @param list valid until this returns */
  onHeaders(direction: Direction, block: Block, list: HeaderList, tsUs: number): void;
  /** A DATA frame begins. @param framingBytes its header and padding */
  onDataBegin(direction: Direction, streamId: number, framingBytes: number, tsUs: number): void;
  /** @param bytes lent; content of a DATA frame lies between the offsets */
  onContent(direction: Direction, streamId: number, bytes: Uint8Array, at: number, end: number, tsUs: number): void;
  /** So many bytes of a DATA frame's content were lost. */
  onContentLost(direction: Direction, streamId: number, lengthBytes: number, tsUs: number): void;
  /** A DATA frame was the last. */
  onEndStream(direction: Direction, streamId: number): void;
  onReset(direction: Direction, streamId: number, code: number, tsUs: number): void;
  onGoAway(direction: Direction, lastId: number, code: number, tsUs: number): void;
  /** Frames may be missing. */
  onLost(direction: Direction): void;
}

const RESET_BYTES = 4;
const GOAWAY_BYTES = 8;
/** A frame of a type that is not known is an extension; one larger than usual is rather no frame. */
const EXTENSION_LIMIT_BYTES = 16 * 1024;

/** One for all conversations. */
const header = new FrameHeader();

export class FrameReader {
  readonly #direction: Direction;
  readonly #context: AnalyzerContext;
  readonly #listener: FrameListener;
  readonly #blocks: BlockReader;
  /** Bytes that come next and do not matter: padding, frames that are not read. */
  #skipBytes = 0;
  /** Header and payload of a frame that is not all there. */
  #awaitedBytes = 0;
  /** Of the DATA frame that is being read: its stream (0: none is), content to come, padding behind it. */
  #dataStream = 0;
  #dataBytes = 0;
  #padBytes = 0;
  #endsStream = false;

  constructor(direction: Direction, context: AnalyzerContext, listener: FrameListener) {
    this.#direction = direction;
    this.#context = context;
    this.#listener = listener;
    this.#blocks = new BlockReader(context);
  }

  /** Reads at most one frame, or a part of it. @returns as {@link Analyzer.onData} */
  read(bytes: Uint8Array, tsUs: number, beginUs: number): number {
    this.#awaitedBytes = 0;
    if (this.#skipBytes > 0) return this.#skip(bytes.length);
    if (this.#dataStream > 0) return this.#readContent(bytes, tsUs);
    if (this.#direction === 0 && startsPreface(bytes, 0)) return bytes.length < PREFACE.length ? 0 : PREFACE.length;
    if (bytes.length < FRAME_HEADER_BYTES) return 0;
    header.read(bytes, 0);
    if (!header.isPossible()) return this.#misread('frame');
    this.#blocks.expect(header);
    return this.#readFrame(bytes, tsUs, beginUs);
  }

  /** @returns whether it knows what follows the lost bytes */
  skipLost(lengthBytes: number, tsUs: number): boolean {
    if (lengthBytes <= this.#skipBytes) this.#skip(lengthBytes);
    else if (this.#dataStream > 0 && lengthBytes <= this.#dataBytes) this.#loseContent(lengthBytes, tsUs);
    else return this.#loseFrames(lengthBytes);
    return true;
  }

  /** Gives back what it holds. */
  close(): void {
    this.#blocks.lose();
  }

  #readFrame(bytes: Uint8Array, tsUs: number, beginUs: number): number {
    switch (header.type) {
      case DATA:
        return this.#beginData(bytes, tsUs);
      case HEADERS:
      case PUSH_PROMISE:
      case CONTINUATION:
        return this.#readBlock(bytes, tsUs, beginUs);
      case RST_STREAM:
        if (!this.#isThere(bytes, RESET_BYTES)) return 0;
        this.#listener.onReset(this.#direction, header.streamId, readUint32(bytes, FRAME_HEADER_BYTES), tsUs);
        return FRAME_HEADER_BYTES + RESET_BYTES;
      case GOAWAY:
        if (!this.#isThere(bytes, GOAWAY_BYTES)) return 0;
        return this.#readGoAway(bytes, tsUs);
      default:
        return this.#pass();
    }
  }

  /** Whether the frame's header and so many bytes of its payload are there. */
  #isThere(bytes: Uint8Array, payloadBytes: number): boolean {
    const isThere = bytes.length >= FRAME_HEADER_BYTES + payloadBytes;
    if (!isThere) this.#awaitedBytes = FRAME_HEADER_BYTES + header.lengthBytes;
    return isThere;
  }

  /** The frame is not read. */
  #pass(): number {
    const isOdd = header.type > CONTINUATION && header.lengthBytes > EXTENSION_LIMIT_BYTES;
    if (isOdd) return this.#misread('frame');
    this.#skipBytes = header.lengthBytes;
    return FRAME_HEADER_BYTES;
  }

  #readGoAway(bytes: Uint8Array, tsUs: number): number {
    const lastId = readUint32(bytes, FRAME_HEADER_BYTES) % 2 ** 31;
    this.#listener.onGoAway(this.#direction, lastId, readUint32(bytes, FRAME_HEADER_BYTES + 4), tsUs);
    this.#skipBytes = header.lengthBytes - GOAWAY_BYTES;
    return FRAME_HEADER_BYTES + GOAWAY_BYTES;
  }

  #readBlock(bytes: Uint8Array, tsUs: number, beginUs: number): number {
    if (header.lengthBytes > BLOCK_LIMIT_BYTES) {
      this.#context.parseError('header_limit');
      this.#blocks.lose();
      return this.#pass();
    }
    if (!this.#isThere(bytes, header.lengthBytes)) return 0;
    const frameBytes = FRAME_HEADER_BYTES + header.lengthBytes;
    const block = this.#blocks.read(header, bytes, beginUs);
    if (block === LOST) return this.#misread('padding');
    if (block !== undefined) this.#listener.onHeaders(this.#direction, block, this.#blocks.list, tsUs);
    return frameBytes;
  }

  #beginData(bytes: Uint8Array, tsUs: number): number {
    const lengthFieldBytes = header.has(PADDED) ? 1 : 0;
    if (!this.#isThere(bytes, lengthFieldBytes)) return 0;
    const padBytes = lengthFieldBytes === 0 ? 0 : (bytes[FRAME_HEADER_BYTES] ?? 0);
    const contentBytes = header.lengthBytes - lengthFieldBytes - padBytes;
    if (contentBytes < 0) return this.#misread('padding');
    const consumed = FRAME_HEADER_BYTES + lengthFieldBytes;
    this.#dataStream = header.streamId;
    this.#dataBytes = contentBytes;
    this.#padBytes = padBytes;
    this.#endsStream = header.has(END_STREAM);
    this.#listener.onDataBegin(this.#direction, header.streamId, consumed + padBytes, tsUs);
    this.#endData();
    return consumed;
  }

  #readContent(bytes: Uint8Array, tsUs: number): number {
    const takes = Math.min(bytes.length, this.#dataBytes);
    this.#listener.onContent(this.#direction, this.#dataStream, bytes, 0, takes, tsUs);
    this.#dataBytes -= takes;
    this.#endData();
    return takes;
  }

  #loseContent(lengthBytes: number, tsUs: number): void {
    this.#listener.onContentLost(this.#direction, this.#dataStream, lengthBytes, tsUs);
    this.#dataBytes -= lengthBytes;
    this.#endData();
  }

  #endData(): void {
    if (this.#dataBytes > 0) return;
    const streamId = this.#dataStream;
    this.#dataStream = 0;
    this.#skipBytes = this.#padBytes;
    if (this.#endsStream) this.#listener.onEndStream(this.#direction, streamId);
  }

  #skip(availableBytes: number): number {
    const skips = Math.min(availableBytes, this.#skipBytes);
    this.#skipBytes -= skips;
    return skips;
  }

  /** Bytes that make no sense: the same as a loss. */
  #misread(reason: string): number {
    this.#context.parseError(reason);
    this.#loseFrames(0);
    return LOST;
  }

  /** @returns whether the loss ends inside the frame that was waited for: its length is known */
  #loseFrames(lengthBytes: number): boolean {
    const isInside = lengthBytes > 0 && lengthBytes <= this.#awaitedBytes;
    this.#skipBytes = isInside ? this.#awaitedBytes - lengthBytes : 0;
    this.#awaitedBytes = 0;
    this.#dataStream = 0;
    this.#blocks.lose();
    this.#listener.onLost(this.#direction);
    return isInside;
  }
}
