/** cold. Every key of the configuration: option, environment variable, line of the file, help, all from this table. */
import {
  choice,
  decimal,
  destination,
  flag,
  forwardTarget,
  httpsUrl,
  integer,
  ipAddress,
  type Kind,
  list,
  mediaType,
  netRules,
  pcapFilter,
  plaintextSource,
  protocol,
  protocolChoice,
  secret,
  secretName,
  text,
} from './kinds.ts';
import type { Secret } from './secret.ts';

export interface Key<T> {
  readonly kind: Kind<T>;
  /** Value of a key that nobody mentioned. */
  readonly unset: NoInfer<T>;
  /** Value of a key that was given without one; existing files mean "off" by it. Left out: the same as `unset`. */
  readonly blank?: NoInfer<T>;
  /** One line for someone who reads the help. */
  readonly doc: string;
  readonly example: string;
  /** `later`: known and checked, without effect in this version. `ignored`: accepted for existing files. */
  readonly status?: 'later' | 'ignored';
  /** Shown in the short help. */
  readonly common?: true;
  /** An option that needs no value. */
  readonly bare?: true;
  /** Never echoed. */
  readonly secret?: true;
  /** Given more than once, options add up with commas. */
  readonly many?: true;
}

const key = <T>(spec: Key<T>): Key<T> => spec;

/** Datagrams below 1,232 bytes are not worth their header; 65,507 is what UDP over IPv4 can carry. */
const DATAGRAM_BYTES = [1232, 65_507] as const;
/** What one string of the envelope's decoder may hold; see docs/envelope.md. */
const MAX_BODY_BYTES = 65_535;
/** A fanout group takes 256; who has more cores than this to give away does not watch on the host. */
const MAX_THREADS = 64;
/** Each name that was not met before is compared with all of them. */
const MAX_SECRET_NAMES = 256;
/** Each body's type is looked up, so their number costs nothing; a list longer than this is a mistake. */
const MAX_MEDIA_TYPES = 64;
const MAX_MEGABYTES = 1_000_000_000;

