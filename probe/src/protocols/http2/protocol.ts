import type { Protocol } from '../analyzer.ts';
import { Http2Analyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { http2Fields } from './fields.ts';

/** HTTP/2 in clear text, and gRPC on it. */
export const http2: Protocol<typeof http2Fields> = {
  id: 'http2',
  title: 'HTTP',
  spec: ['RFC 9113', 'RFC 7541', 'RFC 9110', 'gRPC over HTTP2', 'W3C Trace Context'],
  transports: ['tcp'],
  ports: [80, 8080, 50051],
  fields: http2Fields,
  detect,
  resync,
  open: context => new Http2Analyzer(context),
};
