// What we send, and the content pack, before the classes with which a real Graylog takes them in.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ChunkStore,
  createMessageIds,
  encodeGelf,
  formatProbeKeyLine,
  type PlainRecord,
  readDatagram,
  TYPE_GELF,
  toDatagrams,
} from '@nanogelf/codec';
import { DASHBOARDS } from '../src/gen/content-pack/widgets.ts';
import { everyField } from '../src/gen/every-field.ts';
import { chapters } from '../src/gen/tables.ts';
import { mergeFixtures, openInbox, playCapture } from '../src/harness/index.ts';
import { eventsOf } from '../src/platforms/events.ts';
import { Graylog, type Message, type Pack, type Refusal } from '../src/platforms/graylog.ts';
import { OpenSearch, type Written } from '../src/platforms/opensearch.ts';
import { clock, RelayProcess, Site } from '../src/relay/relay-process.ts';
import { root } from '../src/root.ts';

const PACK = `${root}examples/graylog/content-pack.json`;
const START_MS = 90_000; // a JVM on a busy machine
const WAVE = 20; // datagrams that a socket holds at least

const folder = mkdtempSync(join(tmpdir(), 'nanogelf-graylog-'));
const capture = join(folder, 'all.pcapng');
const graylog = new Graylog();
let pack: Pack | Refusal;
beforeAll(async () => {
  [pack] = await Promise.all([graylog.install(PACK), mergeFixtures(capture)]);
}, START_MS);
afterAll(async () => {
  await graylog.stop();
  rmSync(folder, { recursive: true });
});

/** @returns the records in GELF datagrams, as our own codec reads them */
function recordsOf(datagrams: readonly Uint8Array[]): PlainRecord[] {
  const chunks = new ChunkStore();
  return datagrams.flatMap(datagram => {
    const read = readDatagram(datagram, chunks, Date.now());
    return read?.ok ? [read.value] : [];
  });
}

/** What Graylog should have of a record: its own names for GELF's fields, lists and objects as their JSON, texts without the
 *  spaces and line ends around them, and no empty ones. */
function asFields({ host, short_message, version, timestamp, ...rest }: PlainRecord): object {
  const time = new Date(Math.round(Number(timestamp) * 1000)).toISOString().replace('T', ' ').replace('Z', '');
  const fields = { ...rest, source: host, message: short_message, timestamp: time };
  const kept = Object.entries(fields).map(([name, value]) => [name, asValue(value)]);
  return Object.fromEntries(kept.filter(([, value]) => value !== ''));
}

function asValue(value: unknown): unknown {
  const text = typeof value === 'object' ? JSON.stringify(value) : value;
  return typeof text === 'string' ? text.replace(/^[\0- ]+|[\0- ]+$/g, '') : text; // as Java's String.trim
}

/** Without what Graylog counts for itself. */
function fieldsOf(message: Message | Refusal): Message['fields'] {
  if ('error' in message) return { ...message };
  const { gl2_accounted_message_size, streams, ...fields } = message.fields;
  return fields;
}

const FORMS = [
  ['plain, the long ones in chunks', []],
  ['with gzip', ['--compress', 'gzip']],
  ['with zlib', ['--compress', 'zlib']],
] as const;

test.each(FORMS)("of the probe's GELF %s Graylog has every record, each value in its type", async (form, options) => {
  const datagrams = await playCapture(capture, options);
  const records = recordsOf(datagrams);
  expect(records.length).toBeGreaterThan(800);
  if (form.includes('chunks')) expect(datagrams.length).toBeGreaterThan(records.length);
  const messages = await graylog.receive(datagrams);
  expect(messages.map(fieldsOf)).toEqual(records.map(asFields));
});

test("of the relay's GELF Graylog has every record of the sealed ones that the relay got, and what it adds", async () => {
  const [site, inbox] = [new Site(), await openInbox()];
  const key = site.add({ name: 'web', suite: 'sealed' });
  writeFileSync(join(folder, 'web.key'), formatProbeKeyLine(key), { mode: 0o600 });
  const relay = await RelayProcess.start(site, ['--output', `udp://${inbox.address}`, '--report-interval', '0']);
  const sealed = await playCapture(capture, ['--encrypt', join(folder, 'web.key')]);
  for (let at = 0; at < sealed.length; at += WAVE) {
    await relay.send(...sealed.slice(at, at + WAVE));
    await relay.seen(Math.min(at + WAVE, sealed.length));
  }
  await relay.stop();
  site.remove();
  const datagrams = await inbox.close();
  const messages = await graylog.receive(datagrams);
  expect(messages.length).toBeGreaterThan(800);
  expect(messages.map(fieldsOf)).toEqual(recordsOf(datagrams).map(asFields));
  const ids = messages.map(message => 'fields' in message && message.fields.record_id);
  expect(new Set(ids).size).toBe(messages.length);
});

