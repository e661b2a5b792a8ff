/** cold. What a value of the configuration can be, and how its text is read. */
import { isIP } from 'node:net';
import { type Address, parseAddress, parsePort, suggest } from '@nanogelf/cli';
import { filterMistake } from '../capture/filter.ts';
import { MAX_NET_RULES, type NetRule } from '../dissect/net-filter.ts';
import { parseNetRule } from './net-rule.ts';
import { findProtocol, PROTOCOL_NAMES } from './protocol-names.ts';
import { Secret } from './secret.ts';

/** A value that does not parse; the message says why where `allowed` alone would not. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

/** @template T what the text becomes */
export interface Kind<T> {
  /** Completes "allowed: …". */
  readonly allowed: string;
  /** @param text trimmed, not empty
   *  @throws BadValue */
  parse(text: string): T;
}

export const text: Kind<string> = { allowed: 'any text', parse: value => value };

export const pcapFilter: Kind<string> = {
  allowed: 'a pcap filter, see pcap-filter(7)',
  parse(value) {
    const mistake = filterMistake(value);
    if (mistake !== undefined) throw new BadValue(`(${mistake})`);
    return value;
  },
};

export const secret: Kind<Secret> = { allowed: 'a secret text', parse: value => new Secret(value) };

/** See protocols/kit/redact/names.ts. */
export const secretName: Kind<string> = {
  allowed: 'names with letters or digits; * only at the beginning or the end of one',
  parse(value) {
    if (!/^\*?[^*]*\*?$/.test(value) || !/[\p{L}\p{N}]|^\*$/u.test(value)) throw new BadValue();
    return value;
  },
};

/** See protocols/kit/body-types.ts. Source: RFC 6838 section 4.2. */
export const mediaType: Kind<string> = {
  allowed: 'media types: image/png, image/* for all images, * for everything',
  parse(value) {
    if (!/^(?:\*|[\w!#$&^.+-]{1,127}\/(?:\*|[\w!#$&^.+-]{1,127}))$/.test(value)) throw new BadValue();
    return value.toLowerCase();
  },
};

export const flag: Kind<boolean> = {
  allowed: 'any value for on; empty, 0, no, off or false for off',
  parse: value => !/^(0|no|off|false)$/i.test(value),
};

export function integer(min: number, max: number): Kind<number> {
  return {
    allowed: `an integer from ${min} to ${max}`,
    parse(value) {
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= min && number <= max)) throw new BadValue();
      return number;
    },
  };
}

export function decimal(min: number, max: number): Kind<number> {
  return {
    allowed: `a number from ${min} to ${max}`,
    parse(value) {
      const number = /^\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= min && number <= max)) throw new BadValue();
      return number;
    },
  };
}

/** @param meanings what is written → what it means */
export function choice<const T extends string>(meanings: { readonly [written: string]: T }): Kind<T> {
  const written = Object.keys(meanings);
  return {
    allowed: `${written.join(', ')} or empty`,
    parse(value) {
      const meaning = Object.hasOwn(meanings, value.toLowerCase()) ? meanings[value.toLowerCase()] : undefined;
      if (meaning === undefined) throw new BadValue(suggest(value, written).trim());
      return meaning;
    },
  };
}

/** Items with commas between them; blanks around them do not count. */
export function list<T>(item: Kind<T>, max = 64): Kind<readonly T[]> {
  return {
    allowed: `with commas between them: ${item.allowed}`,
    parse(value) {
      const items = value.split(',').map(part => part.trim());
      if (items.length > max) throw new BadValue(`${items.length} of them, at most ${max} are allowed`);
      if (items.length === 1) return [item.parse(value)];
      return items.filter(part => part !== '').map(part => parseItem(item, part));
    },
  };
}

function parseItem<T>(item: Kind<T>, part: string): T {
  try {
    return item.parse(part);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new BadValue(`"${part}" is not allowed${error.message && ` ${error.message}`}`);
  }
}

const netRule: Kind<NetRule> = {
  allowed: 'IP, IP:PORT, PORT, IP/BITS, IP/BITS:PORT; with a port an IPv6 address is written [IP]:PORT',
  parse(value) {
    const rule = parseNetRule(value);
    if (rule === undefined) throw new BadValue();
    return rule;
  },
};

export const netRules = list(netRule, MAX_NET_RULES);

/** Where records go. tcp and tls are reserved: to say "not yet" is better than "unknown". */
export const destination: Kind<Address> = {
  allowed: 'HOST:PORT or udp://HOST:PORT',
  parse(value) {
    const address = parseOrRefuse(() => parseAddress(value, { schemes: ['udp', 'tcp', 'tls'] }));
    if (address.scheme !== 'udp') throw new BadValue(`because ${address.scheme}:// is not in this version`);
    return address;
  },
};

function parseOrRefuse<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new BadValue(reason.replace(/^".*?": /s, 'because ').replace(/; expected .*$/s, ''));
  }
}

export const protocol: Kind<string> = {
  allowed: PROTOCOL_NAMES.join(', '),
  parse(value) {
    const id = findProtocol(value);
    if (id === undefined) throw new BadValue(suggest(value.toLowerCase(), PROTOCOL_NAMES).trim());
    return id;
  },
};

/** A protocol to parse, and the port that is always this protocol's. */
export interface ProtocolChoice {
  readonly id: string;
  readonly port?: number;
}

export const protocolChoice: Kind<ProtocolChoice> = {
  allowed: `NAME or NAME:PORT, where NAME is ${PROTOCOL_NAMES.join(', ')}`,
  parse(value) {
    const [name = '', portText, ...more] = value.split(':');
    const id = protocol.parse(name.trim());
    if (portText === undefined) return { id };
    const port = parsePort(portText.trim());
    if (port === undefined || more.length > 0) throw new BadValue(`because "${portText}" is not a port (1-65535)`);
    return { id, port };
  },
};

export const ipAddress: Kind<string> = {
  allowed: 'an IPv4 or IPv6 address',
  parse(value) {
    if (isIP(value) === 0) throw new BadValue();
    return value;
  },
};

export const httpsUrl: Kind<string> = {
  allowed: 'an https:// address',
  parse(value) {
    if (!URL.canParse(value) || new URL(value).protocol !== 'https:') throw new BadValue();
    return value;
  },
};

export const forwardTarget: Kind<string> = {
  allowed: 'HOST:PORT, vxlan://HOST:PORT?vni=N or pcap-over-ip://ADDRESS:PORT',
  parse(value) {
    const [address = '', query] = value.split('?');
    const { scheme } = parseOrRefuse(() => parseAddress(address, { schemes: ['vxlan', 'pcap-over-ip'] }));
    const allowed = query === undefined || (scheme === 'vxlan' && /^vni=\d{1,8}$/.test(query));
    if (!allowed) throw new BadValue(`because of "?${query}"`);
    return value;
  },
};

export const plaintextSource: Kind<string> = {
  allowed: 'off, uprobe or keylog:FILE',
  parse(value) {
    if (!/^(off|uprobe|keylog:.+)$/s.test(value)) throw new BadValue();
    return value;
  },
};
