import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type Direction, type ReplayOptions, replay, type Talk, transcriptOf } from '../src/harness/index.ts';

// Packets that no driver of ours sends. Sources: MS-TDS, MC-SMP.
type Turn = readonly [Direction, Buffer | number];

const u16 = (value: number): Buffer => Buffer.of(value & 255, value >> 8);
const u32 = (value: number): Buffer => Buffer.concat([u16(value & 0xffff), u16(value >>> 16)]);
const ucs2 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const short = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), ucs2(text)]);

const [SQL_BATCH, RPC, TABULAR_RESULT] = [1, 3, 4];
const EOM = 1;
const HEADERS = Buffer.concat([u32(22), u32(18), u16(2), Buffer.alloc(12)]);

const packet = (type: number, content: Buffer, status = EOM, id = 1): Buffer => {
  const length = content.length + 8;
  return Buffer.concat([Buffer.of(type, status, length >> 8, length & 255, 0, 0, id, 0), content]);
};
const batch = (sql: string): Buffer => packet(SQL_BATCH, Buffer.concat([HEADERS, ucs2(sql)]));
const call = (procedure: string, ...parameters: Buffer[]): Buffer =>
  packet(RPC, Buffer.concat([HEADERS, u16(procedure.length), ucs2(procedure), u16(0), ...parameters]));
const done = (rows: number): Buffer =>
  packet(TABULAR_RESULT, Buffer.concat([Buffer.of(0xfd), u16(0x10), u16(0xc1), u32(rows), u32(0)]));

const [SYN, ACK, FIN, DATA] = [1, 2, 4, 8];
const smp = (flags: number, sid: number, seqNum: number, content: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.of(0x53, flags), u16(sid), u32(16 + content.length), u32(seqNum), u32(seqNum + 4), content]);
const syn = (sid: number): Turn => [0, smp(SYN, sid, 0)];
const asks = (sid: number, seqNum: number, sql: string): Turn => [0, smp(DATA, sid, seqNum, batch(sql))];
const answers = (sid: number, seqNum: number, rows: number): Turn => [1, smp(DATA, sid, seqNum, done(rows))];

const run = (turns: readonly Turn[], talk: Partial<Talk> = {}, options: Partial<ReplayOptions> = {}) =>
  replay(transcriptOf([...turns], talk), { protocols: PROTOCOLS, ...options });
/** `statement: rows`, `?` where the statement is not known, `-` where its answer is not. */
const toldOf = (turns: readonly Turn[], talk: Partial<Talk> = { midStream: true }): string[] =>
  run(turns, talk).reported.map(({ exchange }) => `${exchange.fields.SQL ?? '?'}: ${exchange.fields.ROWS ?? '-'}`);

test.each([
  ['the connection ends', []],
  [
    'it was lost',
    [
      [1, 300],
      [0, batch('second')],
      [1, done(1)],
    ],
  ],
] as readonly [string, Turn[]][])('an answer whose end was not seen, as %s, is told as far as it was', (_, rest) => {
  const begins = Buffer.concat([Buffer.of(0xfd), u16(0x11), u16(0xc1), u32(2), u32(0)]); // DONE, of more to come
  const turns: Turn[] = [
    [0, batch('zero')],
    [1, done(0)],
    [0, batch('first')],
    [1, packet(TABULAR_RESULT, begins, 0)],
  ];
  const told = run([...turns, ...rest], { midStream: true }).reported.map(({ exchange }) => exchange.fields);
  const [first, second] = ['first', 'second'].map(sql => told.find(({ SQL }) => SQL === sql));
  expect(first).toMatchObject({ SQL: 'first', RESP: 1, ROWS: 2, ERR: 'incomplete' });
  expect(first).not.toHaveProperty('RET_CODE');
  expect(first?.LOST_BYTES).toBe(rest.length > 0 ? 300 : undefined);
  expect(second).toEqual(
    rest.length > 0 ? expect.objectContaining({ SQL: 'second', ROWS: 1, RET_CODE: 0 }) : undefined,
  );
});

test('sessions of one connection are answered in any order, and each gets its own answer', () => {
  const turns = [syn(0), syn(1), asks(0, 1, 'first'), asks(1, 1, 'second'), answers(1, 1, 2), answers(0, 1, 1)];
  expect(toldOf(turns)).toEqual(['second: 2', 'first: 1']);
});

test('a number that a session had may be another one’s later', () => {
  const ends: Turn[] = [
    [0, smp(FIN, 7, 1)],
    [1, smp(FIN, 7, 1)],
  ];
  const turns = [syn(7), asks(7, 1, 'one'), answers(7, 1, 1), ...ends, syn(7), asks(7, 1, 'two'), answers(7, 1, 2)];
  expect(toldOf(turns)).toEqual(['one: 1', 'two: 2']);
});

test('what a loss took is missing in its session only', () => {
  const begun = [syn(0), syn(1), asks(1, 1, 'b'), answers(1, 1, 1), asks(0, 1, 'a'), asks(1, 2, 'c')];
  const lost: Turn = [1, 37];
  const rest = [answers(1, 2, 2), asks(0, 2, 'd'), asks(1, 3, 'e'), answers(0, 2, 3), answers(1, 3, 4)];
  expect(toldOf([...begun, lost, ...rest])).toEqual(['b: 1', 'c: 2', 'a: -', 'd: 3', 'e: 4']);
});

