// warm. One request or response of HTTP/1, out of its header block.
import { isAscii } from 'node:buffer';
import type { AnalyzerContext } from '../analyzer.ts';
import { type HttpHead, HttpMessage, type HttpRequest, type HttpResponse } from '../kit/http-message.ts';
import { forwardedClient, hostOfTarget, traceIdOf } from '../kit/http-values.ts';
import { Kept } from '../kit/kept.ts';
import { characterEnd, latin1, utf8 } from '../kit/text.ts';
import type { BodySink } from './body.ts';
import { FAULTS, type Head } from './head.ts';

/** Up to this size a header block becomes one string, of which all values are slices: one native call, not ten. */
const ONE_STRING_BYTES = 4096;

export class Message extends HttpMessage implements BodySink {
  readonly #context: AnalyzerContext;
  #trailers: Kept | undefined;

  /** @param bytes lent; the header block starts at 0
   *  @param text the same block */
  constructor(bytes: Uint8Array, text: HeadText, head: Head, beginUs: number, context: AnalyzerContext) {
    super(headOf(bytes, text, head, context.bodyLen), beginUs, context);
    this.#context = context;
    if (head.faults === 0) return;
    for (const [name, bit] of Object.entries(FAULTS)) if ((head.faults & bit) !== 0) this.errors.push(name);
  }

  addTrailer(bytes: Uint8Array, at: number, end: number): void {
    const { bodyLen } = this.#context;
    this.#trailers ??= new Kept(bodyLen);
    this.headersCut ||= this.#trailers.bytes.length + end - at > bodyLen;
    this.#trailers.add(bytes, at, end);
    this.#trailers.add(LINE_END, 0, LINE_END.length);
  }

  /** All of its bytes went by. */
  finish(): void {
    const kept = this.#trailers?.bytes;
    this.#trailers = undefined;
    if (kept === undefined || !this.#context.hold(kept.length)) return;
    this.heldBytes += kept.length;
    this.keepTrailers(utf8(kept, 0, characterEnd(kept, 0, kept.length)).trimEnd());
  }
}

function headOf(bytes: Uint8Array, text: HeadText, head: Head, limitBytes: number): HttpHead {
  const end = Math.min(head.linesEnd, head.linesAt + limitBytes);
  const headersCut = end < head.linesEnd;
  return {
    version: `${head.major}.${head.minor}`,
    headers: text.slice(head.linesAt, headersCut ? characterEnd(bytes, head.linesAt, end) : end),
    headersCut,
    contentType: text.value(head.typeAt, head.typeEnd),
    coding: codingsOf(text, head),
    hasBody: hasBody(head),
    headBytes: head.end,
  };
}

/** Transfer codings are applied last. */
function codingsOf(text: HeadText, head: Head): string {
  const content = text.value(head.codingAt, head.codingEnd);
  const transfer = text.value(head.transferAt, head.transferEnd).replace(/[\s,]+$/, '');
  return content === '' || transfer === '' ? content + transfer : `${content}, ${transfer}`;
}

const LINE_END = Buffer.from('\r\n');

const hasBody = (head: Head): boolean => head.lengthBytes > 0 || head.transferCoded || head.status !== 0;

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

  /** One header's value, without the line ends where it was wrapped. */
  value(at: number, end: number): string {
    const value = this.slice(at, end);
    return value.includes('\n') ? value.replace(/\r?\n[ \t]*/g, ' ') : value;
  }
}

export class Request extends Message implements HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly domain: string;
  readonly agent: string;
  readonly forward: string;
  readonly trace: string;
  /** Value of Upgrade. */
  readonly upgrade: string;
  /** It asks whether to send its body. */
  readonly expects: boolean;

  constructor(bytes: Uint8Array, text: HeadText, head: Head, beginUs: number, context: AnalyzerContext) {
    super(bytes, text, head, beginUs, context);
    this.method = text.slice(0, head.methodEnd);
    this.url = context.redactor.url(text.slice(head.targetAt, head.targetEnd));
    this.expects = head.expects;
    this.upgrade = text.value(head.upgradeAt, head.upgradeEnd);
    this.domain = hostOfTarget(this.url) || text.value(head.hostAt, head.hostEnd);
    this.agent = text.value(head.agentAt, head.agentEnd);
    this.forward = forwardedClient(
      text.value(head.forwardedAt, head.forwardedEnd),
      text.value(head.forAt, head.forEnd),
    );
    this.trace = traceIdOf(text.value(head.traceAt, head.traceEnd));
  }
}

export class Response extends Message implements HttpResponse {
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
