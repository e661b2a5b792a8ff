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

/** What Logstash makes of GELF's own fields, and adds. */
const LOGSTASH = {
  '@timestamp': MAPPINGS.date,
  '@version': KEYWORD,
  message: MAPPINGS.text,
  tags: KEYWORD,
};

/** A Logstash since 8 makes `host.name` and `host.ip` of it, an earlier one, and everyone else, `host`. One index can have
 *  either: the first record decides. */
const OPEN_NAMES: ReadonlySet<string> = new Set(['host']);
const HOST_IP = { path_match: 'host.ip', mapping: MAPPINGS.ip };

/** Above the templates that Elasticsearch brings for `logs-*-*` (100). */
const PRIORITY = 200;

function mappings(): object {
  const fields = chapters.flatMap(chapter => Object.entries(chapter.fields));
  const named = fields.filter(([name]) => !name.endsWith('*') && !OPEN_NAMES.has(name));
  const patterns = fields.filter(([name]) => name.endsWith('*'));
  return {
    dynamic: true,
    date_detection: false,
    dynamic_templates: [
      ...patterns.map(([name, field]) => ({ [name.slice(0, -1)]: { match: name, mapping: mappingOf(field) } })),
      { host_ip: HOST_IP },
      { strings: { match_mapping_type: 'string', mapping: KEYWORD } },
    ],
    properties: {
      ...LOGSTASH,
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
