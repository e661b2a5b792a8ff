import type { Protocol } from '../analyzer.ts';
import { httpFields } from '../kit/http-fields.ts';
import { HttpAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';

/** HTTP/1.0 and 1.1. What follows CONNECT or a switch of protocols is handed over, but for a WebSocket. */
export const http: Protocol<typeof httpFields> = {
  id: 'http',
  title: 'HTTP',
  spec: ['RFC 9110', 'RFC 9112', 'RFC 7239', 'W3C Trace Context'],
  transports: ['tcp'],
  ports: [80, 8080, 8000, 8081, 3000, 3128, 5000, 9200],
  fields: httpFields,
  detect,
  resync,
  open: context => new HttpAnalyzer(context),
};
