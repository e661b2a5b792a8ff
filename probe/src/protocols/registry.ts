import { amqp } from './amqp/protocol.ts';
import type { Protocol } from './analyzer.ts';
import { dns } from './dns/protocol.ts';
import { http } from './http/protocol.ts';
import { http2 } from './http2/protocol.ts';
import { mysql } from './mysql/protocol.ts';
import { postgres } from './postgres/protocol.ts';
import { redis } from './redis/protocol.ts';
import { tds } from './tds/protocol.ts';
import { tls } from './tls/protocol.ts';
import { tns } from './tns/protocol.ts';

/** Every protocol that is looked for, in this order where ports give no hint. */
export const PROTOCOLS: readonly Protocol[] = [http, http2, mysql, redis, amqp, tds, tns, postgres, dns, tls];
