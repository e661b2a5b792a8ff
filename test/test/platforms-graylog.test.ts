// What we send, and the content pack, before the classes with which a real Graylog takes them in.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ChunkStore,
  createMessageIds,
  encodeGelf,
  formatProbeKeyLine,
  type PlainRecord,
  readDatagram,
  toDatagrams,
} from '@nanogelf/codec';
import { DASHBOARDS } from '../src/gen/content-pack/widgets.ts';
import { everyField } from '../src/gen/every-field.ts';
import { mergeFixtures, openInbox, playCapture } from '../src/platforms/datagrams.ts';
import { Graylog, type Message, type Pack, type Refusal } from '../src/platforms/graylog.ts';
import { RelayProcess, Site } from '../src/relay/relay-process.ts';
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
  const time = new Date(Math.round(Number(timestamp) * 1000)).toISOString();
  const fields = { ...rest, source: host, message: short_message, timestamp: time };
  const kept = Object.entries(fields).map(([name, value]) => [name, asValue(value)]);
  return Object.fromEntries(kept.filter(([, value]) => value !== ''));
}

function asValue(value: unknown): unknown {
  const text = typeof value === 'object' ? JSON.stringify(value) : value;
  return typeof text === 'string' ? text.replace(/^[\0- ]+|[\0- ]+$/g, '') : text; // as Java's String.trim
}

const withoutId = (message: Message | Refusal): object => {
  if ('error' in message) return message;
  const { _id, ...fields } = message.fields;
  return fields;
};

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
  expect(messages.map(withoutId)).toEqual(records.map(asFields));
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
  expect(messages.map(withoutId)).toEqual(recordsOf(datagrams).map(asFields));
  const ids = messages.map(message => 'fields' in message && message.fields.record_id);
  expect(new Set(ids).size).toBe(messages.length);
});

test('a record with every field there is arrives with every field, in chunks that come in any order', async () => {
  const record = everyField();
  const chunks = toDatagrams(encodeGelf(record), 600, createMessageIds(Buffer.alloc(8, 7))).reverse();
  expect(chunks.length).toBeGreaterThan(10);
  const messages = await graylog.receive(chunks);
  expect(messages.map(withoutId)).toEqual([asFields(record)]);
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

test.each([
  ['a version of the model that there is not', '"v": "1"', '"v": "9"'],
  ['a field that no model has', '"rollup": true', '"roll_up": true'],
  ['a kind of search that there is not', '"type": "pivot"', '"type": "pivots"'],
  ['a kind of widget that there is not', '"type": "aggregation"', '"type": "aggregations"'],
  ['a kind of stream rule that there is not', '"@value": "EXACT"', '"@value": "EXACTLY"'],
  ['a port without its parameter', '"@value": "GELF_PORT"', '"@value": "GELF_PORTS"'],
])('a pack with %s is refused', async (_, right, wrong) => {
  const text = readFileSync(PACK, 'utf8');
  const path = join(folder, 'wrong.json');
  const at = text.lastIndexOf(right);
  expect(at).toBeGreaterThan(0);
  writeFileSync(path, text.slice(0, at) + wrong + text.slice(at + right.length));
  expect(await graylog.install(path)).toEqual({ error: expect.any(String) });
});
