// cold. A record that no probe makes: it has every field there is.
import type { Field, PlainRecord } from '@nanogelf/codec';
import { chapters } from './tables.ts';

const VALUES: { readonly [type in Field['type']]: unknown } = {
  keyword: 'a word',
  text: 'größer',
  ip: '2001:db8::1',
  long: 4_294_967_296,
  double: 12.345,
  date: '2026-11-24T12:00:00.123456Z',
  object: { type: 'A', data: '192.0.2.1', ttl: 60 },
};
/** @returns one record with every field of every table; of GELF's own, those that a sender sets */
export function everyField(): PlainRecord {
  const fields = chapters.flatMap(chapter => Object.entries(chapter.fields));
  const sample = ({ type, many }: Field) => (many ? [VALUES[type], VALUES[type]] : VALUES[type]);
  const named = fields.map(([name, field]) => [name.replace('*', 'x'), sample(field)]);
  const { version: _, full_message: __, ...all } = Object.fromEntries(named);
  return { ...all, host: 'web-1', short_message: 'all', timestamp: 1_700_000_000.25, level: 6 };
}
