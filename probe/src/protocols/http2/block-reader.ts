// warm. Puts the header blocks of one direction together and decodes them.
import { type AnalyzerContext, LOST } from '../analyzer.ts';
import { Kept } from '../kit/kept.ts';
import { Block, type Fragment, fragmentOf } from './block.ts';
import { CONTINUATION, END_HEADERS, FRAME_HEADER_BYTES, type FrameHeader } from './frames.ts';
import { HeaderList } from './header-list.ts';
import { BLOCK_LIMIT_BYTES, HpackDecoder } from './hpack.ts';

/** One for all conversations. */
const list = new HeaderList();

export class BlockReader {
  readonly #context: AnalyzerContext;
  readonly #hpack = new HpackDecoder();
  /** Asked of `hold` for the dynamic table. */
  #tableBytes = 0;
  /** A block that goes on in CONTINUATION frames, and what is kept of it. */
  #open: Block | undefined;
  #kept = new Kept(BLOCK_LIMIT_BYTES);
  #keptBytes = 0;
  /** More came than is kept. */
  #isCut = false;

  constructor(context: AnalyzerContext) {
    this.#context = context;
    if (context.midStream) this.#hpack.lose();
  }

  /** The fields of the block that `read` returned, until it is called again. */
  get list(): HeaderList {
    return list;
  }

  /** Nothing may come between the frames of a block. Source: RFC 9113 section 4.3. */
  expect(header: FrameHeader): void {
    const isOpen = this.#open !== undefined;
    const goesOn = header.type === CONTINUATION && header.streamId === this.#open?.streamId;
    if (isOpen ? goesOn : header.type !== CONTINUATION) return;
    this.#context.parseError('continuation');
    this.lose();
  }

  /** Reads a HEADERS, PUSH_PROMISE or CONTINUATION frame.
   *  @param frame lent, the whole frame from 0
   *  @returns the block when this was its end; LOST when the frame makes no sense */
  read(header: FrameHeader, frame: Uint8Array, beginUs: number): Block | typeof LOST | undefined {
    const fragment = fragmentOf(header, frame, 0);
    if (fragment === undefined) return LOST;
    const isFirst = header.type !== CONTINUATION;
    const block = isFirst ? new Block(header, frame, beginUs) : this.#open;
    if (block === undefined) return undefined;
    block.frameBytes += FRAME_HEADER_BYTES + header.lengthBytes;
    const isLast = header.has(END_HEADERS);
    if (isFirst && isLast) this.#decode(frame, fragment);
    else this.#keep(block, frame, fragment, isLast);
    return isLast ? block : undefined;
  }

  /** A header block, or a part of it, was not read: the entries it made are not known. */
  lose(): void {
    this.#hpack.lose();
    this.#close();
    this.#balance();
  }

  #keep(block: Block, frame: Uint8Array, fragment: Fragment, isLast: boolean): void {
    const lengthBytes = fragment.end - fragment.at;
    this.#open = block;
    // A flood of CONTINUATION frames ends here (CVE-2024-27316).
    this.#isCut ||= this.#keptBytes + lengthBytes > BLOCK_LIMIT_BYTES || !this.#context.hold(lengthBytes);
    if (!this.#isCut) {
      this.#keptBytes += lengthBytes;
      this.#kept.add(frame, fragment.at, fragment.end);
    }
    if (!isLast) return;
    this.#decode(this.#kept.bytes, { at: 0, end: this.#keptBytes });
    this.#close();
  }

  #decode(bytes: Uint8Array, { at, end }: Fragment): void {
    list.clear(this.#context.bodyLen);
    const isWhole = this.#hpack.decode(bytes, at, end, list) && !this.#isCut;
    if (this.#isCut) list.isCut = true;
    if (!isWhole) this.#hpack.lose();
    if (!isWhole) list.hasUnseen = true;
    if (list.isCut) this.#context.parseError('header_limit');
    else if (!isWhole) this.#context.parseError('hpack');
    this.#balance();
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    this.#context.release(this.#keptBytes);
    this.#keptBytes = 0;
    this.#kept = new Kept(BLOCK_LIMIT_BYTES);
    this.#isCut = false;
  }

  /** Has what the table holds counted; without room it is forgotten. */
  #balance(): void {
    const moreBytes = this.#hpack.tableBytes - this.#tableBytes;
    if (moreBytes <= 0) this.#context.release(-moreBytes);
    else if (!this.#context.hold(moreBytes)) {
      this.#hpack.lose();
      this.#context.release(this.#tableBytes);
      this.#tableBytes = 0;
      return;
    }
    this.#tableBytes += moreBytes;
  }
}
