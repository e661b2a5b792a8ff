import type { Protocol } from '../analyzer.ts';
import { TlsAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { tlsFields } from './fields.ts';

/** TLS handshakes over TCP, also those that begin with STARTTLS. What is encrypted afterwards is not looked at. */
export const tls: Protocol<typeof tlsFields> = {
  id: 'tls',
  title: 'TLS',
  spec: ['RFC 8446', 'RFC 5246', 'RFC 6066', 'RFC 7301', 'RFC 8701', 'JA3', 'JA4'],
  transports: ['tcp'],
  ports: [443, 8443, 993, 995, 465, 636, 853, 5671],
  fields: tlsFields,
  detect,
  resync,
  open: context => new TlsAnalyzer(context),
};
