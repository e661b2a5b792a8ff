// cold. A dashboard as Graylog's views write it: searches, widgets over them, and where each stands.
import { type Entity, entity, typed } from './entity.ts';
import { streamId } from './streams.ts';
import { stableId } from './uuid.ts';
import type { Dashboard, Widget } from './widgets.ts';

/** Columns of a dashboard; rows of a widget. */
export const COLUMNS = 12;
const HEIGHT = 4;
const ROW_LIMIT = 15;
const MADE = '2026-01-01T00:00:00.000Z';
const RANGE = { type: 'relative', from: 3600 };

interface Series {
  readonly type: string;
  readonly id: string;
  readonly field: string | null;
  readonly percentile?: number;
}

/** @param text `avg(NET_DELAY)`, `percentile(NET_DELAY,95)`, `count()` */
function seriesOf(text: string): Series {
  const [, type = '', field = '', percentile] = /^(\w+)\((\w*)(?:,(\d+))?\)$/.exec(text) ?? [];
  return {
    type,
    id: text,
    field: field === '' ? null : field,
    ...(percentile === undefined ? {} : { percentile: Number(percentile) }),
  };
}

const rowGroups = ({ by }: Widget): object[] =>
  by === 'time'
    ? [{ type: 'time', fields: ['timestamp'], interval: { type: 'auto', scaling: 1 } }]
    : [{ type: 'values', fields: by, limit: ROW_LIMIT }];

const columnGroups = ({ split }: Widget): object[] =>
  split === undefined ? [] : [{ type: 'values', fields: [split], limit: ROW_LIMIT }];

const searchType = (id: string, stream: string, widget: Widget): object => ({
  type: 'pivot',
  id,
  name: 'chart',
  series: widget.series.map(seriesOf),
  row_groups: rowGroups(widget),
  column_groups: columnGroups(widget),
  sort: [],
  rollup: widget.by === 'time',
  streams: [stream],
  query: { type: 'elasticsearch', query_string: widget.query },
  timerange: RANGE,
  filter: null,
  filters: [],
});

const pivot = (type: 'time' | 'values', fields: readonly string[]): object => ({
  type,
  fields,
  config: type === 'time' ? { interval: { type: 'auto', scaling: 1 } } : { limit: ROW_LIMIT },
});

const widgetOf = (id: string, stream: string, { series, by, split, show, query }: Widget): object => ({
  id,
  type: 'aggregation',
  filter: null,
  filters: [],
  timerange: RANGE,
  query: { type: 'elasticsearch', query_string: query },
  streams: [stream],
  config: {
    row_pivots: [by === 'time' ? pivot('time', ['timestamp']) : pivot('values', by)],
    column_pivots: split === undefined ? [] : [pivot('values', [split])],
    series: series.map(each => ({ config: { name: null }, function: each })),
    sort: [],
    visualization: show,
    visualization_config: null,
    formatting_settings: null,
    rollup: by === 'time',
    event_annotation: false,
  },
});

/** Left to right, then the next row. */
function positionsOf(widgets: readonly Widget[]): { col: number; row: number; height: number; width: number }[] {
  let [col, row] = [1, 1];
  return widgets.map(({ width }) => {
    if (col + width > COLUMNS + 1) [col, row] = [1, row + HEIGHT];
    const position = { col, row, height: HEIGHT, width };
    col += width;
    return position;
  });
}

export function dashboard({ name, title, messageType, widgets }: Dashboard): Entity {
  const id = (kind: string, index: number | string) => stableId(`${name} ${kind} ${index}`);
  const stream = streamId(messageType);
  const query = id('query', 0);
  const positions = positionsOf(widgets);
  const byWidget = <T>(make: (widget: Widget, index: number) => T): { [id: string]: T } =>
    Object.fromEntries(widgets.map((widget, index) => [id('widget', index), make(widget, index)]));
  return entity(
    'dashboard',
    name,
    {
      summary: typed(''),
      title: typed(title),
      description: typed('Made from the table of fields'),
      type: 'DASHBOARD',
      properties: [],
      requires: {},
      owner: 'admin',
      created_at: MADE,
      search: {
        queries: [
          {
            id: query,
            timerange: RANGE,
            query: { type: 'elasticsearch', query_string: '' },
            filter: null,
            filters: [],
            search_types: widgets.map((widget, index) => searchType(id('search', index), stream, widget)),
          },
        ],
        parameters: [],
        requires: {},
        owner: 'admin',
        created_at: MADE,
      },
      state: {
        [query]: {
          widgets: widgets.map((widget, index) => widgetOf(id('widget', index), stream, widget)),
          widget_mapping: byWidget((_, index) => [id('search', index)]),
          positions: byWidget((_, index) => positions[index]),
          titles: { tab: { title }, widget: byWidget(widget => widget.title) },
          selected_fields: null,
          static_message_list_id: null,
          formatting: { highlighting: [] },
          display_mode_settings: { positions: {} },
        },
      },
    },
    '2',
  );
}