export const KEYS = {
  device: key({
    kind: list(text),
    unset: ['any'],
    doc: 'interfaces to capture on; any is all of them',
    example: 'eth0,lo',
    common: true,
    many: true,
  }),
  'filter-bpf': key({
    kind: pcapFilter,
    unset: '',
    doc: 'pcap filter, run in the kernel',
    example: 'tcp port 80',
    common: true,
  }),
  'filter-net': key({
    kind: netRules,
    unset: [],
    doc: 'keep only these: IP, IP:PORT, PORT, IP/BITS, IP/BITS:PORT',
    example: '10.0.0.0/8:80,443',
    common: true,
    many: true,
  }),
  drop: key({
    kind: netRules,
    unset: [],
    doc: 'leave these out, written as in filter-net',
    example: '22,10.0.0.9',
    common: true,
    many: true,
  }),
  process: key({
    kind: flag,
    unset: true,
    blank: false,
    doc: 'name the process of the local end of conversations (Linux)',
    example: '0',
  }),
  'max-length': key({
    kind: integer(64, 262_144),
    unset: 262_144,
    doc: 'bytes of each packet that are looked at',
    example: '2048',
  }),
  'l4-switch': key<'net' | 'tcp' | 'udp' | 'off'>({
    kind: choice({ net: 'net', tcp: 'tcp', udp: 'udp' }),
    unset: 'net',
    blank: 'off',
    doc: 'network records: net (TCP and UDP), tcp, udp; empty: none',
    example: 'tcp',
  }),
  'auto-check': key<'headers' | 'bodies' | 'off'>({
    kind: choice({ 0: 'headers', 1: 'bodies' }),
    unset: 'bodies',
    blank: 'off',
    doc: 'exchange records: 1 with headers and bodies, 0 with headers only; empty: none',
    example: '0',
  }),
  ignorel7: key({ kind: list(protocol), unset: [], doc: 'protocols not to parse', example: 'dns,tls', many: true }),
  proto: key({
    kind: list(protocolChoice),
    unset: [],
    doc: 'parse only these protocols; NAME:PORT pins a port',
    example: 'http:8081,mysql:3307',
    common: true,
    many: true,
  }),
  bodylen: key({
    kind: integer(0, MAX_BODY_BYTES),
    unset: 1024,
    doc: 'bytes of a header or body that are kept',
    example: '4096',
    common: true,
  }),
  'media-bodies': key({
    kind: list(mediaType, MAX_MEDIA_TYPES),
    unset: [],
    doc: 'media types whose bodies are kept too, as data: URLs; image/* is all images, * everything',
    example: 'image/png,application/pdf',
    many: true,
  }),
  redact: key({
    kind: list(secretName, MAX_SECRET_NAMES),
    unset: [],
    doc: 'names whose values are hidden, besides password, token, cookie and the like; * at an end: anything',
    example: 'iban,card*',
    many: true,
  }),
  'redact-off': key({
    kind: list(secretName, MAX_SECRET_NAMES),
    unset: [],
    doc: 'names whose values are shown all the same; *: nothing is hidden',
    example: 'csrf_token',
    many: true,
  }),
  interval: key({
    kind: integer(1, 3600),
    unset: 10,
    doc: 'seconds over which a conversation is summed up',
    example: '60',
  }),
  jsonsample: key({
    kind: integer(1, 1_000_000),
    unset: 1,
    doc: 'keep the exchanges of one in N conversations',
    example: '10',
  }),
  'exp-domain': key({
    kind: list(destination, 8),
    unset: [],
    doc: 'where records go: HOST:PORT or udp://HOST:PORT',
    example: '10.0.0.5:12201',
    common: true,
    many: true,
  }),
  compress: key({
    kind: choice({ 0: 'none', 1: 'default', gzip: 'gzip', zlib: 'zlib', dict: 'dict', 'unsafe-batch': 'unsafe-batch' }),
    unset: 'none',
    doc: '1, gzip or zlib; with encrypt: 1 or dict, each record alone; unsafe-batch leaks through lengths',
    example: '1',
  }),
  base64: key({
    kind: flag,
    unset: false,
    doc: 'encrypted datagrams as text, for paths that carry only text',
    example: '1',
    bare: true,
  }),
  encrypt: key<Secret | undefined>({
    kind: secret,
    unset: undefined,
    doc: 'key file, or key text (better not on the command line); empty: plain GELF',
    example: '/etc/nano/probe.key',
    common: true,
    secret: true,
  }),
  mtu: key({
    kind: integer(...DATAGRAM_BYTES),
    unset: 0,
    doc: 'largest datagram that is sent, bytes',
    example: '8900',
  }),
  'state-dir': key({
    kind: text,
    unset: '',
    doc: 'folder for what is kept over restarts',
    example: '/var/lib/nano-probe',
  }),
  stdout: key({
    kind: flag,
    unset: false,
    doc: 'records on standard output, one JSON object a line',
    example: '1',
    common: true,
    bare: true,
  }),
  capture: key({
    kind: choice({ auto: 'auto', ring: 'ring', cap: 'cap' }),
    unset: 'auto',
    doc: 'how to capture: ring (Linux), cap (libpcap), auto',
    example: 'cap',
  }),
  threads: key({
    kind: integer(1, MAX_THREADS),
    unset: 1,
    doc: 'threads that share the traffic, one core each; with the ring only',
    example: '2',
  }),
  play: key({
    kind: text,
    unset: '',
    doc: 'read this pcap or pcapng file instead of a device',
    example: 'file.pcap',
    common: true,
  }),
  'play-speed': key({
    kind: decimal(0, 1_000_000),
    unset: 0,
    doc: '1: in the timing of the file, 0: as fast as it can',
    example: '1',
    common: true,
  }),
  source: key({ kind: text, unset: '', doc: 'tag copied into each record as SOURCE', example: 'datacenter-2' }),
  'probe-id': key({
    kind: text,
    unset: '',
    doc: 'id of this probe instead of the one made from the machine id',
    example: 'web-1',
  }),
  'host-address': key({
    kind: ipAddress,
    unset: '',
    doc: 'address of this host instead of the one found',
    example: '10.0.0.7',
  }),
  'sys-version': key({
    kind: text,
    unset: '',
    doc: 'SYSTEM of each record instead of what is found',
    example: 'Debian 12 x64',
  }),
  forward: key({
    kind: forwardTarget,
    unset: '',
    doc: 'send raw packets there',
    example: 'vxlan://10.0.0.5:4789?vni=7',
    status: 'later',
  }),
  'forward-ip': key({
    kind: ipAddress,
    unset: '',
    doc: 'local address to send raw packets from',
    example: '10.0.0.7',
    status: 'later',
  }),
  'json-path': key({
    kind: text,
    unset: '',
    doc: 'write records as NDJSON files into this folder',
    example: '/var/log/nano',
    status: 'later',
  }),
  'json-size': key({
    kind: integer(0, MAX_MEGABYTES),
    unset: 0,
    doc: 'MB of NDJSON files that are kept',
    example: '500',
    status: 'later',
  }),
  'pcap-path': key({
    kind: text,
    unset: '',
    doc: 'keep raw packets as pcap files in this folder',
    example: '/var/cache/nano',
    status: 'later',
  }),
  'pcap-size': key({
    kind: integer(0, MAX_MEGABYTES),
    unset: 0,
    doc: 'MB of pcap files that are kept',
    example: '1000',
    status: 'later',
  }),
  'pcap-file-size': key({
    kind: integer(1, 100_000),
    unset: 50,
    doc: 'MB of one pcap file',
    example: '50',
    status: 'later',
  }),
  proclist: key({
    kind: list(text),
    unset: [],
    doc: 'processes to watch: names, or N for the N busiest',
    example: 'nginx,mysqld',
    status: 'later',
    many: true,
  }),
  graylog: key({
    kind: text,
    unset: '',
    doc: 'Graylog server to take the configuration from',
    example: 'https://graylog.example.org',
    status: 'later',
  }),
  token: key<Secret | undefined>({
    kind: secret,
    unset: undefined,
    doc: 'access token for the Graylog server',
    example: 'TOKEN',
    status: 'later',
    secret: true,
  }),
  'config-url': key({
    kind: httpsUrl,
    unset: '',
    doc: 'fetch the configuration from here',
    example: 'https://config.example.org/nano.conf',
    status: 'later',
  }),
  'config-cmd': key({
    kind: text,
    unset: '',
    doc: 'take the configuration from what this command prints',
    example: '/usr/local/bin/nano-conf',
    status: 'later',
  }),
  'config-interval': key({
    kind: integer(1, 86_400),
    unset: 60,
    doc: 'seconds between two fetches of the configuration',
    example: '60',
    status: 'later',
  }),
  'cpu-limit': key({
    kind: integer(1, 100_000),
    unset: 20,
    doc: 'ceiling for the probe itself, percent of one CPU',
    example: '20',
    status: 'later',
  }),
  'mem-limit': key({
    kind: integer(1, 1_000_000),
    unset: 110,
    doc: 'ceiling for the probe itself, MB',
    example: '110',
    status: 'later',
  }),
  'tls-plaintext': key({
    kind: plaintextSource,
    unset: 'off',
    doc: 'how to see into TLS: off, uprobe, keylog:FILE',
    example: 'uprobe',
    status: 'later',
  }),
  license: key({ kind: text, unset: '', doc: 'without effect', example: 'x', status: 'ignored' }),
  bytecode: key({ kind: text, unset: '', doc: 'without effect', example: 'x', status: 'ignored' }),
  'jsonsample-seed': key({ kind: text, unset: '', doc: 'without effect', example: 'x', status: 'ignored' }),
} as const;

export type KeyName = keyof typeof KEYS;

/** The value that each key's text becomes. */
export type Settings = { readonly [K in KeyName]: (typeof KEYS)[K] extends Key<infer T> ? T : never };

export const KEY_NAMES = Object.keys(KEYS) as readonly KeyName[];

/** @returns the key as the table's common shape */
export const keyOf = (name: KeyName): Key<unknown> => KEYS[name];

export const isKeyName = (name: string): name is KeyName => Object.hasOwn(KEYS, name);
