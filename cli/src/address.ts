import { isIPv6 } from 'node:net';
import { UsageError } from './errors.ts';

/** Where to send to or to listen on. */
export interface Address {
  readonly scheme: string;
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface AddressRules {
  /** Schemes that are allowed; the first one is meant when none is written. */
  readonly schemes: readonly string[];
  /** Port that is meant when none is written; without it a port is required. */
  readonly defaultPort?: number;
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$/i;

/** Reads `host:port`, `scheme://host:port`, `[v6]:port`.
 *  @throws UsageError that says what was read and what is allowed */
export function parseAddress(text: string, rules: AddressRules): Address {
  const fail = (why: string): never => {
    throw new UsageError('ERR_BAD_ADDRESS', `"${text}": ${why}; expected ${describeRules(rules)}`);
  };
  const [, written, rest = ''] = /^(?:([a-z0-9+.-]+):\/\/)?(.*)$/is.exec(text) ?? [];
  const scheme = written?.toLowerCase() ?? rules.schemes[0] ?? '';
  if (!rules.schemes.includes(scheme)) return fail(`"${scheme}://" is not known here`);
  if (isIPv6(rest)) return fail(`an IPv6 address needs brackets, [${rest}]:PORT`);

  const [, v6, name, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(rest) ?? [];
  const host = v6 ?? name;
  if (host === undefined) return fail('not a host and a port');
  if (v6 === undefined ? !HOST_NAME.test(host) : !isIPv6(v6)) return fail(`"${host}" is not a host`);
  if (portText === undefined && rules.defaultPort === undefined) return fail('the port is missing');
  const port = portText === undefined ? rules.defaultPort : parsePort(portText);
  return port === undefined ? fail(`"${portText}" is not a port (1-65535)`) : { scheme, host, port };
}

/** @returns the port, or undefined when `text` is none */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** @returns `scheme://host:port`, which {@link parseAddress} reads back */
export function formatAddress({ scheme, host, port }: Address): string {
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function describeRules({ schemes, defaultPort }: AddressRules): string {
  const port = defaultPort === undefined ? ':PORT' : `[:PORT]`;
  return [`HOST${port}`, ...schemes.map(scheme => `${scheme}://HOST${port}`)].join(' or ');
}
