/** hot. The part of a capture file that is in memory: one buffer, filled again and again, records read in place. */
import { type ByteInput, END } from './byte-input.ts';

/** The longest frame handed over: what libpcap calls MAXIMUM_SNAPLEN. */
export const MAX_FRAME_BYTES = 256 * 1024;
/** Holds the longest frame with its header and options, and reads files in pieces that make system calls cheap. */
const WINDOW_BYTES = 512 * 1024;
/** A record longer than this is damage, not a frame: skipping it would swallow the file. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

export class FileWindow {
  readonly bytes = new Uint8Array(WINDOW_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  /** Unread bytes are those from `at` to `end`. */
  at = 0;
  end = 0;
  /** True once the input has nothing more. */
  ended = false;
  readonly #input: ByteInput;
  /** Offset in the file of the buffer's first byte. */
  #base = 0;
  #toSkip = 0;

  constructor(input: ByteInput) {
    this.#input = input;
  }

  /** Offset in the file of the byte at `at`, and of the first byte that was not there. */
  get offset(): number {
    return this.#base + this.at;
  }

  get endOffset(): number {
    return this.#base + this.end;
  }

  /** True when the file ended inside a record. */
  get cut(): boolean {
    return this.at < this.end || this.#toSkip > 0;
  }

  /** Keeps the unread bytes and reads more behind them.
   *  @returns true when there are more than before; false when nothing is there yet, or the file ended: see `ended` */
  fill(): boolean {
    this.#keepUnread();
    const got = this.#input.read(this.bytes, this.end);
    if (got === END) this.ended = true;
    if (got <= 0) return false;
    this.end += got;
    this.skip(0);
    return true;
  }

  /** Passes over `lengthBytes`, those not read yet included. */
  skip(lengthBytes: number): void {
    const wanted = this.#toSkip + lengthBytes;
    const here = Math.min(wanted, this.end - this.at);
    this.at += here;
    this.#toSkip = wanted - here;
  }

  #keepUnread(): void {
    this.bytes.copyWithin(0, this.at, this.end);
    this.#base += this.at;
    this.end -= this.at;
    this.at = 0;
  }
}
