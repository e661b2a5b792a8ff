/** cold. What keys must or must not be given together. */

import type { Settings } from './keys.ts';
import type { Given } from './sources.ts';

export type GivenByKey = ReadonlyMap<string, Given>;

interface Rule {
  readonly fails: (settings: Settings, given: GivenByKey) => boolean;
  /** The key whose line is named. */
  readonly key: keyof Settings;
  readonly message: string;
}

const isSet = (given: GivenByKey, key: keyof Settings): boolean => (given.get(key)?.text ?? '') !== '';

const RULES: readonly Rule[] = [
  {
    key: 'encrypt',
    fails: (s, given) => isSet(given, 'encrypt') && s['exp-domain'].length === 0,
    message: 'needs exp-domain: without a destination nothing is sent that could be encrypted',
  },
  {
    key: 'device',
    fails: (s, given) => s.play !== '' && isSet(given, 'device'),
    message: 'cannot be used with play: records come from a device or from a file',
  },
  {
    key: 'capture',
    fails: (s, given) => s.play !== '' && isSet(given, 'capture'),
    message: 'cannot be used with play: a file is not captured',
  },
  {
    key: 'threads',
    fails: s => s.threads > 1 && (s.play !== '' || s.capture === 'cap'),
    message: 'needs the ring: a file is read, and cap captures, in one thread',
  },
  {
    key: 'play-speed',
    fails: (s, given) => s.play === '' && isSet(given, 'play-speed'),
    message: 'needs play',
  },
  {
    key: 'compress',
    fails: (s, given) => isSet(given, 'encrypt') && (s.compress === 'gzip' || s.compress === 'zlib'),
    message: 'gzip and zlib are for plain GELF; with encrypt use 1 or dict (each record alone), or unsafe-batch',
  },
  {
    key: 'compress',
    fails: (s, given) => !isSet(given, 'encrypt') && (s.compress === 'dict' || s.compress === 'unsafe-batch'),
    message: 'dict and unsafe-batch need encrypt; for plain GELF use 1, gzip or zlib',
  },
  {
    key: 'auto-check',
    fails: s => s['auto-check'] === 'off' && s['l4-switch'] === 'off',
    message: 'and l4-switch are both off: there would be no record of anything',
  },
  {
    key: 'ignorel7',
    fails: s => s.proto.some(({ id }) => s.ignorel7.includes(id)),
    message: 'names a protocol that proto asks for',
  },
  {
    key: 'graylog',
    fails: (_, given) => isSet(given, 'graylog') && !isSet(given, 'token'),
    message: 'needs token',
  },
];

/** @returns one line for each combination that cannot work */
export function checkCombinations(settings: Settings, given: GivenByKey): string[] {
  return RULES.filter(rule => rule.fails(settings, given)).map(({ key, message }) => {
    const origin = given.get(key)?.origin;
    return `${origin === undefined ? '' : `${origin}: `}${key}: ${message}`;
  });
}
