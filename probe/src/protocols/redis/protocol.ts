import type { Protocol } from '../analyzer.ts';
import { RedisAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { redisFields } from './fields.ts';

/** Redis and whatever speaks its protocol (Valkey, KeyDB, Dragonfly …), RESP2, RESP3 and inline commands. Replication
 *  streams are not read. */
export const redis: Protocol<typeof redisFields> = {
  id: 'redis',
  title: 'REDIS',
  spec: ['Redis serialization protocol specification (redis.io)', 'RESP3 specification (antirez/RESP3)'],
  transports: ['tcp'],
  ports: [6379, 6380, 26379, 7000, 7001],
  fields: redisFields,
  detect,
  resync,
  open: context => new RedisAnalyzer(context),
};
