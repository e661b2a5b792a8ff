// Records of every protocol, taken in by a real OpenSearch as the examples tell their readers to.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BatchWriter, formatProbeKeyLine, type Sender, TYPE_BATCH } from '@nanogelf/codec';
import { PROTOCOLS } from '@nanogelf/probe';
import { DASHBOARDS } from '../src/gen/content-pack/widgets.ts';
import { everyField } from '../src/gen/every-field.ts';
import { mergeFixtures, playCapture } from '../src/harness/index.ts';
import { type Event, eventsOf } from '../src/platforms/events.ts';
import { OpenSearch, type Written } from '../src/platforms/opensearch.ts';
import { clock, Site } from '../src/relay/relay-process.ts';
import { root } from '../src/root.ts';

const STREAM = 'logs-nano.records-default'; // as in examples/outputs/opensearch.conf
const TEMPLATES = `${root}examples/index-templates/`;
const HOUR_MS = 3_600_000;
const START_MS = 120_000; // three JVMs on a busy machine

interface Mapped {
  readonly type?: string;
  readonly ignore_above?: number;
  readonly properties?: { readonly [field: string]: Mapped };
}
interface Template {
  readonly properties: { readonly [field: string]: Mapped };
  readonly dynamic_templates: readonly {
    readonly [name: string]: { readonly match?: string; readonly mapping: Mapped };
  }[];
}
const TEMPLATE: Template = JSON.parse(readFileSync(`${TEMPLATES}opensearch.json`, 'utf8')).template.mappings;

/** Plain GELF, which came to the same pipeline through a relay: nobody gave it an id. */
const PLAIN = [1, 2].map(message => ({ host: { name: 'plain' }, message: `no. ${message}` }));

interface Found {
  readonly hits: {
    readonly total: { readonly value: number };
    readonly hits: readonly { readonly _source: Event; readonly _ignored?: readonly string[] }[];
  };
  readonly aggregations: {
    readonly [name: string]: { readonly doc_count: number; readonly buckets: readonly Bucket[] };
  };
}
interface Bucket {
  readonly key: string | number;
  readonly doc_count: number;
  readonly bytes: { readonly value: number };
}

const site = new Site();
let server: OpenSearch;
let events: Event[];
let taken: Written[];

beforeAll(async () => {
  const keyFile = join(site.folder, 'web.key');
  writeFileSync(keyFile, formatProbeKeyLine(site.add({ name: 'web', suite: 'sealed' })), { mode: 0o600 });
  const sender = site.sender(site.add({ name: 'all', suite: 'psk' }));
  const send = async () => ({ datagrams: [...(await play(keyFile)), ...sealEveryField(sender)], events: PLAIN });
  const example = 'outputs/opensearch.conf';
  [server, events] = await Promise.all([OpenSearch.start(), eventsOf(example, site.registryPath, send)]);
  expect(await server.loadExample('opensearch.json')).toEqual({ acknowledged: true });
  taken = await store(events);
}, START_MS);
afterAll(async () => {
  await server?.stop();
  site.remove();
});

/** @returns what a probe sends of the fixtures of all protocols */
async function play(keyFile: string): Promise<Uint8Array[]> {
  const capture = join(site.folder, 'all.pcapng');
  await mergeFixtures(capture);
  return playCapture(capture, ['--encrypt', keyFile]);
}

function sealEveryField(sender: Sender): Uint8Array[] {
  const writer = new BatchWriter({ maxBytes: 60_000, compression: 'none' });
  writer.add(everyField());
  return sender.seal(TYPE_BATCH, writer.take() ?? new Uint8Array(0), clock());
}

/** Writes events as the output of examples/outputs/opensearch.conf does. */
const store = (documents: readonly Event[], stream = STREAM): Promise<Written[]> =>
  server.create(
    stream,
    documents.map(event => [String(event.record_id ?? '%{[record_id]}'), event]),
  );

const search = (body: object, stream = STREAM): Promise<Found> =>
  server.request('POST', `${stream}/_search`, { size: 0, track_total_hits: true, ...body });

const count = async (query: object, stream = STREAM): Promise<number> =>
  (await search({ query }, stream)).hits.total.value;

test('records of every protocol, hosts, probes and the reports of what was lost are taken in, none is refused', () => {
  expect(taken.filter(({ status }) => status !== 201)).toEqual([]);
  expect(taken.length).toBeGreaterThan(800);
  const protocols = new Set(events.map(event => event.L7_PROTOCOL));
  expect(PROTOCOLS.filter(({ title }) => !protocols.has(title))).toEqual([]);
  expect(events.filter(event => event.relay_received !== undefined).length).toBeGreaterThanOrEqual(2);
});

test('the index maps each field as the template says, and adds those alone that the template leaves open', async () => {
  const indices: { [name: string]: { mappings: Mapped } } = await server.request('GET', `${STREAM}/_mapping`);
  const [mapped = {}] = Object.values(indices).map(({ mappings }) => mappings.properties);
  const { ANSWERS, ...named } = TEMPLATE.properties;
  expect(mapped).toMatchObject(named);
  const keyword = { type: 'keyword', ignore_above: 1024 };
  expect(ANSWERS).toEqual({ type: 'object' });
  expect(mapped.ANSWERS).toEqual({
    properties: { name: keyword, type: keyword, data: keyword, ttl: { type: 'long' } },
  });
  const added = Object.keys(mapped).filter(name => TEMPLATE.properties[name] === undefined);
  const open = TEMPLATE.dynamic_templates
    .flatMap(each => Object.values(each))
    .filter(({ match }) => match !== undefined);
  const expected = open.map(({ match = '', mapping }) => [match.replace('*', 'x'), mapping]);
  expect(Object.fromEntries(added.map(name => [name, mapped[name]]))).toEqual({
    ...Object.fromEntries(expected),
    host: { properties: { name: keyword, ip: { type: 'ip' } } },
  });
});

