// cold. Index templates for Elasticsearch and OpenSearch. Only mapping types that both have.
import type { Field } from '@nanogelf/codec';
import type { GeneratedFile } from './generated-file.ts';
import { chapters } from './tables.ts';

/** Longer values are stored, and not indexed: Lucene refuses terms over 32,766 bytes. */
const IGNORE_ABOVE = 1024;
const KEYWORD = { type: 'keyword', ignore_above: IGNORE_ABOVE };

const MAPPINGS = {
  keyword: KEYWORD,
  text: { type: 'text', fields: { keyword: KEYWORD } },
  ip: { type: 'ip' },
  date: { type: 'date' },
  long: { type: 'long' },
  double: { type: 'double' },
  object: { type: 'object' },
} as const;

const mappingOf = ({ type, unit }: Field): object =>
  unit === undefined ? MAPPINGS[type] : { ...MAPPINGS[type], meta: { unit } };

/** Above the templates that Elasticsearch brings for `logs-*-*` (100). */
const PRIORITY = 200;

function mappings(): object {
  const fields = chapters.flatMap(chapter => Object.entries(chapter.fields));
  const named = fields.filter(([name]) => !name.endsWith('*'));
  const patterns = fields.filter(([name]) => name.endsWith('*'));
  return {
    dynamic: true,
    date_detection: false,
    dynamic_templates: [
      ...patterns.map(([name, field]) => ({ [name.slice(0, -1)]: { match: name, mapping: mappingOf(field) } })),
      { strings: { match_mapping_type: 'string', mapping: KEYWORD } },
    ],
    properties: {
      '@timestamp': { type: 'date' },
      ...Object.fromEntries(named.map(([name, field]) => [name, mappingOf(field)])),
    },
  };
}

const template = (more: object): object => ({
  index_patterns: ['logs-nano.*-*'],
  data_stream: {},
  priority: PRIORITY,
  ...more,
  template: { settings: { 'index.mapping.ignore_malformed': true }, mappings: mappings() },
  _meta: { description: 'Records of nanogelf', made_by: 'npm run gen' },
});

const file = (name: string, content: object): GeneratedFile => ({
  path: `examples/index-templates/${name}.json`,
  text: `${JSON.stringify(content, null, 2)}\n`,
});

/** @returns one for each engine; Elasticsearch's takes the users' own settings from a component template */
export const indexTemplates = (): GeneratedFile[] => [
  file(
    'elasticsearch',
    template({ composed_of: ['nano@custom'], ignore_missing_component_templates: ['nano@custom'] }),
  ),
  file('opensearch', template({})),
];
