// warm. One request or response of HTTP/1, out of its header block.
import { isAscii } from 'node:buffer';
import type { AnalyzerContext } from '../analyzer.ts';
import { type HttpHead, HttpMessage, type HttpRequest, type HttpResponse } from '../kit/http-message.ts';
import { forwardedClient, hostOfTarget, traceIdOf } from '../kit/http-values.ts';
import { characterEnd, latin1, utf8 } from '../kit/text.ts';
import type { BodySink } from './body.ts';
import { BAD_LENGTH, type Head, NO_LENGTH } from './head.ts';

/** Up to this size a header block becomes one string, of which all values are slices: one native call, not ten. */
const ONE_STRING_BYTES = 4096;

export class Message extends HttpMessage implements BodySink {
  /** @param bytes lent; the header block starts at 0
   *  @param text the same block */
  constructor(bytes: Uint8Array, text: HeadText, head: Head, beginUs: number, context: AnalyzerContext) {
    super(headOf(bytes, text, head, context.bodyLen), beginUs, context);
    if (head.transferCoded && head.lengthBytes !== NO_LENGTH) this.errors.push('both_lengths');
    else if (head.lengthBytes === BAD_LENGTH) this.errors.push('bad_length');
  }
}

function headOf(bytes: Uint8Array, text: HeadText, head: Head, limitBytes: number): HttpHead {
  const end = Math.min(head.linesEnd, head.linesAt + limitBytes);
  const headersCut = end < head.linesEnd;
  return {
    version: `1.${head.minor}`,
    headers: text.slice(head.linesAt, headersCut ? characterEnd(bytes, head.linesAt, end) : end),
    headersCut,
    contentType: text.slice(head.typeAt, head.typeEnd),
    coding: text.slice(head.codingAt, head.codingEnd),
    hasBody: hasBody(head),
    headBytes: head.end,
  };
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

export class Request extends Message implements HttpRequest {
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
    this.forward = forwardedClient(
      text.slice(head.forwardedAt, head.forwardedEnd),
      text.slice(head.forAt, head.forEnd),
    );
    this.trace = traceIdOf(text.slice(head.traceAt, head.traceEnd));
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