test('of what the example for Graylog sends Graylog has each record whole, and the report of what was received', async () => {
  const site = new Site();
  const key = site.add({ name: 'web', suite: 'sealed' });
  const sent = { ...everyField(), timestamp: 1_700_000_000.5 };
  const seal = async () => ({ datagrams: site.sender(key).seal(TYPE_GELF, encodeGelf(sent), clock()) });
  const events = await eventsOf('outputs/graylog.conf', site.registryPath, seal);
  site.remove();
  const messages = await graylog.receive(events.map(event => Buffer.from(JSON.stringify(event))));
  const [record, report] = messages.map(fieldsOf);
  const origin = { envelope: 'opened', probe: 'web', kid: key.kid, seq: 0, record_id: expect.any(String) };
  expect(record).toMatchObject({ ...asFields(sent), ...origin });
  expect(report).toMatchObject({ 'message-type': 'probe', probe: 'web', relay_lost: 0, relay_duplicated: 1 });
});

test('a record with every field there is arrives with every field, in chunks that come in any order', async () => {
  const record = everyField();
  const chunks = toDatagrams(encodeGelf(record), 600, createMessageIds(Buffer.alloc(8, 7))).reverse();
  expect(chunks.length).toBeGreaterThan(10);
  const messages = await graylog.receive(chunks);
  expect(messages.map(fieldsOf)).toEqual([asFields(record)]);
});

test.each([
  ['comm', 'Nano traffic'],
  ['proc', 'Nano hosts'],
  ['probe', 'Nano probes'],
])('a message of type %s goes to the stream %s, and to no other', async (type, stream) => {
  const gelf = encodeGelf({ host: 'h', short_message: 'm', timestamp: 1, 'message-type': type });
  expect(await graylog.receive([gelf])).toMatchObject([{ streams: [stream] }]);
});

test('what is no GELF is refused', async () => {
  const texts = ['nonsense', '{"version":"1.1","host":"h"}', '{"host":1,"short_message":"m"}'];
  const answers = await graylog.receive(texts.map(text => Buffer.from(text)));
  expect(answers).toEqual(texts.map(() => ({ error: expect.any(String) })));
});

interface Found {
  readonly hits: { readonly total: { readonly value: number } };
  readonly aggregations: { readonly [name: string]: { readonly value: number } };
}

