// warm. Where a body ends, and which of its bytes are content. Source: RFC 9112 sections 6 and 7.
import { LOST } from '../analyzer.ts';

/** Takes what is in a body, framing left out; the bytes are lent. */
export interface BodySink {
  addBody(bytes: Uint8Array, at: number, end: number): void;
  /** One line after the last chunk, without its line end. */
  addTrailer(bytes: Uint8Array, at: number, end: number): void;
}

/** A chunk-size line with extensions, or a trailer line, longer than this is no HTTP. */
const LINE_LIMIT_BYTES = 8192;
/** Hex digits of a chunk size that a number holds exactly. */
const SIZE_DIGITS = 13;

type Phase = 'done' | 'length' | 'size' | 'chunk' | 'chunk_end' | 'trailer' | 'until_close';

export class Body {
  phase: Phase = 'done';
  #leftBytes = 0;

  beginLength(lengthBytes: number): void {
    this.#leftBytes = lengthBytes;
    this.phase = lengthBytes > 0 ? 'length' : 'done';
  }

  beginChunks(): void {
    this.phase = 'size';
  }

  beginUntilClose(): void {
    this.phase = 'until_close';
  }

  /** @returns bytes consumed, or LOST when the chunks make no sense */
  read(bytes: Uint8Array, sink: BodySink): number {
    let at = 0;
    while (at < bytes.length && this.phase !== 'done') {
      const consumed = this.#step(bytes, at, sink);
      if (consumed === LOST) return LOST;
      if (consumed === 0) break;
      at += consumed;
    }
    return at;
  }

  /** @returns whether `lengthBytes` that are not seen end inside this body, at a known place; the place is then after them */
  skip(lengthBytes: number): boolean {
    if (this.phase === 'until_close') return true;
    if (this.phase !== 'length' && this.phase !== 'chunk') return false;
    if (lengthBytes > this.#leftBytes) return false;
    this.#take(lengthBytes);
    return true;
  }

  #step(bytes: Uint8Array, at: number, sink: BodySink): number {
    switch (this.phase) {
      case 'length':
      case 'chunk':
        return this.#readCounted(bytes, at, sink);
      case 'until_close':
        sink.addBody(bytes, at, bytes.length);
        return bytes.length - at;
      case 'size':
        return this.#readSize(bytes, at);
      case 'chunk_end':
        return this.#readChunkEnd(bytes, at);
      default:
        return this.#readTrailer(bytes, at, sink);
    }
  }

  #readCounted(bytes: Uint8Array, at: number, sink: BodySink): number {
    const takes = Math.min(bytes.length - at, this.#leftBytes);
    sink.addBody(bytes, at, at + takes);
    this.#take(takes);
    return takes;
  }

  #take(lengthBytes: number): void {
    this.#leftBytes -= lengthBytes;
    if (this.#leftBytes === 0) this.phase = this.phase === 'length' ? 'done' : 'chunk_end';
  }

  #readSize(bytes: Uint8Array, at: number): number {
    const newline = bytes.indexOf(0x0a, at);
    if (newline < 0) return bytes.length - at > LINE_LIMIT_BYTES ? LOST : 0;
    const size = chunkSize(bytes, at, newline);
    if (size < 0) return LOST;
    this.#leftBytes = size;
    this.phase = size === 0 ? 'trailer' : 'chunk';
    return newline + 1 - at;
  }

  #readChunkEnd(bytes: Uint8Array, at: number): number {
    if (bytes[at] === 0x0d) return 1;
    if (bytes[at] !== 0x0a) return LOST;
    this.phase = 'size';
    return 1;
  }

  #readTrailer(bytes: Uint8Array, at: number, sink: BodySink): number {
    const newline = bytes.indexOf(0x0a, at);
    if (newline < 0) return bytes.length - at > LINE_LIMIT_BYTES ? LOST : 0;
    const end = bytes[newline - 1] === 0x0d && newline > at ? newline - 1 : newline;
    if (end === at) this.phase = 'done';
    else sink.addTrailer(bytes, at, end);
    return newline + 1 - at;
  }
}

/** Only hexadecimal digits, and behind them an extension or blanks: what a server might read otherwise (`0x10`, `+5`) is
 *  not guessed at.
 *  @returns the number that starts the line, or -1 */
function chunkSize(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let i = at;
  for (; i < end; i++) {
    const digit = hexDigit(bytes[i] ?? 0);
    if (digit < 0) break;
    value = value * 16 + digit;
  }
  const isEnded = i === end || SIZE_ENDS.includes(bytes[i] ?? 0);
  return i === at || i - at > SIZE_DIGITS || !isEnded ? -1 : value;
}

/** CR, a blank, `;`. */
const SIZE_ENDS = [0x0d, 0x20, 0x09, 0x3b];

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
