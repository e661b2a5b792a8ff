import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type Direction, replay, type Talk, transcriptOf } from '../src/harness/index.ts';
import { type End, end, FIELDS_19, row, status } from '../src/servers/tns/messages.ts';
import { DATA, early, join, late, marker, RESET, text, u8, u16, u32, ub } from '../src/servers/tns/wire.ts';

// What the driver in the live tests does not do, on packets written by hand.

type Turn = readonly [Direction, Uint8Array];
type Frame = (message: Buffer, flags?: number) => Buffer;

/** Lengths of four bytes, and of two as before version 12.1. */
const packet: Frame = (message, flags = 0) => late(DATA, join(u16(flags), message));
const oldPacket: Frame = (message, flags = 0) => early(DATA, join(u16(flags), message));

const END_OF_RPC = 0x800;
const COMPRESSED = 0x400;

/** OALL8. @param cursor of a statement that was parsed before; its text is not sent again */
const execute = (sequence: number, sql: string, cursor = 0): Buffer =>
  join(
    u8(3, 94, sequence),
    ub(0x8021),
    ub(cursor),
    u8(sql === '' ? 0 : 1),
    ub(Buffer.byteLength(sql)),
    u8(1),
    ub(13),
    Buffer.alloc(30),
    sql === '' ? Buffer.alloc(0) : text(sql),
    ub(1),
    Buffer.alloc(12),
  );
const closeCursors = (sequence: number, ...cursors: number[]): Buffer =>
  join(u8(17, 105, sequence, 1), ub(cursors.length), ...cursors.map(ub));
const fetch = (sequence: number, cursor: number): Buffer => join(u8(3, 5, sequence), ub(cursor), ub(100));
const ended = (more: Partial<End> = {}): Buffer => end({ sequence: 1, ...more }, FIELDS_19);

const run = (turns: readonly Turn[], talk: Partial<Talk> = {}) =>
  replay(transcriptOf(turns, talk), { protocols: PROTOCOLS });
const fieldsOf = (turns: readonly Turn[], talk: Partial<Talk> = {}) =>
  run(turns, talk).reported.map(({ exchange }): { readonly [field: string]: unknown } => exchange.fields);

const accept = (version: number): Buffer => early(2, join(u16(version), Buffer.alloc(30)));
const connect = (service: string): Buffer => {
  const descriptor = Buffer.from(`(DESCRIPTION=(CONNECT_DATA=(SID=${service})(CID=(PROGRAM=sqlplus)(USER=ann))))`);
  const head = join(u16(319), u16(300), Buffer.alloc(12), u16(descriptor.length), u16(58), Buffer.alloc(30));
  return early(1, join(head, descriptor));
};

test('reads statements where lengths have two bytes, and the SID where there is no service', () => {
  const fields = fieldsOf([
    [0, connect('ORCL')],
    [1, accept(312)],
    [0, oldPacket(execute(1, 'delete from goods'))],
    [1, oldPacket(ended({ rows: 3 }))],
    [0, oldPacket(u8(3, 14, 2))],
    [1, oldPacket(status(2))],
  ]);
  expect(fields).toMatchObject([
    { SQL: 'delete from goods', ROWS: 3, RET_CODE: 0, DB: 'ORCL', APP: 'sqlplus' },
    { SQL: 'COMMIT', RET_CODE: 0, DB: 'ORCL' },
  ]);
});

test('puts a statement together whose packets do not say where it ends', () => {
  const long = execute(1, `select '${'x'.repeat(400)}' from dual`);
  const fields = fieldsOf([
    [0, packet(long.subarray(0, 200))],
    [0, packet(long.subarray(200))],
    [1, packet(ended({ rows: 1 }))],
  ]);
  expect(fields).toMatchObject([{ SQL: `select '${'x'.repeat(400)}' from dual`, ROWS: 1 }]);
});

test('tells two statements apart by their numbers when the answers are not seen', () => {
  const fields = fieldsOf([
    [0, packet(execute(1, 'select 1 from dual'))],
    [0, packet(execute(2, 'select 2 from dual'))],
  ]);
  expect(fields).toMatchObject([
    { SQL: 'select 1 from dual', RESP: 0 },
    { SQL: 'select 2 from dual', RESP: 0 },
  ]);
});

test('forgets a cursor that is given back: its number may stand for another statement later', () => {
  const fields = fieldsOf([
    [0, packet(execute(1, 'delete from a'), END_OF_RPC)],
    [1, packet(ended({ cursor: 7 }))],
    [0, packet(join(closeCursors(2, 7), execute(3, 'delete from b')), END_OF_RPC)],
    [1, packet(ended({ cursor: 7 }))],
    [0, packet(execute(4, '', 7), END_OF_RPC)],
    [1, packet(ended({ rows: 2 }))],
    [0, packet(join(closeCursors(5, 7), execute(6, '', 7)), END_OF_RPC)],
    [1, packet(ended())],
  ]);
  expect(fields.map(({ SQL }) => SQL)).toEqual(['delete from a', 'delete from b', 'delete from b', undefined]);
});

