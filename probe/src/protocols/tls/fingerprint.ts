// cold. JA3 and JA4: what a ClientHello says of the library that made it.
// Source: JA3 (salesforce/ja3, README); JA4 (FoxIO-LLC/ja4, technical_details/JA4.md).
import { createHash } from 'node:crypto';
import type { ClientHello } from './hello.ts';
import * as wire from './wire.ts';

const JA4_HASH_CHARS = 12;
const JA4_NOTHING = '0'.repeat(JA4_HASH_CHARS);
const JA4_MOST = 99;
const JA4_VERSIONS: { readonly [version: number]: string } = {
  [wire.SSL_3_0]: 's3',
  769: '10',
  770: '11',
  [wire.TLS_1_2]: '12',
  [wire.TLS_1_3]: '13',
};

const meant = (values: readonly number[]): number[] => values.filter(value => !wire.isGrease(value));
const hex4 = (value: number): string => value.toString(16).padStart(4, '0');

/** @returns 32 hex digits: MD5 of version, suites, extensions, groups and point formats as offered */
export function ja3(hello: ClientHello): string {
  const { version, suites, extensions, groups, pointFormats } = hello;
  const lists = [suites, extensions, groups].map(list => meant(list).join('-'));
  const text = [version, ...lists, pointFormats.join('-')].join(',');
  return createHash('md5').update(text).digest('hex');
}

/** @returns `t13d1516h2_8daaf6152771_e5627efa2ab1`: what is offered, its suites, its extensions, both in order of number */
export function ja4(hello: ClientHello): string {
  const suites = meant(hello.suites);
  const extensions = meant(hello.extensions);
  const version = JA4_VERSIONS[Math.max(...meant(hello.supportedVersions), -1)] ?? JA4_VERSIONS[hello.version] ?? '00';
  const offered = [
    't',
    version,
    hello.serverName === undefined ? 'i' : 'd',
    twoDigits(suites.length),
    twoDigits(extensions.length),
    firstAndLast(hello.alpn[0] ?? ''),
  ].join('');
  return `${offered}_${hash(sorted(suites))}_${hash(extensionText(hello, extensions))}`;
}

function extensionText(hello: ClientHello, extensions: readonly number[]): string {
  const told = sorted(extensions.filter(type => type !== wire.SERVER_NAME && type !== wire.ALPN));
  const algorithms = hello.signatureAlgorithms.map(hex4).join(',');
  return algorithms === '' ? told : `${told}_${algorithms}`;
}

const sorted = (values: readonly number[]): string => values.map(hex4).sort().join(',');

const hash = (text: string): string =>
  text === '' ? JA4_NOTHING : createHash('sha256').update(text).digest('hex').slice(0, JA4_HASH_CHARS);

const twoDigits = (count: number): string => String(Math.min(count, JA4_MOST)).padStart(2, '0');

/** Of the name itself where both are letters or digits, else of its hex digits. */
function firstAndLast(name: string): string {
  if (name === '') return '00';
  const ends = `${name[0]}${name.at(-1)}`;
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends;
  const digits = Buffer.from(name, 'latin1').toString('hex');
  return `${digits[0]}${digits.at(-1)}`;
}
