// cold. The preset dictionary of `dict` compression, version 1. It is a part of the wire format: it never changes; a
// better one would be a second one beside it. codec/vectors/dictionary-1.bin holds the same bytes.
import { Encoder } from '@msgpack/msgpack';

/** Adler-32 of the dictionary, which every stream made with it names (FDICT). Source: RFC 1950 section 2.2. */
export const DICTIONARY_ADLER32 = 0xeba1a738;

const HOST = {
  host: 'localhost',
  short_message: 'TCP 10.0.0.1:54321 > 10.0.0.2:443 SF',
  timestamp: 1_767_225_600.123,
  level: 6,
  'message-type': 'comm',
  PROBE_VER: '0.1.0',
  SYSTEM: 'Linux x64',
  gl2_source_collector: '01234567-89ab-cdef-0123-456789abcdef',
  TOTAL_CPU: 4,
  DISK_RATIO: 42.5,
  LICENSE: 'free',
};

const TRAFFIC = {
  SRC_IP: '192.168.1.10',
  DST_IP: '10.0.0.2',
  SRC_PORT: 54_321,
  DST_PORT: 443,
  SRC_MAC: '02:42:ac:11:00:02',
  DST_MAC: '02:42:ac:11:00:03',
  NIC: 'any',
  CARD: 'eth0',
  CARD_IP: '172.17.0.2',
  L4_PROTOCOL: 'TCP',
  COMMUNITY_ID: '1:',
  PROC_NAME: 'nginx',
  PROC_PID: 1234,
  BEGIN_TIME: '2026-01-01T00:00:00.123456Z',
  END_TIME: '2026-01-01T00:00:00.234567Z',
};

const DELAYS = { SRC_NET_DELAY: 0.012, DST_NET_DELAY: 0.123, NET_DELAY: 1.234 };
const EXCHANGE = { ...TRAFFIC, L7_PROTOCOL: 'HTTP', ...DELAYS, BYTES: 1234, RESP: 1 };

const COUNTERS = ['BYTES', 'PKTS', 'SYN_PKTS', 'SYN_ACK_PKTS', 'RST_PKTS', 'FIN_PKTS', 'RETRANS_PKTS', 'OOO_PKTS'];
const MORE_COUNTERS = ['LOST_BYTES', 'TINY_PKTS', 'ZEROWIN_PKTS'];
const NETWORK_DELAYS = ['SRC_NET_DELAY', 'DST_NET_DELAY', 'NET_DELAY', 'SRC_RETRANS_DELAY', 'DST_RETRANS_DELAY'];
const MORE_DELAYS = ['APP_RESPONSE', 'LOAD_TRANS_DELAY'];

const triples = (names: readonly string[]) =>
  Object.fromEntries(names.flatMap(name => [`SRC_${name}`, `DST_${name}`, name]).map(name => [name, 0]));
const maxima = (names: readonly string[]) =>
  Object.fromEntries(names.flatMap(name => [name, `${name}_MAX`]).map(name => [name, 0.123]));

/** Records of each kind as a probe makes them, the rarest first: what is near the end costs least to refer to. */
const RECORDS: readonly object[] = [
  {
    host_name: '',
    host_cpu: 1.5,
    host_cpu_core: 4,
    host_mem: 0,
    host_mem_usage: 50,
    host_mem_total: 0,
    host_load: 0.1,
  },
  { host_wa: 0, host_disk_use: 0, host_disk_total: 0, host_disk: 0, proc_name: 'java', proc_pid: 1, proc_sts: 'S' },
  { proc_cpu: 0.1, proc_mem: 0, self_cpu: 0.1, self_mem: 0, probe_ver: '0.1.0', sys_info: 'Linux' },
  { SNI: 'www.example.com', TLS_VERSION: '1.3', CIPHER: 'TLS_AES_128_GCM_SHA256', ALPN: 'h2', JA3: '', JA4: 't13d' },
  {
    L7_PROTOCOL: 'AMQ',
    AMQ_RESPONSE: 0.1,
    HOST: '/',
    EXCHANGE: 'amq.topic',
    QUEUE: '',
    METHOD: 'basic.publish',
    TEXT: '',
  },
  { L7_PROTOCOL: 'REDIS', REDIS_RESPONSE: 0.1, REQ: 'GET key', RES: 'OK', COMMAND: 'HGETALL', PIPELINED: 1 },
  { L7_PROTOCOL: 'POSTGRESQL', SQL_RESPONSE: 0.1, SQL: 'INSERT INTO ', SQLSTATE: '00000', PREPARED: 1, PARAMS: '' },
  {
    L7_PROTOCOL: 'MYSQL',
    SQL_RESPONSE: 0.123,
    SQL: 'SELECT * FROM  WHERE id = 1 ORDER BY name LIMIT 10',
    RET_CODE: 0,
    USER: 'root',
    DB: 'test',
    ROWS: 1,
    SQL_LOAD: 0.123,
  },
  {
    ...HOST,
    short_message: 'DNS AAAA www.example.com NXDOMAIN',
    L4_PROTOCOL: 'UDP',
    DST_PORT: 53,
    L7_PROTOCOL: 'DNS',
    DOMAIN: 'www.example.com',
    QTYPE: 'AAAA',
    RCODE: 'NOERROR',
    RESULT_IP: ['93.184.216.34'],
    ANSWERS: [{ type: 'CNAME', data: 'example.com', ttl: 300 }],
    FLAGS: 'RD RA',
    ID: 12_345,
    DNS_RESPONSE: 1.234,
  },
  {
    ...HOST,
    ...TRAFFIC,
    TIME: '2026-01-01T00:00:00.345678Z',
    STATE: 'ACTIVE',
    ...triples(COUNTERS),
    ...triples(MORE_COUNTERS),
    HAND_DELAY: 0.123,
    ...maxima(NETWORK_DELAYS),
    ...maxima(MORE_DELAYS),
    DURATION: 123.456,
    TOTAL_BYTES: 1234,
    TOTAL_PKTS: 10,
  },
  {
    ...HOST,
    short_message: 'POST /api/v1/ 404 GET /index.html 200',
    ...EXCHANGE,
    HTTP_RESPONSE: 1.234,
    PAGELOAD: 0.012,
    METHOD: 'GET',
    URL: '/index.html',
    RETCODE: 200,
    DOMAIN: 'www.example.com',
    HTTP_VERSION: '1.1',
    USER_AGENT: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    CONTENTTYPE: 'text/html; charset=utf-8',
    FORWARD: '192.0.2.1',
    REQ_HEADER:
      'Host: localhost\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\nConnection: keep-alive\r\nCookie: \r\nAuthorization: Bearer ',
    RSP_HEADER:
      'Server: nginx\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 123\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\nETag: "\r\nVary: Accept-Encoding\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n',
    REQ_BODY_BYTES: 0,
    RSP_BODY_BYTES: 615,
  },
];

/** Owned by this module: do not write to it. */
export const DICTIONARY: Uint8Array = Buffer.concat(RECORDS.map(record => new Encoder().encode(record)));
