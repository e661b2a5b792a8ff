/** cold. Reads one term of `filter-net` or `drop`. */
import { isIPv4, isIPv6 } from 'node:net';
import { parsePort } from '@nanogelf/cli';
import { addressWords } from '../dissect/address-words.ts';
import type { NetRule } from '../dissect/net-filter.ts';

const ANY: NetRule['address'] = [0, 0, 0, 0];

/** Reads `ip`, `ip:port`, `port`, `cidr`, `cidr:port`; an IPv6 address before a port stands in brackets.
 *  @returns undefined when `text` is none of these */
export function parseNetRule(text: string): NetRule | undefined {
  const port = parsePort(text);
  if (port !== undefined) return { ipVersion: 0, address: ANY, prefixBits: 0, port };
  const bare = parseNetwork(text);
  if (bare !== undefined) return { ...bare, port: 0 };

  const [, v6, network = v6, portText = ''] = /^(?:\[(.+)\]|([^:]+))(?::(.+))?$/.exec(text) ?? [];
  const rule = parseNetwork(network ?? '');
  if (rule === undefined) return undefined;
  if (portText === '') return { ...rule, port: 0 };
  const ofRule = parsePort(portText);
  return ofRule === undefined ? undefined : { ...rule, port: ofRule };
}

function parseNetwork(text: string): Omit<NetRule, 'port'> | undefined {
  const [ip = '', bitsText, ...more] = text.split('/');
  const ipVersion = isIPv4(ip) ? 4 : isIPv6(ip) ? 6 : undefined;
  if (ipVersion === undefined || more.length > 0 || ip.includes('%')) return undefined;
  const maxBits = ipVersion === 4 ? 32 : 128;
  const prefixBits = bitsText === undefined ? maxBits : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : -1;
  if (prefixBits < 0 || prefixBits > maxBits) return undefined;
  return { ipVersion, address: addressWords(ip), prefixBits };
}
