// cold. Where records come in, and one stream for each kind.
import { type Entity, entity, entityId, parameter, typed } from './entity.ts';

export const PORT_PARAMETER = 'GELF_PORT';

const MESSAGE_TYPES = [
  ['comm', 'Nano traffic', 'Conversations and exchanges'],
  ['proc', 'Nano hosts', 'Hosts and their processes'],
  ['probe', 'Nano probes', 'What probes and relays say of themselves'],
] as const;

export const streamId = (messageType: string): string => entityId('stream', messageType);

export const gelfInput = (): Entity =>
  entity('input', 'gelf udp', {
    title: typed('Nano GELF UDP'),
    type: typed('org.graylog2.inputs.gelf.udp.GELFUDPInput'),
    global: typed(true),
    configuration: {
      bind_address: typed('0.0.0.0'),
      port: parameter(PORT_PARAMETER),
      recv_buffer_size: typed(16_777_216),
      number_worker_threads: typed(2),
      decompress_size_limit: typed(8_388_608),
    },
    static_fields: {},
    extractors: [],
  });

export const streams = (): Entity[] =>
  MESSAGE_TYPES.map(([messageType, title, description]) =>
    entity('stream', messageType, {
      title: typed(title),
      description: typed(description),
      disabled: typed(false),
      matching_type: typed('AND'),
      stream_rules: [
        {
          type: typed('EXACT'),
          field: typed('message-type'),
          value: typed(messageType),
          inverted: typed(false),
          description: typed(''),
        },
      ],
      alert_conditions: [],
      alarm_callbacks: [],
      outputs: [],
      default_stream: typed(false),
      remove_matches: typed(false),
    }),
  );
