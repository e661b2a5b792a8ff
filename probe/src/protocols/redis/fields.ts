import { defineFields } from '@nanogelf/codec/fields';

export const redisFields = defineFields({
  REDIS_RESPONSE: { type: 'double', unit: 'ms', doc: 'Last byte of the command to the first byte of its reply.' },
  COMMAND: {
    type: 'keyword',
    doc: 'Name of the command in capitals, with its subcommand where it has one: CONFIG GET.',
  },
  REQ: { type: 'text', doc: 'Command and arguments as redis-cli takes them, cut at bodylen; secrets as [redacted].' },
  RES: { type: 'text', doc: 'Reply as text, cut at bodylen: lists as [a, b], maps as {a: b}, none as (nil).' },
  RESP: { type: 'long', doc: '1 when a reply was seen, 0 when none came.' },
  ERR: {
    type: 'keyword',
    doc: 'Error reply: WRONGTYPE Operation against …; of EXEC the first error among its replies.',
  },
  PIPELINED: {
    type: 'long',
    doc: 'Place among the commands that waited for replies, from 1; left out when it was alone.',
  },
  PUSH: { type: 'keyword', doc: 'Kind of what the server sent unasked: message, pmessage, invalidate, monitor …' },
  TRUNCATED: { type: 'long', doc: '1 when REQ or RES was cut.' },
  LOST_BYTES: { type: 'long', unit: 'B', doc: 'Bytes of the exchange that were not captured: its texts end there.' },
});