test('an answer whose question was lost is told apart, and the session goes on', () => {
  const lost: Turn = [0, 60];
  const rest = [
    answers(0, 1, 1),
    answers(1, 1, 9),
    asks(0, 2, 'b'),
    answers(0, 2, 2),
    asks(1, 2, 'c'),
    answers(1, 2, 3),
  ];
  expect(toldOf([syn(0), syn(1), asks(0, 1, 'a'), lost, ...rest])).toEqual(['a: 1', '?: 9', 'b: 2', 'c: 3']);
});

test('a session that is met when it asks is told from there on', () => {
  const turns = [asks(3, 5, 'a'), answers(3, 9, 1), asks(3, 6, 'b'), answers(3, 10, 2)];
  expect(toldOf(turns)).toEqual(['a: 1', 'b: 2']);
});

test('what comes first of a session that is met when it is answered is nobody’s', () => {
  const turns = [answers(3, 9, 1), asks(3, 6, 'b'), answers(3, 10, 2)];
  expect(toldOf(turns)).toEqual(['?: 1', 'b: 2']);
});

test('headers without data are passed over', () => {
  const acks: Turn[] = [
    [0, smp(ACK, 0, 1)],
    [1, smp(ACK, 0, 0)],
  ];
  expect(toldOf([syn(0), asks(0, 1, 'a'), ...acks, answers(0, 1, 1)], {})).toEqual(['a: 1']);
});

test('more sessions than are kept are counted, and the others are read', () => {
  const sids = Array.from({ length: 70 }, (_, sid) => sid);
  const turns = sids.flatMap(sid => [syn(sid), asks(sid, 1, `s${sid}`), answers(sid, 1, sid)]);
  const { reported, stats } = run(turns, { midStream: true });
  expect(reported).toHaveLength(64);
  expect(stats).toMatchObject({ 'tds.parse_error.sessions_limit': 6 * 3, held_bytes: 0 });
});

test('tokens that never end are kept within the budget, however many sessions', () => {
  const endless = Buffer.concat([Buffer.of(0xae, 1), u32(0x7fff_ffff), Buffer.alloc(30_000)]);
  const turns = Array.from({ length: 60 }, (_, sid) => sid).flatMap((sid): Turn[] => [
    syn(sid),
    asks(sid, 1, 'a'),
    [1, smp(DATA, sid, 1, packet(TABULAR_RESULT, endless, 0))],
    [1, smp(DATA, sid, 2, packet(TABULAR_RESULT, endless, 0))],
  ]);
  const limits = { heldBytes: 100_000, heldTotalBytes: 200_000 };
  const { peakBytes, stats } = run(turns, { midStream: true }, { limits, watchMemory: true });
  expect(peakBytes).toBeGreaterThan(50_000);
  expect(peakBytes).toBeLessThan(300_000);
  expect(stats).toMatchObject({ held_bytes: 0 });
});

const parameter = (name: string, type: Buffer, value: Buffer): Buffer =>
  Buffer.concat([short(name), Buffer.of(0), type, value]);
const int = (value: number): Buffer => Buffer.concat([Buffer.of(4), u32(value)]);
const INT = Buffer.of(0x26, 4);
const column = (flags: number): Buffer => Buffer.concat([u32(0), u16(flags), INT, Buffer.of(0)]);
const END = Buffer.of(0);
const behind = parameter('@behind', INT, int(5));

test.each([
  ['with an order', [column(0), column(0)], [0x10, 1, 0, 1, 0, 1, 0x11, 2, 0, 2, 0, 1, 0], [int(1), int(2)]],
  ['with a column of defaults', [column(0), column(0x200)], [], [int(1)]],
])('a table %s is counted', (_name, columns, orders, values) => {
  const rows = [1, 2, 3].map(() => Buffer.concat([Buffer.of(1), ...values]));
  const type = Buffer.concat([
    Buffer.of(0xf3),
    short(''),
    short('dbo'),
    short('Pairs'),
    u16(columns.length),
    ...columns,
  ]);
  const table = parameter('@t', type, Buffer.concat([Buffer.from(orders), END, ...rows, END]));
  const turns: Turn[] = [
    [0, call('add', table, behind)],
    [1, done(1)],
  ];
  const [told] = run(turns).reported;
  expect(told?.exchange.fields).toMatchObject({ SQL: 'EXEC add', PARAMS: ['dbo.Pairs: 3 rows of 2 columns', '5'] });
  expect(told?.exchange.fields).not.toHaveProperty('TRUNCATED');
});

test('a table with a column of no known type ends the list, and that is said', () => {
  const type = Buffer.concat([
    Buffer.of(0xf3),
    short(''),
    short(''),
    short('T'),
    u16(1),
    u32(0),
    u16(0),
    Buffer.of(0x01),
  ]);
  const turns: Turn[] = [
    [0, call('add', behind, parameter('@t', type, END), behind)],
    [1, done(1)],
  ];
  expect(run(turns).reported).toMatchObject([{ exchange: { fields: { PARAMS: ['5'], TRUNCATED: 1, ROWS: 1 } } }]);
});

test('values are not told where only headers are asked for', () => {
  const turns: Turn[] = [
    [0, call('add', behind)],
    [1, done(1)],
  ];
  const [told] = run(turns, {}, { bodies: false }).reported;
  expect(told?.exchange.fields).toMatchObject({ SQL: 'EXEC add', ROWS: 1 });
  expect(told?.exchange.fields).not.toHaveProperty('PARAMS');
});