describe("in an index of Graylog's", () => {
  const common = { host: 'h', short_message: 'm', timestamp: 1_700_000_000 };
  const first = encodeGelf({ ...common, PAGELOAD: 0, RES: '2026-11-24' });
  const second = encodeGelf({ ...common, PAGELOAD: 0.4, RES: 'OK', RSP_BODY: 'x'.repeat(40_000) });
  let server: OpenSearch;
  let bare: Written[];
  let records: PlainRecord[];
  let taken: Written[];

  beforeAll(async () => {
    server = await OpenSearch.start();
    await server.request('PUT', '_template/graylog-internal', await graylog.template('graylog_*'));
    bare = await write('graylog_0', [first, second]);
    expect(await server.loadExample('graylog.json')).toEqual({ acknowledged: true });
    const datagrams = [...(await playCapture(capture)), encodeGelf(everyField())];
    records = recordsOf(datagrams);
    taken = await write('graylog_1', datagrams);
  }, START_MS);
  afterAll(() => server?.stop());

  /** Writes GELF as Graylog indexes it. */
  async function write(index: string, datagrams: readonly Uint8Array[]): Promise<Written[]> {
    const messages = await graylog.receive(datagrams);
    return server.create(
      index,
      messages.map((message, id) => [`${id}`, 'fields' in message ? message.fields : message]),
    );
  }

  const search = (index: string, body: object): Promise<Found> =>
    server.request('POST', `${index}/_search`, { size: 0, ...body });

  const count = async (query: object): Promise<number> => (await search('graylog_1', { query })).hits.total.value;

  async function sums(index: string, names: readonly string[]): Promise<number[]> {
    const aggs = Object.fromEntries(names.map(name => [name, { sum: { field: name } }]));
    const { aggregations } = await search(index, { aggs });
    return names.map(name => aggregations[name]?.value ?? -1);
  }

  test('the first record decides on types that later ones do not fit, unless our template gave them', async () => {
    expect(bare.map(({ status }) => status)).toEqual([201, 400]);
    expect((await write('graylog_2', [first, second])).map(({ status }) => status)).toEqual([201, 201]);
    expect(await sums('graylog_2', ['PAGELOAD'])).toEqual([0.4]);
  });

  test('records of every protocol, and one with every field, are taken in whole', async () => {
    expect(taken.length).toBeGreaterThan(800);
    expect(taken.filter(({ status }) => status !== 201)).toEqual([]);
    expect(await count({ exists: { field: '_ignored' } })).toBe(0);
  });

  test('delays and shares keep their fractions', async () => {
    const names = chapters.flatMap(({ fields }) => Object.keys(fields).filter(name => fields[name]?.type === 'double'));
    const ours = names.filter(name => name !== 'timestamp');
    const sumOf = (name: string) => records.reduce((sum, record) => sum + Number(record[name] ?? 0), 0);
    expect(ours.length).toBeGreaterThan(20);
    const found = await sums('graylog_1', ours);
    expect(found.map(sum => sum.toFixed(3))).toEqual(ours.map(name => sumOf(name).toFixed(3)));
  });

  test("what the content pack's dashboards ask finds what they show", async () => {
    const queries = DASHBOARDS.flatMap(({ widgets }) => widgets.map(({ query }) => query));
    const found = await Promise.all(queries.map(query => count({ query_string: { query } })));
    expect(queries.filter((_, index) => found[index] === 0)).toEqual([]);
  });
});

test('the pack is one that Graylog reads whole: input, streams, collector, each new enough a server', () => {
  expect(pack).toMatchObject({
    name: 'nanogelf',
    constraints: [true],
    inputs: [
      { type: 'org.graylog2.inputs.gelf.udp.GELFUDPInput', configuration: { port: 12_201, number_worker_threads: 2 } },
    ],
    streams: ['Nano traffic', 'Nano hosts', 'Nano probes'],
    collectors: [{ name: 'nano-probe', execute: '@%s', validate: 'check-config %s' }],
  });
});

test.each(DASHBOARDS)(
  'Graylog makes a view and a search of the dashboard $title, behind its stream',
  ({ title, widgets }) => {
    const [view] = 'dashboards' in pack ? pack.dashboards.filter(each => each.title === title) : [];
    const series = widgets.flatMap(widget => widget.series.map(text => text.replace(/,(\d+)\)/, ',$1.0)')));
    expect(view).toMatchObject({ needs: view?.reads, widgets: widgets.map(() => 'AutoValue_AggregationConfigDTO') });
    expect(view?.reads).toHaveLength(1);
    expect(view?.series.toSorted()).toEqual(series.sort());
  },
);

/** @returns the path of a pack in which the last `right` is `wrong` */
function spoilt(right: string, wrong: string): string {
  const text = readFileSync(PACK, 'utf8');
  const at = text.lastIndexOf(right);
  expect(at).toBeGreaterThan(0);
  const path = join(folder, 'spoilt.json');
  writeFileSync(path, text.slice(0, at) + wrong + text.slice(at + right.length));
  return path;
}

test.each([
  ['a version of the model that there is not', '"v": "1"', '"v": "9"'],
  ['a field that no model has', '"rollup": true', '"roll_up": true'],
  ['a kind of search that there is not', '"type": "pivot"', '"type": "pivots"'],
  ['a kind of widget that there is not', '"type": "aggregation"', '"type": "aggregations"'],
  ['a kind of stream rule that there is not', '"@value": "EXACT"', '"@value": "EXACTLY"'],
  ['a port without its parameter', '"@value": "GELF_PORT"', '"@value": "GELF_PORTS"'],
])('a pack with %s is refused', async (_, right, wrong) => {
  expect(await graylog.install(spoilt(right, wrong))).toEqual({ error: expect.any(String) });
});

test('an entity for a newer Graylog is told from the others', async () => {
  const { constraints } = (await graylog.install(spoilt('">=5.0.0"', '">=99.0.0"'))) as Pack;
  expect(constraints.toSorted()).toEqual([false, true]);
});
