import { expect, test } from '@jest/globals';
import { COLUMNS } from '../../src/gen/content-pack/dashboard.ts';
import { contentPack } from '../../src/gen/content-pack/index.ts';
import { stableId } from '../../src/gen/content-pack/uuid.ts';
import { DASHBOARDS } from '../../src/gen/content-pack/widgets.ts';
import { chapters } from '../../src/gen/tables.ts';

// What Graylog's models ask of a pack, in place of a Graylog.
const pack = JSON.parse(contentPack().text);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const FIELDS = new Set(chapters.flatMap(({ fields }) => Object.keys(fields)));
const isField = (name: string): boolean => FIELDS.has(name) || name === 'timestamp';

interface Entity {
  readonly id: string;
  readonly type: { readonly name: string };
  readonly data: Record<string, unknown>;
}
const entities: readonly Entity[] = pack.entities;
const ofType = (name: string) => entities.filter(({ type }) => type.name === name);
const strays = (value: unknown): unknown[] => {
  if (typeof value !== 'object' || value === null) return [value];
  if ('@type' in value) return [];
  return Object.values(value).flatMap(strays);
};

test('ids are UUIDs of names: no two are alike, and they are the same on every machine', () => {
  const ids = entities.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([pack.id, ...ids].filter(id => !UUID.test(id))).toEqual([]);
  expect(stableId('content pack')).toBe(pack.id);
});

test('every value of inputs, streams and collectors says its type', () => {
  const plain = ['input', 'stream', 'sidecar_collector'].flatMap(ofType);
  expect(plain.length).toBeGreaterThanOrEqual(5);
  expect(plain.flatMap(({ data }) => strays(data))).toEqual([]);
});

test('the port is a parameter of the pack', () => {
  expect(ofType('input')[0]?.data.configuration).toMatchObject({
    port: { '@type': 'parameter', '@value': pack.parameters[0].name },
  });
});

interface Widget {
  readonly id: string;
  readonly streams: readonly string[];
}
interface State {
  readonly widgets: readonly Widget[];
  readonly widget_mapping: Record<string, string[]>;
  readonly positions: Record<string, { col: number; row: number; height: number; width: number }>;
}
interface Search {
  readonly queries: readonly { readonly id: string; readonly search_types: readonly (Widget & { id: string })[] }[];
}
const views = ofType('dashboard').map(({ data }) => {
  const { queries } = data.search as Search;
  const [query] = queries;
  const state = (data.state as Record<string, State>)[query?.id ?? ''];
  if (query === undefined || state === undefined) throw new Error('a dashboard without its query or state');
  return { searches: query.search_types, ...state };
});

test('each widget has its search, its place, and the stream of the pack that it reads', () => {
  const streams = ofType('stream').map(({ id }) => id);
  expect(views).toHaveLength(DASHBOARDS.length);
  for (const { widgets, searches, widget_mapping, positions } of views) {
    const found = searches.map(({ id }) => id);
    for (const { id, streams: read } of widgets) {
      expect(widget_mapping[id]?.every(search => found.includes(search))).toBe(true);
      expect(positions[id]).toBeDefined();
      expect(streams).toEqual(expect.arrayContaining([...read]));
    }
    expect(Object.values(widget_mapping).flat().sort()).toEqual([...found].sort());
  }
});

test('no two widgets overlap, and none stands outside of the columns', () => {
  for (const { positions } of views) {
    const taken = Object.values(positions).flatMap(({ col, row, height, width }) =>
      Array.from({ length: height * width }, (_, i) => `${col + (i % width)} ${row + Math.floor(i / width)}`),
    );
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken.filter(cell => Number(cell.split(' ')[0]) > COLUMNS)).toEqual([]);
  }
});

test('every field that a widget or a query names is a field of a record', () => {
  const widgets = DASHBOARDS.flatMap(dashboard => dashboard.widgets);
  const inQuery = (query: string) => [
    ...[...query.matchAll(/(\w[\w-]*):/g)].map(([, name]) => name ?? ''),
    ...[...query.matchAll(/_exists_:(\w+)/g)].map(([, name]) => name ?? ''),
  ];
  const named = widgets.flatMap(({ series, by, split, query }) => [
    ...series.map(text => /\((\w*)/.exec(text)?.[1] ?? ''),
    ...(by === 'time' ? [] : by),
    split ?? '',
    ...inQuery(query).filter(name => name !== '_exists_'),
  ]);
  expect([...new Set(named)].filter(name => name !== '' && !isField(name))).toEqual([]);
});

test('the collector is started with its file, and its file is checked first', () => {
  expect(ofType('sidecar_collector')[0]?.data).toMatchObject({
    execute_parameters: { '@value': '@%s' },
    validation_parameters: { '@value': 'check-config %s' },
  });
});
