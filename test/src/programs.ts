// cold. Where this repository's own programs are, compiled.
import { fileURLToPath } from 'node:url';

const path = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));

export const NANO_PROBE = path('probe/dist/src/main.js');
export const NANO_RELAY = path('relay/dist/src/main.js');
export const NANO_KEYS = path('relay/dist/src/keys/main.js');
export const FORWARDER = path('test/dist/src/hosts/forwarder-main.js');
export const HTTP_LOAD = path('test/dist/src/load/http-load-main.js');
export const FLOW_TABLE = path('test/dist/src/bench/table-main.js');
export const NODE_HTTP1_SERVER = path('test/dist/src/servers/node-http1-main.js');
export const NODE_HTTP1_CLIENT = path('test/dist/src/clients/node-http1-main.js');
export const NODE_HTTP2_SERVER = path('test/dist/src/servers/node-http2-main.js');
export const NODE_HTTP2_CLIENT = path('test/dist/src/clients/node-http2-main.js');
export const GRPC_SERVER = path('test/dist/src/servers/grpc-main.js');
export const GRPC_CLIENT = path('test/dist/src/clients/grpc-main.js');
export const REDIS_CLIENT = path('test/dist/src/clients/redis-client-main.js');
export const REDIS_LOAD = path('test/dist/src/load/redis-load-main.js');
export const PG_CLIENT = path('test/dist/src/clients/pg-client.js');
export const LIBPQ_CLIENT = path('test/src/clients/libpq.py');
export const MYSQL_CLIENT = path('test/dist/src/clients/mysql-client.js');
export const LIBMARIADB_CLIENT = path('test/src/clients/libmariadb.py');
export const DEMO = path('test/dist/src/demo/main.js');
