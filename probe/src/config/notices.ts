/** cold. What an operator should know about a configuration that works. */
import type { GivenByKey } from './combinations.ts';
import { keyOf, type Settings } from './keys.ts';
import { isInlineKey } from './probe-key.ts';
import { BUILT_PROTOCOLS } from './protocol-names.ts';
import type { Given } from './sources.ts';

/** @returns one line for each thing to know */
export function describeNotices(settings: Settings, given: GivenByKey): string[] {
  const later = namesWith('later', given);
  const ignored = namesWith('ignored', given);
  const missing = settings.proto.map(({ id }) => id).filter(id => !BUILT_PROTOCOLS.includes(id));
  const notices: string[] = [];
  if (later.length > 0) notices.push(`not in this version, without effect: ${later.join(', ')}`);
  if (missing.length > 0) notices.push(`protocols that are not in this version: ${missing.join(', ')}`);
  if (ignored.length > 0) notices.push(`accepted for existing files, without effect: ${ignored.join(', ')}`);
  if (settings.base64 && settings.encrypt === undefined)
    notices.push('base64 is without effect: it is for encrypted datagrams');
  for (const { key } of [...given.values()].filter(isExposed)) {
    notices.push(`${key}: a secret on the command line can be seen in process lists: use a file or the environment`);
  }
  return notices;
}

const namesWith = (status: 'later' | 'ignored', given: GivenByKey): string[] =>
  [...given.values()]
    .filter(({ key, text }) => keyOf(key).status === status && text !== '' && text !== 'off')
    .map(({ key }) => key);

/** A key file's path may be seen by everybody, a secret itself may not. */
const isExposed = ({ key, text, from }: Given): boolean =>
  from === 'option' && text !== '' && keyOf(key).secret === true && (key !== 'encrypt' || isInlineKey(text));
