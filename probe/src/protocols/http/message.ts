// warm. One request or response: what is kept of it until its exchange is complete.
import { isAscii } from 'node:buffer';
import type { AnalyzerContext } from '../analyzer.ts';
import { Kept } from '../kit/kept.ts';
import { characterEnd, latin1, utf8 } from '../kit/text.ts';
import type { BodySink } from './body.ts';
import { CODING_OVERHEAD_BYTES, mayBeText } from './content.ts';
import { BAD_LENGTH, type Head, NO_LENGTH } from './head.ts';

/** Up to this size a header block becomes one string, of which all values are slices: one native call, not ten. */
const ONE_STRING_BYTES = 4096;

export class Message implements BodySink {
  readonly beginUs: number;
  endUs = 0;
  /** Payload bytes, framing included. */
  bytes = 0;
  bodyBytes = 0;
  /** All of it was read, or its rest is known to be lost. */
  done = false;
  /** What ERR says of it. */
  readonly errors: string[] = [];
  readonly minor: number;
  headers: string;
  headersCut: boolean;
  readonly contentType: string;
  readonly coding: string;
  /** The beginning of the body; undefined when it is not asked for or no text. */
  kept: Kept | undefined;
  /** What it keeps at most, to be asked of `hold`. */
  heldBytes: number;

  /** @param bytes lent; the header block starts at 0
   *  @param text the same block */
  constructor(bytes: Uint8Array, text: HeadText, head: Head, beginUs: number, context: AnalyzerContext) {
    const headersEnd = Math.min(head.linesEnd, head.linesAt + context.bodyLen);
    this.beginUs = beginUs;
    this.minor = head.minor;
    this.headersCut = headersEnd < head.linesEnd;
    this.headers = text.slice(
      head.linesAt,
      this.headersCut ? characterEnd(bytes, head.linesAt, headersEnd) : headersEnd,
    );
    this.contentType = text.slice(head.typeAt, head.typeEnd);
    this.coding = text.slice(head.codingAt, head.codingEnd);
    const bodyBytes = this.coding === '' ? context.bodyLen : context.bodyLen + CODING_OVERHEAD_BYTES;
    const wantsBody = context.bodies && bodyBytes > 0 && hasBody(head) && mayBeText(this.contentType);
    this.heldBytes = head.end + (wantsBody ? bodyBytes : 0);
    this.kept = wantsBody ? new Kept(bodyBytes) : undefined;
    if (head.transferCoded && head.lengthBytes !== NO_LENGTH) this.errors.push('both_lengths');
    else if (head.lengthBytes === BAD_LENGTH) this.errors.push('bad_length');
  }

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

const hasBody = (head: Head): boolean => head.lengthBytes > 0 || head.chunked || head.status !== 0;

/** A header block as text: ASCII (nearly always) in one string, otherwise slice by slice as UTF-8. */
export class HeadText {
  readonly #bytes: Uint8Array;
  readonly #whole: string | undefined;

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#whole = end <= ONE_STRING_BYTES && isAscii(bytes.subarray(0, end)) ? latin1(bytes, 0, end) : undefined;
  }

  slice(at: number, end: number): string {
    if (end === 0 || end <= at) return '';
    return this.#whole === undefined ? utf8(this.#bytes, at, end) : this.#whole.slice(at, end);
  }
}

export class Request extends Message {
  readonly method: string;
  readonly url: string;
  readonly domain: string;
  readonly agent: string;
  readonly forward: string;
  readonly trace: string;

  constructor(bytes: Uint8Array, text: HeadText, head: Head, beginUs: number, context: AnalyzerContext) {
    super(bytes, text, head, beginUs, context);
    this.method = text.slice(0, head.methodEnd);
    this.url = text.slice(head.targetAt, head.targetEnd);
    this.domain = hostOfTarget(this.url) || text.slice(head.hostAt, head.hostEnd);
    this.agent = text.slice(head.agentAt, head.agentEnd);
    this.forward =
      forwardedClient(text.slice(head.forwardedAt, head.forwardedEnd)) ||
      hostOf(firstOf(text.slice(head.forAt, head.forEnd)));
    this.trace = traceIdOf(text.slice(head.traceAt, head.traceEnd));
  }
}

export class Response extends Message {
  readonly status: number;
  readonly request: Request | undefined;

  constructor(
    bytes: Uint8Array,
    text: HeadText,
    head: Head,
    beginUs: number,
    context: AnalyzerContext,
    request: Request | undefined,
  ) {
    super(bytes, text, head, beginUs, context);
    this.status = head.status;
    this.request = request;
  }
}

/** The host of an absolute target outweighs the Host header. Source: RFC 9112 section 3.2.2. */
const hostOfTarget = (url: string): string =>
  url.startsWith('/') ? '' : (/^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#]*@)?([^/?#]*)/i.exec(url)?.[1] ?? '');

const firstOf = (list: string): string => (list === '' ? '' : (list.split(',', 1)[0] ?? '').trim());

/** Source: RFC 7239 section 4. */
const forwardedClient = (value: string): string =>
  value === '' ? '' : hostOf(/(?:^|;)\s*for="?([^";]*)/i.exec(firstOf(value))?.[1] ?? '');

/** @returns the address without a port: `[::1]:80`, `10.0.0.1:80` and bare ones */
const hostOf = (text: string): string =>
  text === '' ? '' : (/^\[([^\]]*)\]/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text);

/** Source: W3C Trace Context, section 3.2. */
const traceIdOf = (value: string): string =>
  value === '' ? '' : (/^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/.exec(value)?.[1] ?? '');
