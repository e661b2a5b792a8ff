import { defineFields } from '../fields.ts';

/** In every record. The first six are GELF's own; on the wire every other field of any table carries an underscore. */
export const commonFields = defineFields({
  host: { type: 'keyword', doc: 'Host name of the machine the probe runs on.' },
  short_message: { type: 'text', doc: 'The same as host; GELF wants the field.' },
  full_message: { type: 'text', doc: 'More text, where one line is not enough.' },
  timestamp: { type: 'double', unit: 's', doc: 'When the record ended, seconds since 1970 with milliseconds.' },
  level: { type: 'long', doc: 'Syslog severity, 0 (emergency) to 7 (debug).' },
  version: { type: 'keyword', doc: 'Version of GELF, always 1.1; written by the encoder.' },
  'message-type': { type: 'keyword', doc: 'comm: traffic. proc: host and processes. probe: the probe itself.' },
  PROBE_VER: { type: 'keyword', doc: 'Version of the probe that made the record.' },
  SYSTEM: { type: 'keyword', doc: 'Operating system and architecture of the host.' },
  gl2_source_collector: { type: 'keyword', doc: 'Id of the probe: one per host, the same after a restart.' },
  TOTAL_CPU: { type: 'long', doc: 'CPUs of the host.' },
  DISK_RATIO: { type: 'double', unit: '%', doc: 'Share of the local disks that is in use.' },
  LICENSE: { type: 'keyword', doc: 'Always "free"; existing dashboards have the column.' },
  SOURCE: { type: 'keyword', doc: 'The tag that the option `source` gives to every record.' },
});

/** What whoever opened an encrypted record says about it. A sender cannot set these: they are overwritten. */
export const receiverFields = defineFields({
  envelope: { type: 'keyword', doc: 'How the record came: opened, or stale when authentic but too old.' },
  probe: { type: 'keyword', doc: "The probe's name in the registry." },
  kid: { type: 'long', doc: 'Id of the key it was opened with.' },
  seq: { type: 'long', doc: "Sequence number of its datagram within the sender's session." },
  record_id: { type: 'keyword', doc: 'The same for every copy of one record; usable as document id.' },
});
