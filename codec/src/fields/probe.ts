import { defineFields } from '../fields.ts';

/** The probe's account of itself over one interval (`message-type` probe). Every way to lose something has a number
 *  here; what is 0 is left out only where the thing does not exist. */
export const probeFields = defineFields({
  probe_packets: { type: 'long', doc: 'Packets captured.' },
  probe_bytes: { type: 'long', unit: 'B', doc: 'Wire bytes of the packets captured.' },
  probe_dropped_kernel: { type: 'long', doc: 'Packets that the kernel dropped before the probe could read them.' },
  probe_dropped_ring: { type: 'long', doc: 'Packets lost because the ring was full.' },
  probe_flows: { type: 'long', doc: 'Conversations in the table now.' },
  probe_flows_created: { type: 'long', doc: 'Conversations begun.' },
  probe_flows_expired: { type: 'long', doc: 'Conversations that ended or went idle.' },
  probe_flows_evicted: { type: 'long', doc: 'Conversations pushed out because the table was full.' },
  'probe_records_*': { type: 'long', doc: 'Records made; the name ends in their kind: network, http, dns, ...' },
  'probe_parse_errors_*': { type: 'long', doc: 'Payload that did not parse; the name ends in the protocol.' },
  'probe_dropped_records_*': { type: 'long', doc: 'Records that were not sent; the name ends in the reason.' },
  probe_sent_datagrams: { type: 'long', doc: 'Datagrams sent.' },
  probe_sent_bytes: { type: 'long', unit: 'B', doc: 'Bytes of the datagrams sent.' },
  probe_send_errors: { type: 'long', doc: 'Datagrams that the system refused to send.' },
  probe_governor_level: { type: 'long', doc: 'How much is being shed to stay under the ceiling; 0 is nothing.' },
  probe_sample_rate: { type: 'long', doc: 'One conversation in so many is being looked at.' },
  probe_cpu: { type: 'double', unit: '%', doc: 'CPU time used; 100 is one CPU.' },
  probe_rss: { type: 'long', unit: 'B', doc: 'Memory held (resident).' },
  probe_session: { type: 'keyword', doc: 'Id of the envelope session, 8 hex digits.' },
  probe_last_seq: { type: 'long', doc: 'Sequence number of the last envelope sent.' },
  probe_config_version: { type: 'keyword', doc: 'Which configuration is in force.' },
});
