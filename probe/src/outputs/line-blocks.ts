/** warm. Lines as blocks of bytes: each is encoded once, into the place that it is written from. */

/** @returns the lines that end in these blocks */
export function countLines(blocks: readonly Buffer[]): number {
  let lines = 0;
  for (const block of blocks)
    for (let end = block.indexOf(LINE_END); end >= 0; end = block.indexOf(LINE_END, end + 1)) lines += 1;
  return lines;
}

/** One write for many lines; a pipe takes 64 KiB at once. */
const BLOCK_BYTES = 64 * 1024;
const LINE_END = 0x0a;
/** Most bytes of one UTF-16 unit as UTF-8. */
const UNIT_BYTES = 3;

export class LineBlocks {
  #full: Buffer[] = [];
  #block: Buffer | undefined;
  #at = 0;
  /** A block that was written, to be filled again. */
  #spare: Buffer | undefined;
  #bytes = 0;
  #lines = 0;

  /** Lines that wait. */
  get lines(): number {
    return this.#lines;
  }

  /** What waits, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A whole block waits. */
  get isFull(): boolean {
    return this.#full.length > 0;
  }

  /** @param line without its end */
  add(line: string): void {
    const block = this.#room(line.length * UNIT_BYTES + 1);
    const end = this.#at + block.write(line, this.#at);
    block[end] = LINE_END;
    this.#bytes += end + 1 - this.#at;
    this.#at = end + 1;
    this.#lines += 1;
  }

  /** @returns what waits, oldest first, to be given back; nothing waits then */
  takeAll(): readonly Buffer[] {
    this.#close();
    const blocks = this.#full;
    this.#full = [];
    this.#bytes = 0;
    this.#lines = 0;
    return blocks;
  }

  /** @param blocks that were taken and are not used any more */
  giveBack(blocks: readonly Buffer[]): void {
    const block = blocks.find(({ buffer }) => buffer.byteLength === BLOCK_BYTES);
    if (block !== undefined) this.#spare = Buffer.from(block.buffer);
  }

  #room(bytes: number): Buffer {
    if (this.#block !== undefined && this.#block.length - this.#at >= bytes) return this.#block;
    this.#close();
    this.#block = bytes <= BLOCK_BYTES ? this.#spare : undefined;
    if (this.#block === undefined) this.#block = Buffer.allocUnsafeSlow(Math.max(bytes, BLOCK_BYTES));
    else this.#spare = undefined;
    return this.#block;
  }

  #close(): void {
    if (this.#block !== undefined && this.#at > 0) this.#full.push(this.#block.subarray(0, this.#at));
    this.#block = undefined;
    this.#at = 0;
  }
}
