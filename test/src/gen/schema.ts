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

function schemaOf(field: Field): object {
  const one = TYPES[field.type];
  return { description: field.doc, ...(field.many ? { type: 'array', items: one } : one) };
}

/** @returns docs/record.schema.json */
export function schema(): GeneratedFile {
  const fields = chapters.flatMap(({ fields }) => Object.entries(fields));
  // A name that ends in `*` stands for many.
  const [patterns, names] = [true, false].map(wanted => fields.filter(([name]) => name.endsWith('*') === wanted));
  const text = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A record of nanogelf, plain names',
    type: 'object',
    required: ['host', 'short_message', 'timestamp'],
    properties: Object.fromEntries((names ?? []).map(([name, field]) => [name, schemaOf(field)])),
    patternProperties: Object.fromEntries(
      (patterns ?? []).map(([name, field]) => [`^${name.slice(0, -1)}.+$`, schemaOf(field)]),
    ),
  };
  return { path: 'docs/record.schema.json', text: `${JSON.stringify(text, null, 2)}\n` };
}
