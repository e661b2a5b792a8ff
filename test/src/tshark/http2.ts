// cold. HTTP/2 streams, and gRPC on them, as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { all, counted, type Field, type Layer, shown } from './pdml.ts';

const DATA = 0;
const HEADERS = 1;
const PUSH_PROMISE = 5;
const CONTINUATION = 9;

type Headers = Map<string, string>;

interface Message {
  readonly headers: Headers;
  readonly trailers: Headers;
  /** The block that is being read. */
  current: Headers;
  bodyBytes: number;
}

interface Stream {
  readonly talk: string;
  readonly id: number;
  readonly begin: string;
  readonly request: Message;
  readonly response: Message;
}

export const http2Judge: Judge = {
  layers: ['http2'],
  claims(layers) {
    const streams = new Map<string, Stream>();
    for (const layer of layers) {
      for (const frame of all(layer, 'http2.stream')) take(streams, layer, frame);
    }
    return [...streams.values()].map(claimOf);
  },
  nameOf: ({ HTTP_VERSION, HTTP2_STREAM }) => (HTTP_VERSION === '2' ? `stream ${HTTP2_STREAM}` : undefined),
};

function take(streams: Map<string, Stream>, layer: Layer, frame: Field): void {
  const type = counted(frame, 'http2.type');
  if (type === undefined || ![DATA, HEADERS, PUSH_PROMISE, CONTINUATION].includes(type)) return;
  const isPromise = all(frame, 'http2.push_promise.promised_stream_id').length > 0;
  const id = counted(frame, isPromise ? 'http2.push_promise.promised_stream_id' : 'http2.streamid') ?? 0;
  const stream = streamOf(streams, layer, id);
  const message = layer.fromClient || isPromise ? stream.request : stream.response;
  if (type === DATA) message.bodyBytes += dataBytes(frame);
  const headers = headersOf(frame);
  if (headers.get(':status')?.startsWith('1')) return;
  if (type === HEADERS && message.headers.size > 0) message.current = message.trailers;
  const target = message.current;
  for (const [name, value] of headers) target.set(name, value);
}

function streamOf(streams: Map<string, Stream>, { talk, begin }: Layer, id: number): Stream {
  const key = `${talk} ${id}`;
  const message = (): Message => {
    const headers = new Map();
    return { headers, trailers: new Map(), current: headers, bodyBytes: 0 };
  };
  const stream = streams.get(key) ?? { talk, id, begin, request: message(), response: message() };
  streams.set(key, stream);
  return stream;
}

/** The frame without its padding. */
function dataBytes(frame: Field): number {
  const length = counted(frame, 'http2.length') ?? 0;
  return counted(frame, 'http2.flags.padded') === 1 ? length - 1 - (counted(frame, 'http2.pad_length') ?? 0) : length;
}

const headersOf = (frame: Field): Headers =>
  new Map(
    all(frame, 'http2.header').map(header => [
      shown(header, 'http2.header.name') ?? '',
      shown(header, 'http2.header.value') ?? '',
    ]),
  );

function claimOf({ id, begin, request, response }: Stream): Claim {
  const status = response.headers.get(':status');
  const grpcStatus = response.trailers.get('grpc-status') ?? response.headers.get('grpc-status');
  return {
    name: `stream ${id}`,
    facts: {
      BEGIN_TIME: begin,
      METHOD: request.headers.get(':method'),
      URL: request.headers.get(':path'),
      DOMAIN: request.headers.get(':authority') ?? request.headers.get('host'),
      USER_AGENT: request.headers.get('user-agent'),
      REQ_HEADER: linesOf(request.headers),
      RETCODE: status === undefined ? undefined : Number(status),
      CONTENTTYPE: response.headers.get('content-type') ?? request.headers.get('content-type'),
      RSP_HEADER: linesOf(response.headers),
      RSP_TRAILER: linesOf(response.trailers),
      REQ_BODY_BYTES: request.bodyBytes || undefined,
      RSP_BODY_BYTES: response.bodyBytes || undefined,
      GRPC_STATUS: grpcStatus === undefined ? undefined : Number(grpcStatus),
    },
  };
}

const linesOf = (headers: Headers): string | undefined =>
  [...headers]
    .filter(([name]) => !name.startsWith(':'))
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n') || undefined;
