/** cold. Records as lines of text into a file descriptor: NDJSON for programs, watch lines for people. */
import { writev, writevSync } from 'node:fs';
import { promisify } from 'node:util';
import type { OutputRecord } from '../records/record.ts';
import { Counters } from './counters.ts';
import { countLines, LineBlocks } from './line-blocks.ts';
import type { Sink } from './sink.ts';

const writevAsync = promisify(writev);

/** A live probe holds so much for a slow reader and then drops lines: about 5,000 records with bodies. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** A live probe that can wait, with its last records, does so from here on. */
const CONGESTED_BYTES = MAX_QUEUED_BYTES / 2;
/** A person who watches sees a line at once; a program gets blocks. */
const FLUSH_MS = 100;
/** How long to wait for a reader that shares a non-blocking pipe with us. */
const RETRY_MS = 5;

export interface LineSinkOptions {
  readonly fd: number;
  /** @returns one line without its end, or undefined for a record that is not to be written */
  readonly format: (record: OutputRecord, summary: string | undefined) => string | undefined;
  /** True: waits for the reader instead of dropping, as a file that is read can wait. */
  readonly lossless: boolean;
  /** The reader went away. */
  readonly onClosed: () => void;
}

/** Format for programs: one JSON object with plain field names. */
export const formatJson = (record: OutputRecord): string => JSON.stringify(record);

export class LineSink implements Sink {
  readonly #options: LineSinkOptions;
  readonly #counters = new Counters();
  readonly #blocks = new LineBlocks();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(options: LineSinkOptions) {
    this.#options = options;
  }

  write(record: OutputRecord, summary?: string): boolean {
    const line = this.#options.format(record, summary);
    if (line === undefined) return true;
    if (this.#closed || this.#blocks.bytes > MAX_QUEUED_BYTES) return this.#refuse();
    this.#blocks.add(line);
    if (this.#options.lossless) {
      if (this.#blocks.isFull) this.#writeNow();
    } else if (this.#writing === undefined) {
      if (this.#blocks.isFull) this.#startWriting();
      else this.#timer ??= setTimeout(() => this.#startWriting(), FLUSH_MS);
    }
    return true;
  }

  /** A lossless sink has waited for its reader already. */
  congestion(): Promise<void> | undefined {
    if (this.#options.lossless || this.#closed || this.#blocks.bytes < CONGESTED_BYTES) return undefined;
    this.#startWriting();
    return this.#writing;
  }

  async close(): Promise<void> {
    if (this.#options.lossless) this.#writeNow();
    else this.#startWriting();
    await this.#writing;
    this.#closed = true;
  }

  stats(): { readonly [name: string]: number } {
    return this.#counters.snapshot();
  }

  #refuse(): false {
    this.#counters.add(this.#closed ? 'dropped.closed' : 'dropped.queue_full');
    return false;
  }

  #writeNow(): void {
    const { lines } = this.#blocks;
    const blocks = this.#blocks.takeAll();
    let left = blocks;
    while (left.length > 0 && !this.#closed) {
      try {
        left = this.#behind(left, writevSync(this.#options.fd, left));
      } catch (error) {
        if (this.#survives(error)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
    this.#wrote(lines, left);
    this.#blocks.giveBack(blocks);
  }

  #startWriting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#blocks.bytes > 0 && !this.#closed) this.#startWriting();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#blocks.bytes > 0 && !this.#closed) {
      // All at once: while packets come, the next write has to wait for a turn of the loop.
      const { lines } = this.#blocks;
      const blocks = this.#blocks.takeAll();
      let left = blocks;
      while (left.length > 0 && !this.#closed) {
        try {
          left = this.#behind(left, (await writevAsync(this.#options.fd, left)).bytesWritten);
        } catch (error) {
          if (this.#survives(error)) await new Promise(resolve => setTimeout(resolve, RETRY_MS));
        }
      }
      this.#wrote(lines, left);
      this.#blocks.giveBack(blocks);
    }
  }

  /** @param left of `lines` lines, when the reader has gone: what waits behind them is lost too */
  #wrote(lines: number, left: readonly Buffer[]): void {
    const cut = countLines(left);
    if (lines > cut) this.#counters.add('sent', lines - cut);
    const lost = this.#closed ? cut + this.#blocks.lines : 0;
    if (lost > 0) this.#counters.add('dropped.closed', lost);
  }

  #behind(blocks: readonly Buffer[], bytes: number): readonly Buffer[] {
    this.#counters.add('bytes', bytes);
    return behind(blocks, bytes);
  }

  /** @returns true when the write is to be tried again */
  #survives(error: unknown): boolean {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return true;
    this.#closed = true;
    if (code !== 'EPIPE') throw error;
    this.#options.onClosed();
    return false;
  }
}

/** @returns what is left of the blocks behind so many bytes */
function behind(blocks: readonly Buffer[], bytes: number): readonly Buffer[] {
  let rest = bytes;
  const at = blocks.findIndex(({ length }) => {
    const isPart = rest < length;
    if (!isPart) rest -= length;
    return isPart;
  });
  return at < 0 ? [] : [blocks[at]!.subarray(rest), ...blocks.slice(at + 1)];
}