test('every value of every record can be searched: what the index passes over would be missed in silence', async () => {
  const names = [...new Set(events.flatMap(Object.keys))];
  const aggs = Object.fromEntries(names.map(name => [name, { filter: { exists: { field: name } } }]));
  const { aggregations } = await search({ aggs });
  const having = (name: string) => events.filter(event => isIndexed(name, event[name])).length;
  expect(names.length).toBeGreaterThan(200);
  expect(names.map(name => [name, aggregations[name]?.doc_count])).toEqual(names.map(name => [name, having(name)]));
  expect(await count({ exists: { field: '_ignored' } })).toBe(0);
});

function isIndexed(name: string, value: unknown): boolean {
  if (typeof value === 'string') return value.length <= (TEMPLATE.properties[name]?.ignore_above ?? value.length);
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

test('plain GELF beside the sealed records is stored, each message of it', async () => {
  expect(await count({ term: { 'host.name': 'plain' } })).toBe(PLAIN.length);
});

test('what comes twice is refused as a copy, and stored once', async () => {
  const again = await store(events);
  expect(new Set(again.map(({ status }) => status))).toEqual(new Set([409]));
  expect(await count({ match_all: {} })).toBe(events.length);
});

test('addresses are found by network, of IPv4 and of IPv6', async () => {
  const within = (prefix: string) => events.filter(({ SRC_IP }) => String(SRC_IP).startsWith(prefix)).length;
  expect([within('127.') > 0, within('2001:db8:') > 0]).toEqual([true, true]);
  expect(await count({ term: { SRC_IP: '127.0.0.0/8' } })).toBe(within('127.'));
  expect(await count({ term: { SRC_IP: '2001:db8::/32' } })).toBe(within('2001:db8:'));
  const answered = events.filter(({ RESULT_IP }) => Array.isArray(RESULT_IP) && RESULT_IP.length > 0).length;
  expect(await count({ range: { RESULT_IP: { gte: '::', lte: 'ffff::' } } })).toBe(answered);
});

test('counters are summed by protocol', async () => {
  const by = { terms: { field: 'L7_PROTOCOL', size: 100 }, aggs: { bytes: { sum: { field: 'BYTES' } } } };
  const { aggregations } = await search({ aggs: { by } });
  const sumOf = (protocol: unknown) =>
    events.filter(event => event.L7_PROTOCOL === protocol).reduce((sum, { BYTES }) => sum + Number(BYTES ?? 0), 0);
  const buckets = aggregations.by?.buckets ?? [];
  expect(buckets.length).toBeGreaterThanOrEqual(PROTOCOLS.length);
  expect(buckets.map(({ bytes }) => bytes.value)).toEqual(buckets.map(({ key }) => sumOf(key)));
});

test('records are counted over time, and found by a range of numbers', async () => {
  const over = { date_histogram: { field: '@timestamp', fixed_interval: '1h', min_doc_count: 1 } };
  const { aggregations } = await search({ aggs: { over } });
  const hours = new Map<number, number>();
  for (const event of events) {
    const hour = Math.floor(Date.parse(String(event['@timestamp'])) / HOUR_MS) * HOUR_MS;
    hours.set(hour, (hours.get(hour) ?? 0) + 1);
  }
  const buckets = aggregations.over?.buckets ?? [];
  expect(buckets.map(({ key, doc_count }) => [key, doc_count])).toEqual([...hours].sort(([a], [b]) => a - b));
  const failed = events.filter(({ RETCODE }) => Number(RETCODE) >= 400 && Number(RETCODE) < 600).length;
  expect(failed).toBeGreaterThan(0);
  expect(await count({ range: { RETCODE: { gte: 400, lt: 600 } } })).toBe(failed);
});

test("what the content pack's dashboards ask finds records", async () => {
  const queries = DASHBOARDS.flatMap(({ widgets }) => widgets.map(({ query }) => query));
  const found = await Promise.all(queries.map(query => count({ query_string: { query } })));
  expect(queries.filter((_, index) => found[index] === 0)).toEqual([]);
});

test('a record whose host is no object, as it is without Logstash, is taken in where none with one came before', async () => {
  const stream = 'logs-nano.relayed-default';
  expect(await store([{ ...events[0], host: 'web-1' }], stream)).toMatchObject([{ status: 201 }]);
  expect(await count({ term: { host: 'web-1' } }, stream)).toBe(1);
});

test('what is malformed or too long is stored as it came, and left out of the index alone', async () => {
  const long = `${'word '.repeat(50_000)}end`;
  const odd = {
    ...events[0],
    record_id: 'odd',
    SRC_IP: 'nowhere',
    BYTES: 'many',
    URL: '/'.repeat(40_000),
    RSP_BODY: long,
  };
  const stream = 'logs-nano.odd-default';
  expect(await store([odd], stream)).toMatchObject([{ status: 201 }]);
  const query = { match_phrase: { RSP_BODY: 'word end' } };
  const { hits } = await search({ size: 2, query }, stream);
  expect(hits.hits.map(({ _source, _ignored }) => [_source, _ignored?.toSorted()])).toEqual([
    [odd, ['BYTES', 'SRC_IP']],
  ]);
  expect(await count({ bool: { must: [query, { exists: { field: 'URL' } }] } }, stream)).toBe(0);
});
