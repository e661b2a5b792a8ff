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
/** Blocks that are kept to be filled again: what is written and what is filled meanwhile, 1 MB. A fresh one for each
 *  64 KiB would wait for the garbage collector, 10 to 20 MB of them at 12,000 records a second. */
const MOST_SPARES = 16;
/** Most bytes of one UTF-16 unit as UTF-8. */
const UNIT_BYTES = 3;

export class LineBlocks {
  #full: Buffer[] = [];
  #block: Buffer | undefined;
  #at = 0;
  /** Blocks that were written, to be filled again. */
  readonly #spares: ArrayBufferLike[] = [];
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
    for (const { buffer } of blocks)
      if (buffer.byteLength === BLOCK_BYTES && this.#spares.length < MOST_SPARES) this.#spares.push(buffer);
  }

  #room(bytes: number): Buffer {
    if (this.#block !== undefined && this.#block.length - this.#at >= bytes) return this.#block;
    this.#close();
    const spare = bytes <= BLOCK_BYTES ? this.#spares.pop() : undefined;
    this.#block = spare === undefined ? Buffer.allocUnsafeSlow(Math.max(bytes, BLOCK_BYTES)) : Buffer.from(spare);
    return this.#block;
  }

  #close(): void {
    if (this.#block !== undefined && this.#at > 0) this.#full.push(this.#block.subarray(0, this.#at));
    this.#block = undefined;
    this.#at = 0;
  }
}
