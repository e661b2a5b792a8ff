// warm. One HTTP request or response, whatever the version: what is kept of it until its exchange is complete.
import type { AnalyzerContext } from '../analyzer.ts';
import { dataUrl, isMedia } from './body-types.ts';
import type { Content } from './http-charset.ts';
import { codedBytes, textOf, undoCodings } from './http-content.ts';
import { boundaryOf, Multipart } from './http-multipart.ts';
import { Kept } from './kept.ts';
import { characterEnd, utf8 } from './text.ts';

type Context = Pick<AnalyzerContext, 'bodyLen' | 'bodies' | 'bodyTypes' | 'redactor'>;

/** What a header block says of any message. */
export interface HttpHead {
  /** `1.0`, `1.1`, `2`. */
  readonly version: string;
  /** Header lines, cut at `bodyLen`. */
  readonly headers: string;
  readonly headersCut: boolean;
  /** Values of single headers; empty without them. */
  readonly contentType: string;
  readonly coding: string;
  /** A body may follow. */
  readonly hasBody: boolean;
  /** What the block's texts take, at most. */
  readonly headBytes: number;
}

export class HttpMessage {
  readonly beginUs: number;
  endUs = 0;
  /** Payload bytes, framing included. */
  bytes = 0;
  bodyBytes = 0;
  /** All of it was read, or its rest is known to be lost. */
  done = false;
  /** What ERR says of it. */
  readonly errors: string[] = [];
  readonly version: string;
  headers: string;
  headersCut: boolean;
  /** Lines after the body. */
  trailers = '';
  readonly contentType: string;
  readonly coding: string;
  /** What it keeps at most, to be asked of `hold`. */
  heldBytes: number;
  /** The beginning of the body; undefined when it is not asked for or no text. */
  #kept: Kept | undefined;
  /** Instead of that, where the body has several parts. */
  #parts: Multipart | undefined;
  readonly #context: Context;

  constructor(head: HttpHead, beginUs: number, context: Context) {
    this.#context = context;
    this.beginUs = beginUs;
    this.version = head.version;
    this.headers = context.redactor.headers(head.headers);
    this.headersCut = head.headersCut;
    this.contentType = head.contentType;
    this.coding = head.coding;
    this.heldBytes = head.headBytes;
    if (context.bodies && context.bodyLen > 0 && head.hasBody && context.bodyTypes.keeps(this.contentType))
      this.#keepBody();
  }

  /** Whether what comes of the body matters, beyond its length. */
  get keepsBody(): boolean {
    return this.#parts !== undefined || this.#kept?.isFull === false;
  }

  /** @param bytes lent; the content lies between the offsets */
  addBody(bytes: Uint8Array, at: number, end: number): void {
    this.bodyBytes += end - at;
    this.#kept?.add(bytes, at, end);
    this.#parts?.add(bytes, at, end);
  }

  /** @returns the body as text, as far as it is asked for; secrets are replaced. Asked for once */
  content(): Content {
    const { bodyLen, bodyTypes, redactor } = this.#context;
    if (this.bodyBytes === 0) return NO_CONTENT;
    if (this.#parts !== undefined) return listOf(this.#parts, bodyLen);
    const kept = this.#kept?.bytes ?? NO_BYTES;
    const decoded = kept.length === 0 ? undefined : undoCodings(kept, this.coding);
    if (decoded === undefined) return NO_CONTENT;
    const isWhole = kept.length === this.bodyBytes && this.done;
    if (/^multipart\//i.test(this.contentType)) return this.#list(decoded, isWhole);
    const { text, cut } = textOf(decoded, this.contentType, isWhole, bodyLen);
    if (text !== undefined && !isMedia(this.contentType)) return { text: redactor.body(text, this.contentType), cut };
    if (!bodyTypes.isWanted(this.contentType)) return NO_CONTENT;
    const url = dataUrl(this.contentType, decoded.subarray(0, bodyLen));
    return { text: url, cut: !isWhole || decoded.length > bodyLen };
  }

  /** @param lines after the body */
  protected keepTrailers(lines: string): void {
    this.trailers = this.#context.redactor.headers(lines);
  }

  /** What comes is not the continuation of the body: nothing more is kept. */
  closeBody(): void {
    this.#kept?.close();
    if (this.#parts !== undefined) this.#parts.skip(0);
  }

  /** There is no room to keep it: what it says beyond its values is left out. */
  strip(): void {
    this.headersCut = true;
    this.headers = '';
    this.#kept = undefined;
    this.#parts = undefined;
    this.heldBytes = 0;
  }

  /** The parts of a multipart body that was compressed; without a boundary it cannot be told what is in it. */
  #list(decoded: Uint8Array, isWhole: boolean): Content {
    const { bodyLen } = this.#context;
    const boundary = boundaryOf(this.contentType);
    if (boundary === undefined) return NO_CONTENT;
    const parts = new Multipart(boundary, this.#context);
    parts.add(decoded, 0, decoded.length);
    parts.isCut ||= !isWhole;
    return listOf(parts, bodyLen);
  }

  #keepBody(): void {
    const { bodyLen } = this.#context;
    const boundary = this.coding === '' ? boundaryOf(this.contentType) : undefined;
    if (boundary !== undefined) {
      this.#parts = new Multipart(boundary, this.#context);
      this.heldBytes += Multipart.heldBytes(bodyLen);
      return;
    }
    const keptBytes = codedBytes(this.coding, bodyLen);
    this.#kept = new Kept(keptBytes);
    this.heldBytes += keptBytes;
  }

  addError(error: string): void {
    if (!this.errors.includes(error)) this.errors.push(error);
  }

  /** Lost bytes that belong to it. */
  addGap(lengthBytes: number): void {
    this.bodyBytes += lengthBytes;
    this.#kept?.close();
    this.#parts?.skip(lengthBytes);
    this.addError('lost_bytes');
  }
}

const NO_CONTENT: Content = { text: undefined, cut: false };

const NO_BYTES = new Uint8Array(0);

function listOf(parts: Multipart, limitBytes: number): Content {
  const bytes = Buffer.from(parts.text());
  const end = bytes.length <= limitBytes ? bytes.length : characterEnd(bytes, 0, limitBytes);
  return { text: utf8(bytes, 0, end), cut: parts.isCut || end < bytes.length };
}

export interface HttpRequest extends HttpMessage {
  readonly method: string;
  /** The request target. */
  readonly url: string;
  /** Empty where the request does not say. */
  readonly domain: string;
  readonly agent: string;
  readonly forward: string;
  readonly trace: string;
}

/** @param gift what HTTP/1 left to HTTP/2 */
export const isHttpRequest = (gift: unknown): gift is HttpRequest => gift instanceof HttpMessage && 'method' in gift;

export interface HttpResponse extends HttpMessage {
  /** 0 when it was not seen. */
  readonly status: number;
}
