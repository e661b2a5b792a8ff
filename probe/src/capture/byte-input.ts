/** warm. Where the bytes of a capture file come from: a plain file is read in place, anything else (a pipe, standard
 *  input, a compressed file) arrives in pieces. */
import { closeSync, readSync } from 'node:fs';
import { within } from './timing.ts';

/** `read` says: nothing follows. */
export const END = -1;

export interface ByteInput {
  /** Copies what is there into `target` from `at` on.
   *  @returns bytes copied, 0 when nothing is there yet, END when nothing follows */
  read(target: Uint8Array, at: number): number;
  /** Resolves when `read` may return something else than 0, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
  /** Why the input ended before its time; empty when it ended well. */
  readonly problem: string;
  close(): void;
}

/** A regular file. */
export class FileInput implements ByteInput {
  problem = '';
  readonly #fd: number;
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  read(target: Uint8Array, at: number): number {
    if (this.#closed) return END;
    try {
      return readSync(this.#fd, target, at, target.length - at, null) || END;
    } catch (error) {
      this.problem = (error as Error).message;
      return END;
    }
  }

  /** Lets timers and sockets have their turn: a file is always ready. */
  wait(): Promise<void> {
    return new Promise(resolve => setImmediate(resolve));
  }

  close(): void {
    if (!this.#closed) closeSync(this.#fd);
    this.#closed = true;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** Pieces of bytes as they come; holds one at a time and asks for the next when it has been read. */
export class ChunkInput implements ByteInput {
  problem = '';
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk = NOTHING;
  #at = 0;
  #done = false;
  #pull: Promise<void> | undefined;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  read(target: Uint8Array, at: number): number {
    if (this.#at === this.#chunk.length) return this.#done ? END : 0;
    const part = this.#chunk.subarray(this.#at, this.#at + target.length - at);
    target.set(part, at);
    this.#at += part.length;
    return part.length;
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#done || this.#at < this.#chunk.length) return;
    this.#pull ??= this.#next();
    await within(this.#pull, timeoutMs);
  }

  close(): void {
    this.#take(NOTHING);
    this.#done = true;
    this.#chunks.return?.().catch(() => {});
  }

  #take(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  async #next(): Promise<void> {
    try {
      const { done, value } = await this.#chunks.next();
      if (done) this.#done = true;
      else if (!this.#done) this.#take(value);
    } catch (error) {
      this.problem = (error as Error).message;
      this.#done = true;
    }
    this.#pull = undefined;
  }
}
