// warm. One request or response of HTTP/2, out of its header list.
import type { AnalyzerContext } from '../analyzer.ts';
import { type HttpHead, HttpMessage, type HttpRequest, type HttpResponse } from '../kit/http-message.ts';
import { forwardedClient, traceIdOf } from '../kit/http-values.ts';
import { GrpcCounter, type GrpcStatus, isGrpc, readStatus } from './grpc.ts';
import type { HeaderList } from './header-list.ts';
import { UNSEEN } from './hpack-table.ts';

type Context = Pick<AnalyzerContext, 'bodyLen' | 'bodies' | 'bodyTypes' | 'redactor'>;

export class Http2Message extends HttpMessage {
  /** Undefined where the call is no gRPC. */
  readonly grpc: GrpcCounter | undefined;

  /** @param list read out here; its text was limited to `bodyLen`
   *  @param hasBody DATA may follow */
  constructor(list: HeaderList, hasBody: boolean, beginUs: number, context: Context) {
    super(headOf(list, hasBody), beginUs, context);
    this.grpc = isGrpc(this.contentType) ? new GrpcCounter() : undefined;
    this.#noteGaps(list);
  }

  /** Fields that came after the body.
   *  @returns what is kept of them, to be asked of `hold` */
  addTrailers(list: HeaderList): number {
    const { text, isCut } = list.text();
    this.keepTrailers(text);
    this.headersCut ||= isCut;
    this.heldBytes += this.trailers.length;
    this.#noteGaps(list);
    return this.trailers.length;
  }

  /** There is no room to keep them. */
  dropTrailers(): void {
    this.heldBytes -= this.trailers.length;
    this.trailers = '';
    this.headersCut = true;
  }

  override addBody(bytes: Uint8Array, at: number, end: number): void {
    super.addBody(bytes, at, end);
    this.grpc?.read(bytes, at, end);
  }

  override addGap(lengthBytes: number): void {
    super.addGap(lengthBytes);
    this.grpc?.skip(lengthBytes);
  }

  #noteGaps(list: HeaderList): void {
    if (list.hasUnseen) this.addError('unseen_headers');
    if (list.isCut) this.addError('header_limit');
  }
}

function headOf(list: HeaderList, hasBody: boolean): HttpHead {
  const { text, isCut } = list.text();
  return {
    version: '2',
    headers: text,
    headersCut: isCut,
    contentType: list.value('content-type'),
    coding: list.value('content-encoding'),
    hasBody,
    headBytes: text.length + list.valuesLength,
  };
}

export class Http2Request extends Http2Message implements HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly domain: string;
  readonly agent: string;
  readonly forward: string;
  readonly trace: string;

  constructor(list: HeaderList, hasBody: boolean, beginUs: number, context: Context) {
    super(list, hasBody, beginUs, context);
    this.method = list.value(':method') || UNSEEN;
    // CONNECT has no path: its target is the authority. Source: RFC 9113 section 8.5.
    const target = list.value(':path') || (this.method === 'CONNECT' && list.value(':authority')) || UNSEEN;
    this.url = context.redactor.url(target);
    this.domain = list.value(':authority') || list.value('host');
    this.agent = list.value('user-agent');
    this.forward = forwardedClient(list.value('forwarded'), list.value('x-forwarded-for'));
    this.trace = traceIdOf(list.value('traceparent'));
  }
}

export class Http2Response extends Http2Message implements HttpResponse {
  readonly status: number;
  /** Known when the call is over; undefined where it is no gRPC. */
  grpcStatus: GrpcStatus | undefined;

  constructor(list: HeaderList, hasBody: boolean, beginUs: number, context: Context) {
    super(list, hasBody, beginUs, context);
    this.status = statusOf(list);
    if (this.status === 0) this.addError('unseen_headers');
    this.#readStatus(list);
  }

  override addTrailers(list: HeaderList): number {
    this.#readStatus(list);
    return super.addTrailers(list);
  }

  #readStatus(list: HeaderList): void {
    this.grpcStatus ??= readStatus(list.value('grpc-status'), list.value('grpc-message'));
  }
}

/** @returns 0 when it was not seen */
export const statusOf = (list: HeaderList): number => {
  const text = list.value(':status');
  return /^\d{3}$/.test(text) ? Number(text) : 0;
};
