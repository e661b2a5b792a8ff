import type { Protocol } from '../analyzer.ts';
import { AmqpAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { amqpFields } from './fields.ts';

/** AMQP 0-9-1 as RabbitMQ speaks it. AMQP 1.0, another protocol on the same port, is not read. */
export const amqp: Protocol<typeof amqpFields> = {
  id: 'amqp',
  title: 'AMQ',
  spec: ['AMQP 0-9-1 specification', 'RabbitMQ extensions: publisher confirms, basic.nack, exchange bindings'],
  transports: ['tcp'],
  ports: [5672],
  fields: amqpFields,
  detect,
  resync,
  open: context => new AmqpAnalyzer(context),
};
