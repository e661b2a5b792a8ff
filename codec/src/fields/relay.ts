import { defineFields } from '../fields.ts';

/** What a receiver knows about one probe's datagrams over one interval (`message-type` probe): loss by sequence
 *  numbers, not by guess. */
export const relayFields = defineFields({
  relay_received: { type: 'long', doc: 'Datagrams received and opened.' },
  relay_lost: { type: 'long', doc: 'Sequence numbers that did not come in time.' },
  relay_late: { type: 'long', doc: 'Datagrams that came after a later one.' },
  relay_duplicated: { type: 'long', doc: 'Copies of datagrams that had come already.' },
  relay_replayed: { type: 'long', doc: 'Datagrams refused as older than everything still accepted.' },
});
