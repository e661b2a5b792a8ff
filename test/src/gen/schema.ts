// cold. The JSON schema of a record with plain names, for whoever reads NDJSON.
import type { Field } from '@nanogelf/codec';
import type { GeneratedFile } from './generated-file.ts';
import { chapters } from './tables.ts';

const TYPES = {
  keyword: { type: 'string' },
  text: { type: 'string' },
  ip: { type: 'string' },
  date: { type: 'string', format: 'date-time' },
  long: { type: 'integer' },
  double: { type: 'number' },
  object: { type: 'object' },
} as const;

const typeOf = ({ type, many }: Field): object => (many ? { type: 'array', items: TYPES[type] } : TYPES[type]);

/** Protocols that share a name may mean it differently: then each form is allowed.
 *  @param fields all of one name */
function schemaOf(fields: readonly Field[]): object {
  const description = [...new Set(fields.map(({ doc }) => doc))].join(' Or: ');
  const forms = [...new Set(fields.map(field => JSON.stringify(typeOf(field))))].map(form => JSON.parse(form));
  return { description, ...(forms.length === 1 ? forms[0] : { anyOf: forms }) };
}

function fieldsByName(): [string, Field[]][] {
  const byName = new Map<string, Field[]>();
  for (const { fields } of chapters) {
    for (const [name, field] of Object.entries(fields)) byName.set(name, [...(byName.get(name) ?? []), field]);
  }
  return [...byName];
}

/** @returns docs/record.schema.json */
export function schema(): GeneratedFile {
  const fields = fieldsByName();
  // A name that ends in `*` stands for many.
  const [patterns, names] = [true, false].map(wanted => fields.filter(([name]) => name.endsWith('*') === wanted));
  const text = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A record of nanogelf, plain names',
    type: 'object',
    required: ['host', 'short_message', 'timestamp'],
    properties: Object.fromEntries((names ?? []).map(([name, all]) => [name, schemaOf(all)])),
    patternProperties: Object.fromEntries(
      (patterns ?? []).map(([name, all]) => [`^${name.slice(0, -1)}.+$`, schemaOf(all)]),
    ),
  };
  return { path: 'docs/record.schema.json', text: `${JSON.stringify(text, null, 2)}\n` };
}
