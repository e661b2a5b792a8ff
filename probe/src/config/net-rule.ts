/** cold. Reads one term of `filter-net` or `drop`. */
import { isIPv4, isIPv6 } from 'node:net';
import { parsePort } from '@nanogelf/cli';
import type { NetRule } from '../dissect/net-filter.ts';

type Words = NetRule['address'];

const ANY: Words = [0, 0, 0, 0];

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

/** @param ip a valid IPv4 or IPv6 address without a zone
 *  @returns its four words, an IPv4 address in the last one */
export function addressWords(ip: string): Words {
  return isIPv4(ip) ? [0, 0, 0, ipv4Word(ip)] : ipv6Words(ip);
}

const ipv4Word = (ip: string): number => ip.split('.').reduce((word, byte) => (word << 8) | Number(byte), 0);

function ipv6Words(ip: string): Words {
  const hex = ip.replace(/\d+\.\d+\.\d+\.\d+$/, v4 => {
    const word = ipv4Word(v4);
    return `${((word >>> 16) & 0xffff).toString(16)}:${(word & 0xffff).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail ? tail.split(':') : [];
  const zeros = new Array<string>(8 - front.length - back.length).fill('0');
  const groups = [...front, ...zeros, ...back].map(group => Number.parseInt(group, 16));
  const word = (at: number): number => ((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0);
  return [word(0), word(2), word(4), word(6)];
}