test('counts for a fetch the rows of its round, and none where what came before was missed', () => {
  const fields = fieldsOf([
    [0, packet(fetch(1, 9), END_OF_RPC)],
    [1, packet(join(row(1), ended({ rows: 40, cursor: 9 })))],
    [0, packet(execute(2, 'select * from goods'), END_OF_RPC)],
    [1, packet(join(row(1), ended({ rows: 1, cursor: 3 })))],
    [0, packet(fetch(3, 3), END_OF_RPC)],
    [1, packet(join(row(2), row(3), ended({ rows: 3, cursor: 3 })))],
  ]);
  expect(fields.map(({ ROWS }) => ROWS)).toEqual([undefined, 1, 2]);
});

test('takes ORA-01403 for the end of a query, and for an error of a block', () => {
  const none = ended({ number: 1403, message: 'ORA-01403: no data found' });
  const fields = fieldsOf([
    [0, packet(execute(1, 'select * from goods'), END_OF_RPC)],
    [1, packet(none)],
    [0, packet(execute(2, '/* a block */ begin find(1); end;'), END_OF_RPC)],
    [1, packet(none)],
  ]);
  expect(fields.map(({ RET_CODE, ERR }) => [RET_CODE, ERR])).toEqual([
    [0, undefined],
    [1403, 'ORA-01403: no data found'],
  ]);
});

test('finds the end of an answer that is cut by packets, and what a break made void is not it', () => {
  const answer = join(row(1), ended({ number: 600, message: `ORA-00600: ${'stack '.repeat(100)}` }));
  const fields = fieldsOf([
    [0, packet(execute(1, 'select * from goods'), END_OF_RPC)],
    [1, packet(answer.subarray(0, 30))],
    [1, packet(answer.subarray(30))],
    [0, packet(execute(2, 'select * from shops'), END_OF_RPC)],
    [1, packet(row(1))],
    [1, marker(1)],
    [0, marker(RESET)],
    [1, join(marker(RESET), packet(ended({ number: 1013, message: 'ORA-01013: cancelled' })))],
  ]);
  expect(fields).toMatchObject([
    { RET_CODE: 600, ERR: expect.stringMatching(/^ORA-00600: stack .*stack$/) },
    { RET_CODE: 1013, ERR: 'ORA-01013: cancelled' },
  ]);
});

test('passes over a packet that is longer than anything that is kept', () => {
  const huge = join(...Array.from({ length: 60_000 }, (_, id) => row(id)), ended({ rows: 60_000, cursor: 1 }));
  const { reported, stats } = run([
    [0, packet(execute(1, 'select * from goods'), END_OF_RPC)],
    [1, packet(huge)],
  ]);
  expect(huge.length).toBeGreaterThan(600_000);
  expect(reported.map(({ exchange }) => exchange.fields)).toMatchObject([{ ROWS: 60_000, RET_CODE: 0 }]);
  expect(stats).toMatchObject({ held_bytes: 0, unread_bytes: 0 });
});

test('says of an answer that it cannot read only that it came', () => {
  const fields = fieldsOf([
    [0, packet(execute(1, 'select * from goods'), END_OF_RPC)],
    [1, packet(u32(0xc0ffee), COMPRESSED)],
    [0, packet(execute(2, 'select * from shops'), END_OF_RPC)],
    [1, packet(ended({ rows: 5 }))],
  ]);
  expect(fields).toMatchObject([{ SQL: 'select * from goods', RESP: 1, ERR: 'incomplete' }, { ROWS: 5 }]);
  expect(fields[0]).not.toHaveProperty('RET_CODE');
});

test('takes counts that are larger than what follows for no end of an answer', () => {
  const liar = join(
    u8(4),
    ub(1),
    ub(1),
    Buffer.alloc(5),
    Buffer.alloc(7),
    Buffer.alloc(5),
    Buffer.alloc(6),
    ub(0xffff),
  );
  const fields = fieldsOf([
    [0, packet(execute(1, 'select * from goods'), END_OF_RPC)],
    [1, packet(join(...Array.from({ length: 200 }, () => liar)))],
  ]);
  expect(fields).toMatchObject([{ SQL: 'select * from goods' }]);
  expect(fields[0]).not.toHaveProperty('RET_CODE');
});

const VARCHAR = 1;
const NUMBER = 2;
interface Declared {
  readonly type: number;
  readonly maxBytes?: number;
  readonly isArray?: boolean;
}
const declared = ({ type, maxBytes = 100, isArray = false }: Declared): Buffer =>
  join(u8(type, isArray ? 0x41 : 1, 0, 0), ub(maxBytes), u8(0, 0, 0, 0), ub(873), u8(1, 0), ub(0));

