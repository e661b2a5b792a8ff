// cold. Which judges read the fixtures of a protocol's folder, and where tshark is told to find the protocol.
import { amqpJudge } from './amqp.ts';
import type { Judge } from './claims.ts';
import { dnsJudge } from './dns.ts';
import { httpJudge } from './http.ts';
import { http2Judge } from './http2.ts';
import { mysqlJudge } from './mysql.ts';
import { pgsqlJudge } from './pgsql.ts';
import { redisJudge } from './redis.ts';
import { tdsJudge } from './tds.ts';
import { tlsJudge } from './tls.ts';
import { websocketJudge } from './websocket.ts';

export interface Bench {
  readonly judges: readonly Judge[];
  /** What tshark would not find by itself: `-d` takes these, as the fixtures use odd ports. */
  readonly decodeAs: readonly string[];
  readonly options?: readonly string[];
}

/** tshark has no word on the others: it does not look into Oracle's TTC. */
export const BENCHES: { readonly [folder: string]: Bench } = {
  amqp: { judges: [amqpJudge], decodeAs: ['tcp.port==5680,amqp'] },
  dns: { judges: [dnsJudge], decodeAs: ['tcp.port==5300-5303,dns', 'udp.port==5300-5303,dns'] },
  http: {
    judges: [httpJudge, websocketJudge, tlsJudge],
    decodeAs: ['tcp.port==8090-8092,http'],
    // Our sizes are those on the wire.
    options: ['-o', 'http.decompress_body:FALSE'],
  },
  http2: { judges: [http2Judge], decodeAs: ['tcp.port==8095-8097,http2'] },
  mysql: { judges: [mysqlJudge], decodeAs: [] },
  postgres: { judges: [pgsqlJudge], decodeAs: ['tcp.port==5432-5433,pgsql'] },
  redis: { judges: [redisJudge], decodeAs: ['tcp.port==6390-6391,resp'] },
  tds: { judges: [tdsJudge], decodeAs: [] },
  tls: { judges: [tlsJudge], decodeAs: ['tcp.port==4430-4433,tls'] },
};
