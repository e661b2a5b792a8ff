// cold. The exchange that is reported, out of a request and its response.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { Exchange } from '../analyzer.ts';
import type { httpFields } from './http-fields.ts';
import type { HttpRequest, HttpResponse } from './http-message.ts';

type HttpFields = typeof httpFields;
type Fields = { -readonly [K in keyof RecordOf<HttpFields>]: RecordOf<HttpFields>[K] };

/** @param request undefined when it was not seen
 *  @param response undefined when there was none */
export function httpExchange(
  request: HttpRequest | undefined,
  response: HttpResponse | undefined,
): Exchange<HttpFields> {
  const fields: Fields = {};
  if (request !== undefined) addRequest(fields, request);
  if (response !== undefined) addResponse(fields, response);
  if (request !== undefined && response !== undefined && response.beginUs >= request.endUs)
    fields.HTTP_RESPONSE = (response.beginUs - request.endUs) / 1000;
  const errors = errorsOf(request, response);
  if (errors.length > 0) fields.ERR = errors;
  return {
    beginUs: request?.beginUs ?? response?.beginUs ?? 0,
    endUs: Math.max(request?.endUs ?? 0, response?.endUs ?? 0),
    bytes: (request?.bytes ?? 0) + (response?.bytes ?? 0),
    summary: `${request?.method ?? '?'} ${request?.url ?? '?'} ${statusText(response)}`,
    fields,
  };
}

/** `-` stands for no answer, `?` for one whose status was not seen. */
const statusText = (response: HttpResponse | undefined): string =>
  response === undefined ? '-' : String(response.status || '?');

function addRequest(fields: Fields, request: HttpRequest): void {
  fields.METHOD = request.method;
  fields.URL = request.url;
  fields.HTTP_VERSION = request.version;
  if (request.domain !== '') fields.DOMAIN = request.domain;
  if (request.agent !== '') fields.USER_AGENT = request.agent;
  if (request.forward !== '') fields.FORWARD = request.forward;
  if (request.trace !== '') fields.TRACE_ID = request.trace;
  if (request.contentType !== '') fields.CONTENTTYPE = request.contentType;
  if (request.headers !== '') fields.REQ_HEADER = request.headers;
  if (request.trailers !== '') fields.REQ_TRAILER = request.trailers;
  if (request.bodyBytes > 0) fields.REQ_BODY_BYTES = request.bodyBytes;
  const { text, cut } = request.content();
  if (text !== undefined) fields.REQ_BODY = text;
  if (cut || request.headersCut) fields.TRUNCATED = 1;
}

function addResponse(fields: Fields, response: HttpResponse): void {
  if (response.status > 0) fields.RETCODE = response.status;
  fields.PAGELOAD = (response.endUs - response.beginUs) / 1000;
  fields.HTTP_VERSION ??= response.version;
  if (response.contentType !== '') fields.CONTENTTYPE = response.contentType;
  if (response.headers !== '') fields.RSP_HEADER = response.headers;
  if (response.trailers !== '') fields.RSP_TRAILER = response.trailers;
  if (response.bodyBytes > 0) fields.RSP_BODY_BYTES = response.bodyBytes;
  const { text, cut } = response.content();
  if (text !== undefined) fields.RSP_BODY = text;
  if (cut || response.headersCut) fields.TRUNCATED = 1;
}

function errorsOf(request: HttpRequest | undefined, response: HttpResponse | undefined): readonly string[] {
  if (request === undefined) return ['no_request', ...(response?.errors ?? [])];
  if (response === undefined) return [...request.errors, 'no_response'];
  return response.errors.length === 0 ? request.errors : [...new Set([...request.errors, ...response.errors])];
}