/** OALL8 with bind variables, as version 12.2 and later have it. @param cursor its text is not sent again */
const bound = (sequence: number, sql: string, binds: Declared[], rows: Buffer[], cursor = 0): Buffer =>
  join(
    u8(3, 94, sequence),
    ub(0x8029),
    ub(cursor),
    u8(sql === '' ? 0 : 1),
    ub(Buffer.byteLength(sql)),
    u8(1),
    ub(13),
    u8(0, 0, 0),
    ub(1),
    ub(0x7fffffff),
    u8(1),
    ub(binds.length),
    u8(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    sql === '' ? Buffer.alloc(0) : text(sql),
    ub(1),
    ub(rows.length),
    Buffer.alloc(7),
    ub(0x8000),
    Buffer.alloc(3),
    ...binds.map(declared),
    ...rows.map(values => join(u8(7), values)),
  );
const again = (sequence: number, cursor: number, ...rows: Buffer[]): Buffer =>
  join(u8(3, 4, sequence), ub(cursor), ub(1), ub(0), ub(0), ...rows.map(values => join(u8(7), values)));
const one = u8(2, 0xc1, 2);

const login: Turn[] = [
  [0, connect('ORCL')],
  [1, accept(319)],
];
/** Each is asked and answered by itself. */
const asked = (...messages: Buffer[]): Turn[] =>
  messages.flatMap((message): Turn[] => [
    [0, packet(message)],
    [1, packet(ended({ rows: 1, cursor: 5 }))],
  ]);
const paramsOf = (...messages: Buffer[]): unknown[] =>
  fieldsOf([...login, ...asked(...messages)]).map(({ PARAMS }) => PARAMS);

const insert = 'insert into t values (:1, :2)';
const two: Declared[] = [{ type: VARCHAR }, { type: NUMBER }];

test('values are told with the statement, and those of each run again with theirs', () => {
  const rows = [join(text('a'), one), join(text('b'), u8(0))];
  expect(paramsOf(bound(1, insert, two, rows), again(2, 5, join(text('c'), one)))).toEqual([
    ['a', '1', 'b', 'NULL'],
    ['c', '1'],
  ]);
});

test('bind variables that change their types are read anew', () => {
  const changed: Declared[] = [{ type: NUMBER }, { type: VARCHAR }];
  const messages = [
    bound(1, insert, two, [join(text('a'), one)]),
    bound(2, '', changed, [join(one, text('b'))], 5),
    again(3, 5, join(one, text('c'))),
  ];
  expect(paramsOf(...messages)).toEqual([
    ['a', '1'],
    ['1', 'b'],
    ['1', 'c'],
  ]);
});

test('values that do not fit what was said of them are marks', () => {
  const messages = [
    bound(1, insert, two, [join(text('a'), one, text('more'))]),
    bound(2, insert, two, [text('fewer')]),
    bound(3, insert, [{ type: 58 }, { type: VARCHAR }], [join(text('what'), text('is it'))]),
  ];
  expect(paramsOf(...messages)).toEqual([
    ['?', '?'],
    ['?', '?'],
    ['?', '?'],
  ]);
});

test('a call that runs again without its OUT variables has marks', () => {
  const block = 'begin p(:in, :out); end;';
  expect(paramsOf(bound(1, block, two, [join(text('a'), u8(0))]), again(2, 5, text('b')))).toEqual([
    ['a', 'NULL'],
    ['?', '?'],
  ]);
});

test('what the server returns into has no value', () => {
  const sql = 'insert into t (a) values (:a) returning id into :id';
  expect(paramsOf(bound(1, sql, two, [text('x')]))).toEqual([['x']]);
});

test('values without a statement are not told, as they may be secrets', () => {
  const [fields] = fieldsOf(asked(again(2, 9, text('opensesame'))), { midStream: true }).slice(-1);
  expect(fields).not.toHaveProperty('PARAMS');
});

test('values that cannot be found in the text are hidden', () => {
  const sql = 'update t set password = :"a word" where id = :id';
  const [values] = paramsOf(bound(1, sql, two, [join(text('opensesame'), one)]));
  expect(values).toEqual(['[redacted]', '[redacted]']);
});

test('values are cut at the limit for texts, and not told where only headers are asked for', () => {
  const turns: Turn[] = [...login, ...asked(bound(1, 'call p(:1, :2, :3)', [...two, ...two], [text('x')]))];
  const long = bound(1, insert, two, [join(text('x'.repeat(50)), one)]);
  const options = { protocols: PROTOCOLS, bodyLen: 40 };
  const [cut] = replay(transcriptOf([...login, ...asked(long)]), options).reported;
  expect(cut?.exchange.fields).toMatchObject({ PARAMS: ['x'.repeat(40)], TRUNCATED: 1 });
  const [bare] = replay(transcriptOf([...login, ...asked(long)]), { ...options, bodies: false }).reported;
  expect(bare?.exchange.fields).not.toHaveProperty('PARAMS');
  expect(run(turns).reported).toHaveLength(1);
});

test('more bind variables than are read are left out', () => {
  const many = Array.from({ length: 1001 }, (): Declared => ({ type: NUMBER }));
  const sql = 'insert into t values (:1)';
  const [fields] = fieldsOf([...login, ...asked(bound(1, sql, many, [join(...many.map(() => one))]))]);
  expect(fields).toMatchObject({ SQL: sql, TRUNCATED: 1 });
  expect(fields).not.toHaveProperty('PARAMS');
});
