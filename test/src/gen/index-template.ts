// cold. Index templates for Elasticsearch and OpenSearch. Only mapping types that both have.
import { type Field, GELF_NAMES } from '@nanogelf/codec';
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

/** Graylog leaves all but its own fields to the engine: a delay whose first value in an index is 0 becomes a whole number, a
 *  text that looks like a date a date, and what does not fit is refused. Beside Graylog's own template, which has order -1. It
 *  turns lists and objects into texts, and holds texts as keywords; of them Lucene takes 32,766 bytes. */
const GRAYLOG_KEYWORD = { type: 'keyword', ignore_above: 8191 };
const inGraylog = (field: Field): object =>
  field.many || ['keyword', 'text', 'object'].includes(field.type) ? GRAYLOG_KEYWORD : mappingOf(field);

function graylogTemplate(): object {
  const fields = chapters.flatMap(chapter => Object.entries(chapter.fields));
  const ours = fields.filter(([name]) => !name.endsWith('*') && !name.startsWith('gl2_') && !GELF_NAMES.has(name));
  return {
    index_patterns: ['graylog_*'],
    order: 0,
    settings: { 'index.mapping.ignore_malformed': true },
    mappings: { properties: Object.fromEntries(ours.map(([name, field]) => [name, inGraylog(field)])) },
  };
}

/** @returns one for each engine, and one for the index sets of a Graylog; Elasticsearch's takes the users' own settings from a component template */
export const indexTemplates = (): GeneratedFile[] => [
  file(
    'elasticsearch',
    template({ composed_of: ['nano@custom'], ignore_missing_component_templates: ['nano@custom'] }),
  ),
  file('opensearch', template({})),
  file('graylog', graylogTemplate()),
];
