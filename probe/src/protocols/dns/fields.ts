import { defineFields } from '@nanogelf/codec/fields';

export const dnsFields = defineFields({
  DNS_RESPONSE: { type: 'double', unit: 'ms', doc: 'First sending of the query to its answer.' },
  DOMAIN: { type: 'keyword', doc: 'Name asked for; of the first answer where there is no question (mDNS).' },
  RESULT_IP: { type: 'ip', many: true, doc: 'Addresses among the answers.' },
  QTYPE: { type: 'keyword', doc: 'Type asked for: A, AAAA, MX …, TYPE65280 where it has no name.' },
  OPCODE: { type: 'keyword', doc: 'What is asked for, when it is no plain query: NOTIFY, UPDATE, STATUS, DSO …' },
  RCODE: { type: 'keyword', doc: 'Result: NOERROR, NXDOMAIN, SERVFAIL …; left out without an answer.' },
  ANSWERS: { type: 'object', many: true, doc: 'Answer records: name, type, data, ttl.' },
  FLAGS: { type: 'keyword', many: true, doc: 'Flags of the answer, of the query without one: aa tc rd ra ad cd do.' },
  ID: { type: 'long', doc: 'Message id.' },
  RESP: { type: 'long', doc: '1 when an answer was seen, 0 when none came.' },
  RETRIES: { type: 'long', doc: 'How often the query was sent again.' },
  RECORDS: { type: 'long', doc: 'Records in all messages of a zone transfer.' },
  TRUNCATED: { type: 'long', doc: '1 when not all of a zone transfer was seen.' },
  LOST_BYTES: { type: 'long', unit: 'B', doc: 'Bytes that were not captured while a zone transfer went on.' },
});
