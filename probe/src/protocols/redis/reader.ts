// warm. Values of RESP2 and RESP3, read piece by piece as they come: nothing long is kept.
// Source: https://redis.io/docs/latest/develop/reference/protocol-spec and the RESP3 specification (antirez/RESP3).
import { LOST } from '../analyzer.ts';
import { Kept } from '../kit/kept.ts';
import * as resp from './resp.ts';

/** Aggregates in one another: replies of COMMAND DOCS, the deepest there are, have 9. */
const DEPTH_LIMIT = 32;

/** Takes the parts of one value in their order. */
export interface ValueSink {
  /** An aggregate of `count` elements (pairs of a map) begins; -1 when their number is not known. */
  open(type: number, count: number): void;
  close(type: number): void;
  /** @param bytes lent
   *  @param at where the first bytes of the string, as many as were kept, start
   *  @param lengthBytes all that it had */
  scalar(type: number, bytes: Uint8Array, at: number, end: number, lengthBytes: number): void;
  none(): void;
}

interface Level {
  readonly type: number;
  /** Elements to come; below 0 when their number is not known. */
  left: number;
}

export class Reader {
  /** The value is complete. */
  done = false;
  readonly #isRequests: boolean;
  readonly #levels: Level[] = [];
  #limitBytes: number;
  /** The string that is being read: its type, what is kept of it, bytes that went by and, if counted, those to come. */
  #type = resp.NONE;
  #kept: Kept | undefined;
  #lengthBytes = 0;
  #leftBytes = resp.NONE;
  /** Bytes of the CRLF behind a counted string that are to come. */
  #endBytes = 0;
  #isStreamed = false;
  #lastByte = 0;

  /** @param isRequests reads commands: arrays of bulk strings, and lines
   *  @param limitBytes of a string in pieces that are kept */
  constructor(isRequests: boolean, limitBytes: number) {
    this.#isRequests = isRequests;
    this.#limitBytes = limitBytes;
  }

  /** Ready for a new value; what was being read is forgotten. */
  begin(limitBytes: number): void {
    this.#limitBytes = limitBytes;
    this.done = false;
    this.#levels.length = 0;
    this.#type = resp.NONE;
    this.#kept = undefined;
    this.#leftBytes = resp.NONE;
    this.#endBytes = 0;
    this.#isStreamed = false;
  }

