import { defineFields } from '@nanogelf/codec/fields';

export const amqpFields = defineFields({
  AMQ_RESPONSE: {
    type: 'double',
    unit: 'ms',
    doc: 'Last byte of the method, or of the message, to the first of its answer; of a publish to its confirm.',
  },
  METHOD: { type: 'keyword', doc: 'Class and method: basic.publish, basic.deliver, basic.get, queue.declare …' },
  HOST: { type: 'keyword', doc: 'Virtual host; left out when the opening of the connection was not seen.' },
  USER: { type: 'keyword', doc: 'Name the connection logged in with; left out when that was not seen.' },
  CHANNEL: { type: 'long', doc: 'Number of the channel; 0 is the connection itself.' },
  EXCHANGE: { type: 'keyword', doc: 'Exchange; left out for the default one.' },
  QUEUE: { type: 'keyword', doc: "Queue; of a delivery the consumer's, where its start was seen." },
  ROUTING_KEY: { type: 'keyword', doc: 'Routing key.' },
  CONTENTTYPE: { type: 'keyword', doc: 'content-type of the message.' },
  TEXT: { type: 'text', doc: 'Body of the message where it is text, cut at bodylen.' },
  BODY_BYTES: { type: 'long', unit: 'B', doc: 'Body of the message, all of it.' },
  RESP: { type: 'long', doc: '1 when the answer or confirm was seen, 0 when not; left out where none is due.' },
  ERR: { type: 'keyword', doc: 'Code and text of channel.close, connection.close or basic.return; or nack.' },
  TRUNCATED: { type: 'long', doc: '1 when TEXT was cut.' },
  LOST_BYTES: { type: 'long', unit: 'B', doc: 'Bytes of the message that were not captured: TEXT ends there.' },
});
