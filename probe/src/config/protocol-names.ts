/** Every name that `proto` and `ignorel7` know, and the protocol folder it means: the folder's own name, the value of
 *  L7_PROTOCOL, and what people call it. */
const NAMES: { readonly [name: string]: string } = {
  http: 'http',
  http2: 'http2',
  grpc: 'http2',
  mysql: 'mysql',
  mariadb: 'mysql',
  postgres: 'postgres',
  postgresql: 'postgres',
  tds: 'tds',
  mssql: 'tds',
  tns: 'tns',
  oracle: 'tns',
  dns: 'dns',
  mdns: 'dns',
  llmnr: 'dns',
  redis: 'redis',
  amqp: 'amqp',
  amq: 'amqp',
  tls: 'tls',
};

/** Folders that this version has; a test holds it to the registry. */
export const BUILT_PROTOCOLS: readonly string[] = [
  'amqp',
  'dns',
  'http',
  'http2',
  'mysql',
  'postgres',
  'redis',
  'tds',
  'tls',
  'tns',
];

export const PROTOCOL_NAMES: readonly string[] = Object.keys(NAMES);

/** @returns the protocol folder's id, or undefined for a name that nobody knows */
export function findProtocol(name: string): string | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(NAMES, lower) ? NAMES[lower] : undefined;
}
