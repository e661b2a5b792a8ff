import type { Protocol } from '../analyzer.ts';
import { DnsAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { dnsFields } from './fields.ts';

/** DNS over UDP and TCP, and the two that share its wire format: multicast DNS and LLMNR. */
export const dns: Protocol<typeof dnsFields> = {
  id: 'dns',
  title: 'DNS',
  portTitles: { 5353: 'MDNS', 5355: 'LLMNR' },
  spec: ['RFC 1035', 'RFC 3597', 'RFC 4034', 'RFC 4795', 'RFC 6762', 'RFC 6891', 'RFC 9460'],
  transports: ['udp', 'tcp'],
  ports: [53, 5353, 5355],
  fields: dnsFields,
  detect,
  resync,
  open: context => new DnsAnalyzer(context),
};
