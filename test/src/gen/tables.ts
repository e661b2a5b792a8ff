// cold. Every table of fields, in the order of the documentation.
import {
  commonFields,
  type FieldTable,
  hostFields,
  networkFields,
  probeFields,
  receiverFields,
  relayFields,
  trafficFields,
} from '@nanogelf/codec';
import { PROTOCOLS, type Protocol } from '@nanogelf/probe';

export interface Chapter {
  readonly title: string;
  readonly intro: string;
  readonly fields: FieldTable;
}

/** @returns the title, and the id where another protocol has the same title: HTTP (http2) */
export const headingOf = ({ title, id }: Protocol): string =>
  PROTOCOLS.find(protocol => protocol.title === title)?.id === id ? title : `${title} (${id})`;

export const chapters: readonly Chapter[] = [
  { title: 'Every record', intro: 'Who says it, and when.', fields: commonFields },
  { title: 'Every traffic record', intro: '`message-type` is `comm`.', fields: trafficFields },
  {
    title: 'Network',
    intro:
      'One record per conversation and interval, and one at its end. Counters and delays are those since the previous record of the same conversation.',
    fields: networkFields,
  },
  ...PROTOCOLS.map(protocol => ({
    title: headingOf(protocol),
    intro: `\`L7_PROTOCOL\` is \`${protocol.title}\`: one record per exchange.`,
    fields: protocol.fields,
  })),
  { title: 'Host and processes', intro: '`message-type` is `proc`.', fields: hostFields },
  { title: 'The probe', intro: '`message-type` is `probe`.', fields: probeFields },
  { title: 'Added by the receiver', intro: 'Set by whoever opens an envelope.', fields: receiverFields },
  { title: 'The relay', intro: 'One record per probe and interval, by the relay itself.', fields: relayFields },
];