  /** Keeps no more of the strings than `limitBytes`. */
  limit(limitBytes: number): void {
    this.#limitBytes = limitBytes;
    if (this.#kept === undefined) return;
    const { bytes } = this.#kept;
    this.#kept = new Kept(limitBytes);
    this.#kept.add(bytes, 0, bytes.length);
  }

  /** Reads on until the value is complete or the bytes end.
   *  @returns bytes consumed, or LOST when they are no value */
  read(bytes: Uint8Array, sink: ValueSink): number {
    let at = 0;
    while (at < bytes.length && !this.done) {
      const consumed = this.#step(bytes, at, sink);
      if (consumed === LOST) return LOST;
      if (consumed === 0) break;
      at += consumed;
    }
    return at;
  }

  /** @returns whether `lengthBytes` lost bytes end inside the string that is being read */
  skip(lengthBytes: number): boolean {
    if (this.#leftBytes < lengthBytes) return false;
    this.#kept?.close();
    this.#take(lengthBytes);
    return true;
  }

  #step(bytes: Uint8Array, at: number, sink: ValueSink): number {
    if (this.#endBytes > 0) return this.#readStringEnd(bytes, at, sink);
    if (this.#leftBytes > 0) return this.#readString(bytes, at);
    if (this.#isStreamed) return this.#readPartLength(bytes, at, sink);
    if (this.#type !== resp.NONE) return this.#readLine(bytes, at, sink);
    return this.#readStart(bytes, at, sink);
  }

  #readStart(bytes: Uint8Array, at: number, sink: ValueSink): number {
    const type = bytes[at] ?? 0;
    if (this.#isRequests && type !== (this.#levels.length === 0 ? resp.ARRAY : resp.BULK_STRING)) {
      if (this.#levels.length > 0) return LOST;
      this.#type = resp.INLINE;
      return this.#readLine(bytes, at, sink);
    }
    switch (type) {
      case resp.SIMPLE_STRING:
      case resp.SIMPLE_ERROR:
      case resp.INTEGER:
      case resp.DOUBLE:
      case resp.BIG_NUMBER:
      case resp.BOOLEAN:
      case resp.NULL:
        this.#type = type;
        return 1 + this.#readLine(bytes, at + 1, sink);
      case resp.BULK_STRING:
      case resp.VERBATIM_STRING:
      case resp.BULK_ERROR:
        return this.#readLength(bytes, at, type, sink);
      case resp.ARRAY:
      case resp.MAP:
      case resp.SET:
      case resp.PUSH:
      case resp.ATTRIBUTE:
        return this.#readCount(bytes, at, type, sink);
      case resp.STREAMED_END:
        return this.#readStreamedEnd(bytes, at, sink);
      default:
        return LOST;
    }
  }

  /** A string without a length ends with its line. One that lies here whole is not copied. */
  #readLine(bytes: Uint8Array, at: number, sink: ValueSink): number {
    const newline = bytes.indexOf(resp.LF, at);
    const end = newline < 0 ? bytes.length : newline;
    if (newline < 0 || this.#kept !== undefined) this.#keep(bytes, at, end);
    if (newline < 0) return end - at;
    if (this.#kept !== undefined) this.#finishKept(sink, this.#lastByte === resp.CR ? 1 : 0);
    else this.#finish(sink, bytes, at, newline > at && bytes[newline - 1] === resp.CR ? newline - 1 : newline);
    return newline + 1 - at;
  }

  #readLength(bytes: Uint8Array, at: number, type: number, sink: ValueSink): number {
    const length = resp.lengthAt(bytes, at + 1);
    if (length === resp.CUT) return 0;
    if (length === resp.BAD) return LOST;
    const from = bytes.indexOf(resp.LF, at) + 1;
    if (length === resp.NONE) {
      sink.none();
      this.#endValue(sink);
      return from - at;
    }
    this.#type = type;
    if (length === resp.STREAMED) {
      this.#isStreamed = true;
      return from - at;
    }
    const end = from + length;
    if (end + 2 <= bytes.length && bytes[end] === resp.CR && bytes[end + 1] === resp.LF) {
      this.#finish(sink, bytes, from, end);
      return end + 2 - at;
    }
    this.#beginCounted(length);
    return from - at;
  }

  #readPartLength(bytes: Uint8Array, at: number, sink: ValueSink): number {
    if (bytes[at] !== resp.STREAMED_PART) return LOST;
    const length = resp.lengthAt(bytes, at + 1);
    if (length === resp.CUT) return 0;
    if (length < 0) return LOST;
    if (length === 0) this.#finishKept(sink, 0);
    else this.#beginCounted(length);
    return bytes.indexOf(resp.LF, at) + 1 - at;
  }

  #beginCounted(lengthBytes: number): void {
    this.#leftBytes = lengthBytes;
    this.#endBytes = lengthBytes === 0 ? 2 : 0;
    this.#kept ??= new Kept(this.#limitBytes);
  }

  #readString(bytes: Uint8Array, at: number): number {
    const takes = Math.min(bytes.length - at, this.#leftBytes);
    this.#kept?.add(bytes, at, at + takes);
    this.#take(takes);
    return takes;
  }

  #take(lengthBytes: number): void {
    this.#leftBytes -= lengthBytes;
    this.#lengthBytes += lengthBytes;
    if (this.#leftBytes === 0) this.#endBytes = 2;
  }

  #readStringEnd(bytes: Uint8Array, at: number, sink: ValueSink): number {
    if (bytes[at] !== (this.#endBytes === 2 ? resp.CR : resp.LF)) return LOST;
    this.#endBytes -= 1;
    if (this.#endBytes > 0) return 1;
    this.#leftBytes = resp.NONE;
    if (!this.#isStreamed) this.#finishKept(sink, 0);
    return 1;
  }

  #readCount(bytes: Uint8Array, at: number, type: number, sink: ValueSink): number {
    const count = resp.lengthAt(bytes, at + 1);
    if (count === resp.CUT) return 0;
    if (count === resp.BAD || this.#levels.length >= DEPTH_LIMIT) return LOST;
    const lengthBytes = bytes.indexOf(resp.LF, at) + 1 - at;
    if (count === resp.NONE) {
      sink.none();
      this.#endValue(sink);
      return lengthBytes;
    }
    sink.open(type, Math.max(resp.NONE, count));
    this.#levels.push({ type, left: type === resp.MAP || type === resp.ATTRIBUTE ? count * 2 : count });
    if (count === 0) this.#endLevel(sink);
    return lengthBytes;
  }

  #readStreamedEnd(bytes: Uint8Array, at: number, sink: ValueSink): number {
    const level = this.#levels.at(-1);
    const newline = bytes.indexOf(resp.LF, at);
    if (level === undefined || level.left >= 0) return LOST;
    if (newline < 0) return bytes.length - at > 2 ? LOST : 0;
    this.#endLevel(sink);
    return newline + 1 - at;
  }

  #keep(bytes: Uint8Array, at: number, end: number): void {
    this.#kept ??= new Kept(this.#limitBytes);
    this.#kept.add(bytes, at, end);
    this.#lengthBytes += end - at;
    if (end > at) this.#lastByte = bytes[end - 1] ?? 0;
  }

  /** @param extraBytes at the end that are not the string's */
  #finishKept(sink: ValueSink, extraBytes: number): void {
    const kept = this.#kept?.bytes ?? new Uint8Array(0);
    const lengthBytes = this.#lengthBytes - extraBytes;
    this.#emit(sink, kept, 0, Math.min(kept.length, lengthBytes), lengthBytes);
  }

  #finish(sink: ValueSink, bytes: Uint8Array, at: number, end: number): void {
    this.#emit(sink, bytes, at, end, end - at);
  }

  #emit(sink: ValueSink, bytes: Uint8Array, at: number, end: number, lengthBytes: number): void {
    const type = this.#type;
    this.#type = resp.NONE;
    this.#kept = undefined;
    this.#lengthBytes = 0;
    this.#isStreamed = false;
    this.#lastByte = 0;
    if (type === resp.NULL) sink.none();
    else sink.scalar(type, bytes, at, end, lengthBytes);
    this.#endValue(sink);
  }

  #endValue(sink: ValueSink): void {
    const level = this.#levels.at(-1);
    if (level === undefined) this.done = true;
    else if (level.left > 0) {
      level.left -= 1;
      if (level.left === 0) this.#endLevel(sink);
    }
  }

  /** An attribute goes before the value that counts. */
  #endLevel(sink: ValueSink): void {
    const level = this.#levels.pop();
    if (level === undefined) return;
    sink.close(level.type);
    if (level.type !== resp.ATTRIBUTE) this.#endValue(sink);
  }
}
