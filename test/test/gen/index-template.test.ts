import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { expect, test } from '@jest/globals';
import { indexTemplates } from '../../src/gen/index-template.ts';
import { root } from '../../src/root.ts';

interface Mapping {
  readonly type: string;
}
const [elasticsearch, opensearch, graylog] = indexTemplates().map(({ path, text }) => ({ path, ...JSON.parse(text) }));
const properties: Record<string, Mapping> = elasticsearch.template.mappings.properties;

/** Whether the engines take a value for a mapping's type. */
const TAKES: { readonly [type: string]: (value: unknown) => boolean } = {
  keyword: value => typeof value === 'string',
  text: value => typeof value === 'string',
  ip: value => typeof value === 'string' && isIP(value) !== 0,
  date: value => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  long: Number.isSafeInteger,
  double: Number.isFinite,
  object: value => typeof value === 'object',
};

function faultsOf(record: object): string[] {
  return Object.entries(record).flatMap(([name, value]) => {
    const type = properties[name]?.type;
    if (type === undefined) return [`${name} is not mapped`];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.every(each => TAKES[type]?.(each)) ? [] : [`${name}: ${JSON.stringify(value)} is no ${type}`];
  });
}

const goldens = readdirSync(`${root}probe/src/protocols`, { recursive: true, encoding: 'utf8' }).filter(
  path => path.endsWith('.golden.ndjson') && !path.startsWith('_template'),
);

test.each(goldens)('every field of %s is mapped to a type that takes its value', path => {
  const records = readFileSync(`${root}probe/src/protocols/${path}`, 'utf8').split('\n').filter(Boolean);
  expect(records.length).toBeGreaterThan(0);
  expect(records.flatMap(line => faultsOf(JSON.parse(line)))).toEqual([]);
});

test('the check finds what does not fit', () => {
  expect(faultsOf({ SRC_IP: 'nowhere', BYTES: 1.5, NET_DELAY: '1', BEGIN_TIME: 'now', new_name: 1 })).toHaveLength(5);
});

test('both engines get the same mappings, of types that both have', () => {
  expect(opensearch.template).toEqual(elasticsearch.template);
  expect(Object.values(properties).filter(({ type }) => TAKES[type] === undefined)).toEqual([]);
});

test('the template is a data stream of its own, before the ones that the engine brings', () => {
  for (const { index_patterns, data_stream, priority } of [elasticsearch, opensearch]) {
    expect({ index_patterns, data_stream, priority }).toEqual({
      index_patterns: ['logs-nano.*-*'],
      data_stream: {},
      priority: 200,
    });
  }
  expect(properties['@timestamp']).toEqual({ type: 'date' });
});

test('in Graylog the same fields have types, but for its own and those of GELF; what it makes texts of are keywords', () => {
  const given: Record<string, Mapping> = graylog.mappings.properties;
  const own =
    /^(?:gl2_source_collector|@timestamp|@version|tags|message|short_message|full_message|timestamp|level|version)$/;
  expect(Object.keys(given)).toEqual(Object.keys(properties).filter(name => !own.test(name)));
  const types = ['SRC_IP', 'RESULT_IP', 'ANSWERS', 'SQL', 'NET_DELAY', 'BYTES', 'BEGIN_TIME'].map(
    name => given[name]?.type,
  );
  expect(types).toEqual(['ip', 'keyword', 'keyword', 'keyword', 'double', 'long', 'date']);
});
