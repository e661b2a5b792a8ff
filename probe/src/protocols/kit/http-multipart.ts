// warm. Lists the parts of a multipart body while it passes by: names, file names, types and sizes; the text of those
// that are no files. Source: RFC 2046 section 5.1, RFC 7578.
import type { AnalyzerContext } from '../analyzer.ts';
import { dataUrl, isMedia } from './body-types.ts';
import { Kept } from './kept.ts';
import { characterEnd, isText, utf8 } from './text.ts';

/** A part's header lines together; browsers and mail programs stay far below. */
const HEAD_LIMIT_BYTES = 4096;
/** RFC 2046 allows 70. */
const BOUNDARY_LIMIT = 200;
const BLANK_LINE = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** @returns the boundary of a multipart type; undefined when it is none, or has no usable one */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\//i.test(contentType)) return undefined;
  const [, quoted, plain] = /boundary\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain ?? '';
  return boundary === '' || boundary.length > BOUNDARY_LIMIT ? undefined : boundary;
}

interface Part {
  readonly name: string;
  readonly file: string | undefined;
  readonly type: string;
  bytes: number;
  /** Undefined for a file, or what is no text, unless it is asked for. */
  readonly kept: Kept | undefined;
}

type Context = Pick<AnalyzerContext, 'bodyLen' | 'bodyTypes' | 'redactor'>;
type Phase = 'head' | 'content' | 'over';

export class Multipart {
  /** Something was left out of the list. */
  isCut = false;
  readonly #delimiter: Buffer;
  readonly #context: Context;
  #list = '';
  /** The first boundary may stand at the very beginning; what comes before it belongs to no part. */
  #carry: Buffer = Buffer.from('\r\n');
  #phase: Phase = 'content';
  #part: Part | undefined;

  /** @param context its `bodyLen`: bytes of a part's text that are kept, and about the length of the list */
  constructor(boundary: string, context: Context) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    this.#context = context;
  }

  /** Bytes that it holds at most, the list included. */
  static heldBytes(limit: number): number {
    return 2 * limit + 2 * HEAD_LIMIT_BYTES;
  }

  /** @param bytes lent; the body goes on between the offsets */
  add(bytes: Uint8Array, at: number, end: number): void {
    if (this.#phase === 'over') return;
    const fresh = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at);
    const read = this.#carry.length === 0 ? fresh : Buffer.concat([this.#carry, fresh]);
    this.#carry = NOTHING;
    let from = 0;
    for (let next = from; next >= 0; ) {
      from = next;
      next = this.#phase === 'content' ? this.#readContent(read, from) : this.#readHead(read, from);
    }
  }

  /** Lost bytes: parts may have begun and ended in them. */
  skip(lengthBytes: number): void {
    this.isCut = true;
    this.#carry = NOTHING;
    if (this.#part === undefined) return;
    this.#part.bytes += lengthBytes;
    this.#part.kept?.close();
  }

  /** @returns one line for each part, secrets replaced */
  text(): string {
    if (this.#phase !== 'over') this.isCut = true;
    this.#endPart();
    return this.#list.trimEnd();
  }

  /** @returns where to go on; -1 when the rest was read, or waits for more */
  #readContent(read: Buffer, from: number): number {
    const found = read.indexOf(this.#delimiter, from);
    const end = found < 0 ? this.#possibleDelimiter(read, from) : found;
    this.#addContent(read, from, end);
    if (found < 0) {
      this.#carry = Buffer.from(read.subarray(end));
      return -1;
    }
    this.#endPart();
    this.#phase = 'head';
    return found + this.#delimiter.length;
  }

  /** @returns where the delimiter may begin whose rest is still to come */
  #possibleDelimiter(read: Buffer, from: number): number {
    const first = Math.max(from, read.length - this.#delimiter.length + 1);
    for (let at = read.indexOf(0x0d, first); at >= 0; at = read.indexOf(0x0d, at + 1))
      if (this.#delimiter.subarray(0, read.length - at).equals(read.subarray(at))) return at;
    return read.length;
  }

  /** Behind a delimiter: `--` ends the body, a line end begins a part. */
  #readHead(read: Buffer, from: number): number {
    const blank = read.indexOf(BLANK_LINE, from);
    const isEnd = read.subarray(from, from + 2).equals(Buffer.from('--'));
    if (isEnd || (blank < 0 && read.length - from > HEAD_LIMIT_BYTES)) {
      this.isCut ||= !isEnd;
      this.#phase = 'over';
      return -1;
    }
    if (blank < 0) {
      this.#carry = Buffer.from(read.subarray(from));
      return -1;
    }
    this.#part = this.#beginPart(utf8(read, from, Math.min(blank, from + HEAD_LIMIT_BYTES)));
    this.#phase = 'content';
    return blank + BLANK_LINE.length;
  }

  #beginPart(lines: string): Part {
    const type = firstMatch(lines, /^content-type:[ \t]*([^\r\n;]*)/im);
    const file = /\bfilename\*?=/i.test(lines) ? firstMatch(lines, FILE_NAME) : undefined;
    const { bodyLen, bodyTypes } = this.#context;
    const isKept = file === undefined ? bodyTypes.keeps(type) : bodyTypes.isWanted(type);
    return { name: firstMatch(lines, NAME), file, type, bytes: 0, kept: isKept ? new Kept(bodyLen) : undefined };
  }

  #addContent(read: Buffer, from: number, end: number): void {
    if (this.#part === undefined) return;
    this.#part.bytes += end - from;
    this.#part.kept?.add(read, from, end);
  }

  #endPart(): void {
    const part = this.#part;
    this.#part = undefined;
    if (part === undefined) return;
    if (this.#list.length >= this.#context.bodyLen) this.isCut = true;
    else this.#list += `${this.#describe(part)}\n`;
  }

  #describe({ name, file, type, bytes, kept }: Part): string {
    const told = [name, file === undefined ? '' : `"${file}"`, type, `${bytes} B`];
    const title = told.filter(Boolean).join(', ');
    const content = kept?.bytes ?? NOTHING;
    if (content.length === 0) return title;
    const isWhole = content.length === bytes;
    const text = this.#textOf(content, type, isWhole);
    if (text === undefined) return title;
    this.isCut ||= !isWhole;
    const { redactor } = this.#context;
    return `${title}: ${redactor.isSecret(name) ? redactor.named(name, text) : redactor.body(text, type)}`;
  }

  #textOf(content: Uint8Array, type: string, isWhole: boolean): string | undefined {
    if (!isMedia(type) && isText(content, 0, content.length))
      return utf8(content, 0, isWhole ? content.length : characterEnd(content, 0, content.length));
    return this.#context.bodyTypes.isWanted(type) ? dataUrl(type, content) : undefined;
  }
}

const NAME = /\bname="?([^"\r\n;]*)/i;
const FILE_NAME = /\bfilename\*?="?([^"\r\n;]*)/i;

const firstMatch = (lines: string, pattern: RegExp): string => (pattern.exec(lines)?.[1] ?? '').trim();
