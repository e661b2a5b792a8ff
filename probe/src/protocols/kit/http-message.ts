// warm. One HTTP request or response, whatever the version: what is kept of it until its exchange is complete.
import type { AnalyzerContext } from '../analyzer.ts';
import { CODING_OVERHEAD_BYTES, mayBeText } from './http-content.ts';
import { Kept } from './kept.ts';

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
  /** The beginning of the body; undefined when it is not asked for or no text. */
  kept: Kept | undefined;
  /** What it keeps at most, to be asked of `hold`. */
  heldBytes: number;

  constructor(head: HttpHead, beginUs: number, context: Pick<AnalyzerContext, 'bodyLen' | 'bodies'>) {
    this.beginUs = beginUs;
    this.version = head.version;
    this.headers = head.headers;
    this.headersCut = head.headersCut;
    this.contentType = head.contentType;
    this.coding = head.coding;
    const bodyBytes = this.coding === '' ? context.bodyLen : context.bodyLen + CODING_OVERHEAD_BYTES;
    const wantsBody = context.bodies && bodyBytes > 0 && head.hasBody && mayBeText(this.contentType);
    this.heldBytes = head.headBytes + (wantsBody ? bodyBytes : 0);
    this.kept = wantsBody ? new Kept(bodyBytes) : undefined;
  }

  /** @param bytes lent; the content lies between the offsets */
  addBody(bytes: Uint8Array, at: number, end: number): void {
    this.bodyBytes += end - at;
    this.kept?.add(bytes, at, end);
  }

  /** There is no room to keep it: what it says beyond its values is left out. */
  strip(): void {
    this.headersCut = true;
    this.headers = '';
    this.kept = undefined;
    this.heldBytes = 0;
  }

  addError(error: string): void {
    if (!this.errors.includes(error)) this.errors.push(error);
  }

  /** Lost bytes that belong to it. */
  addGap(lengthBytes: number): void {
    this.bodyBytes += lengthBytes;
    this.kept?.close();
    this.addError('lost_bytes');
  }
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
