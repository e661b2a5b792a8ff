// cold. The exchange that is reported, out of a stream.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { Exchange } from '../analyzer.ts';
import { httpExchange } from '../kit/http-record.ts';
import type { http2Fields } from './fields.ts';
import { isGrpc } from './grpc.ts';
import { UNSEEN } from './hpack-table.ts';
import { Http2Request } from './message.ts';
import type { Stream } from './stream.ts';

type Http2Fields = typeof http2Fields;
type Fields = { -readonly [K in keyof RecordOf<Http2Fields>]: RecordOf<Http2Fields>[K] };

export function http2Exchange(stream: Stream): Exchange<Http2Fields> {
  const { request, response } = stream;
  const { fields: httpFields, ...base } = httpExchange(request, response);
  const fields: Fields = { ...httpFields, HTTP2_STREAM: stream.id };
  if (stream.isPushed) fields.PUSHED = 1;
  addGrpc(fields, stream);
  const grpcError = response?.grpcStatus?.error;
  const errors = [...(fields.ERR ?? []), ...stream.errors, ...(grpcError === undefined ? [] : [grpcError])];
  if (errors.length > 0) fields.ERR = errors;
  return {
    ...base,
    endUs: Math.max(base.endUs, stream.endUs),
    bytes: base.bytes + stream.bytes,
    summary: summaryOf(stream, errors),
    fields,
  };
}

/** `*` at the end marks headers that were not all seen. */
function summaryOf({ request, response }: Stream, errors: readonly string[]): string {
  const seen = (text: string | undefined) => (text === undefined || text === UNSEEN ? '?' : text);
  const status = response === undefined ? '-' : response.status || '?';
  const mark = errors.includes('unseen_headers') ? ' *' : '';
  return `${seen(request?.method)} ${seen(request?.url)} ${status}${mark}`;
}

function addGrpc(fields: Fields, { request, response }: Stream): void {
  if (!isGrpc(request?.contentType ?? '') && !isGrpc(response?.contentType ?? '')) return;
  const [, service, method] = /^\/(.+)\/([^/]+)$/.exec(request?.url ?? '') ?? [];
  if (service !== undefined) fields.GRPC_SERVICE = service;
  if (method !== undefined) fields.GRPC_METHOD = method;
  if (response?.grpcStatus !== undefined) fields.GRPC_STATUS = response.grpcStatus.code;
  const sent = request instanceof Http2Request ? request.grpc : undefined;
  if (sent !== undefined && !sent.isLost) {
    fields.GRPC_REQ_MSGS = sent.messages;
    fields.GRPC_REQ_MSG_BYTES = sent.messageBytes;
  }
  const answered = response?.grpc;
  if (answered === undefined || answered.isLost) return;
  fields.GRPC_RSP_MSGS = answered.messages;
  fields.GRPC_RSP_MSG_BYTES = answered.messageBytes;
}
