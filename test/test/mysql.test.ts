// What no server or client at hand does: packets written by hand, after MySQL's and MariaDB's documentation.
import { execFileSync } from 'node:child_process';
import { deflateSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type Direction, replay, transcriptOf } from '../src/harness/index.ts';

const CLIENT_COMPRESS = 0x20;
const CLIENT_PROTOCOL_41 = 0x200;
const CLIENT_PLUGIN_AUTH = 0x80000;
const CLIENT_CONNECT_ATTRS = 0x100000;
const CLIENT_DEPRECATE_EOF = 0x1000000;
const CLIENT_OPTIONAL_RESULTSET_METADATA = 0x2000000;
const CLIENT_ZSTD_COMPRESSION_ALGORITHM = 0x4000000;
const CLIENT_QUERY_ATTRIBUTES = 0x8000000;
const USUAL = CLIENT_PROTOCOL_41 | CLIENT_PLUGIN_AUTH | CLIENT_DEPRECATE_EOF;

type Part = number | string | readonly number[] | Buffer;
type Turn = readonly [Direction, Buffer | number];

function bytesOf(part: Part): Buffer {
  if (typeof part === 'number') return Buffer.from([part]);
  return typeof part === 'string' ? Buffer.from(part) : Buffer.from(part as Uint8Array);
}

const u16 = (value: number): number[] => [value & 0xff, value >> 8];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];

function packet(sequence: number, ...parts: readonly Part[]): Buffer {
  const payload = Buffer.concat(parts.map(bytesOf));
  return Buffer.concat([Buffer.from([payload.length & 0xff, payload.length >> 8, 0, sequence]), payload]);
}

const OK = (sequence: number, affected = 0, status = 2): Buffer =>
  packet(sequence, 0, affected, 0, u16(status), u16(0));
/** What stands for EOF with CLIENT_DEPRECATE_EOF. */
const END = (sequence: number, status = 2): Buffer => packet(sequence, 0xfe, 0, 0, u16(status), u16(0));
const COLUMN = (sequence: number): Buffer =>
  packet(sequence, 3, 'def', 0, 0, 0, 1, 'c', 0, 0x0c, u16(33), u32(11), 3, u16(0), 0, u16(0));

const lenenc = (text: string): Buffer => Buffer.from([text.length, ...Buffer.from(text)]);

/** A greeting, a login and its answer, when both sides have these capabilities.
 *  @param attributes of the connection, each a name or a value */
function login(capabilities: number, ...attributes: string[]): Turn[] {
  const greeting = packet(
    ...([0, 10, '8.4.0', 0, u32(7), '12345678', 0, u16(capabilities & 0xffff), 33, u16(2)] as const),
    ...[u16(capabilities >>> 16), 21, Buffer.alloc(10), '123456789012', 0, 'caching_sha2_password', 0],
  );
  const response = packet(
    ...([1, u32(capabilities), u32(1 << 24), 33, Buffer.alloc(23), 'clerk', 0, 0, 'caching_sha2_password', 0] as const),
    ...(attributes.length === 0 ? [] : [lenenc(attributes.map(text => lenenc(text).toString()).join(''))]),
  );
  return [
    [1, greeting],
    [0, response],
    [1, OK(2)],
  ];
}

/** Of one value. */
const PREPARED_INSERT: readonly Turn[] = [
  [0, packet(0, 0x16, 'INSERT INTO t VALUES (?)')],
  [1, Buffer.concat([packet(1, 0, u32(1), u16(0), u16(1), 0, u16(0)), COLUMN(2)])],
];
const EXECUTED: Turn = [0, packet(0, 0x17, u32(1), 0, u32(1), 0, 1, 0xfd, 0, 3, [0xcf, 0xf0, 0xe8])];

const run = (turns: readonly Turn[]) => replay(transcriptOf(turns), { protocols: PROTOCOLS });
const fieldsOf = (turns: readonly Turn[]) => run(turns).reported.map(({ exchange }) => exchange.fields);

test('reads the end of an answer that is alone, as COM_SET_OPTION has it', () => {
  const option = packet(0, 0x1b, u16(0));
  const [, ...fields] = fieldsOf([
    ...[...login(USUAL), [0, option] as const, [1, END(1)] as const],
    ...[[0, packet(0, 3, 'UPDATE a SET b = 1;UPDATE a SET b = 2')] as const, [1, OK(1, 4)] as const],
  ]);
  expect(fields).toMatchObject([
    { COMMAND: 'COM_SET_OPTION', RET_CODE: 0, RESP: 1 },
    { COMMAND: 'COM_QUERY', ROWS: 4, RESP: 1 },
  ]);
});

/** MariaDB's connectors send it all at once; the statement is then called by the id of the latest one. */
const sentBehind = (sql: string): Buffer => {
  const piece = packet(0, 0x18, u32(0xffffffff), u16(1), 'sent ahead');
  const execute = packet(0, 0x17, u32(0xffffffff), 0, u32(1), 0, 1, 3, 0, 0xfb, 0, u32(42));
  return Buffer.concat([packet(0, 0x16, sql), piece, execute]);
};

test('reads values that are sent ahead right behind their preparation', () => {
  const prepared = [packet(1, 0, u32(1), u16(0), u16(2), 0, u16(0)), COLUMN(2), COLUMN(3)];
  const sql = 'INSERT INTO t VALUES (?, ?)';
  const turns: Turn[] = [...login(USUAL), [0, sentBehind(sql)], [1, Buffer.concat([...prepared, OK(1, 1)])]];
  expect(fieldsOf(turns).slice(1)).toMatchObject([{ SQL: sql, PARAMS: ['42', 'sent ahead'], ROWS: 1 }]);
});

test('tells the text of an execution sent right behind a preparation that fails, whenever that is answered', () => {
  const sql = 'INSERT INTO nothing VALUES (?, ?)';
  const failure = (code: number) => packet(1, 0xff, u16(code), '#42S02no');
  const [prepare, ...behind] = [sentBehind(sql).subarray(0, 5 + sql.length), sentBehind(sql).subarray(5 + sql.length)];
  const early: Turn[] = [
    [0, prepare],
    [1, failure(1146)],
    [0, Buffer.concat(behind)],
    [1, failure(1243)],
  ];
  const late: Turn[] = [
    [0, sentBehind(sql)],
    [1, failure(1146)],
    [1, failure(1243)],
  ];
  for (const turns of [early, late])
    expect(fieldsOf([...login(USUAL), ...turns]).slice(1)).toMatchObject([
      { COMMAND: 'COM_STMT_PREPARE', SQL: sql, RET_CODE: 1146 },
      { COMMAND: 'COM_STMT_EXECUTE', SQL: sql, RET_CODE: 1243 },
    ]);
});

const batch = [1, 2, 3].map((id): Turn => [0, packet(0, 3, `DELETE FROM t WHERE id < ${id}`)]);
const answers = [0, 1, 2].map((rows): Turn => [1, OK(1, rows)]);
/** Answers begin to come before all is asked. */
const interleaved = [batch[0], answers[0], batch[1], batch[2], answers[1], answers[2]].flatMap(turn =>
  turn ? [turn] : [],
);

test.each([
  ['asks all at once', [...batch, ...answers]],
  ['has its first answer before it has asked all', interleaved],
])('gives no answer of a batch to another one when a query was lost and the client %s', (_, turns) => {
  const connector = login(USUAL | CLIENT_CONNECT_ATTRS, '_client_name', 'MariaDB Connector/J');
  const before: Turn[] = [...connector, [0, packet(0, 3, 'BEGIN')], [1, OK(1)]];
  for (const [place, [direction, bytes]] of turns.entries()) {
    if (direction === 1 || typeof bytes === 'number') continue;
    const lossy = turns.with(place, [0, bytes.length]);
    const paired = fieldsOf([...before, ...lossy]).filter(({ SQL, RET_CODE }) => SQL !== undefined && RET_CODE === 0);
    for (const { SQL, ROWS } of paired)
      expect(['BEGIN 0', ...[1, 2, 3].map(id => `DELETE FROM t WHERE id < ${id} ${id - 1}`)]).toContain(
        `${SQL} ${ROWS}`,
      );
  }
});

test('reads text as UTF-8 around bytes that are none', () => {
  const query = packet(0, 3, "INSERT INTO t VALUES ('Łódź ü', _binary '", Buffer.from([0xff, 0xc3, 0x28]), "', '€')");
  const latin = packet(0, 3, Buffer.from("SELECT 'Málaga'", 'latin1'));
  const [, ...fields] = fieldsOf([...login(USUAL), [0, query], [1, OK(1, 1)], [0, latin], [1, OK(1)]]);
  expect(fields.map(({ SQL }) => SQL)).toEqual([
    "INSERT INTO t VALUES ('Łódź ü', _binary '\xff\xc3(', '€')",
    "SELECT 'Málaga'",
  ]);
});

test('reads text in the character set that the client has announced, so that no secret hides behind half a character', () => {
  const sjis = Buffer.from([0x95, 0x5c]); // its second byte is a backslash
  const update = packet(0, 3, "UPDATE u SET name = '", sjis, "', password = 'opensesame'");
  const turns: Turn[] = [...login(USUAL), [0, packet(0, 3, "SET NAMES 'sjis'")], [1, OK(1)], [0, update], [1, OK(1)]];
  const [, , fields] = fieldsOf(turns);
  expect(fields).toMatchObject({ SQL: "UPDATE u SET name = '表', password = '[redacted]'" });
});

test.each([
  ['after SET NAMES', [[0, packet(0, 3, 'set names cp1251')]]],
  ['after COM_CHANGE_USER', [[0, packet(0, 0x11, 'clerk', 0, 0, 0, u16(51))]]],
] as [string, Turn[]][])('%s values are read in its character set, and are not after a reset', (_, turns) => {
  const run = [...turns, [1, OK(1)], ...PREPARED_INSERT, EXECUTED] as Turn[];
  const [params] = fieldsOf([...login(USUAL), ...run, [1, OK(1)]]).flatMap(({ PARAMS }) => (PARAMS ? [PARAMS] : []));
  expect(params).toEqual(['При']);
  const reset: Turn[] = [[0, packet(0, 0x1f)], [1, OK(1)], ...PREPARED_INSERT, EXECUTED, [1, OK(1)]];
  expect(fieldsOf([...login(USUAL), ...turns, [1, OK(1)], ...reset]).at(-1)).toMatchObject({ PARAMS: ['Ïðè'] });
});

test("reads the query attributes of MySQL's own example", () => {
  // Its payload; the length before it is that of the statement without attributes.
  const payload = '03010100' + '01fe00016101' + '3173656c65637420404076657273696f6e5f636f6d6d656e74206c696d69742031';
  const query = packet(0, Buffer.from(payload, 'hex'));
  const [, fields] = fieldsOf([...login(USUAL | CLIENT_QUERY_ATTRIBUTES), [0, query], [1, OK(1)]]);
  expect(fields).toMatchObject({ SQL: 'select @@version_comment limit 1', ATTRIBUTES: ['a=1'] });
});

test('tells the trace that a query belongs to, and hides attributes that are secrets', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const types = [0xfe, 0, 11, ...Buffer.from('traceparent'), 0xfe, 0, 8, ...Buffer.from('password')];
  const query = packet(0, 3, 2, 1, 0, 1, types, trace.length, trace, 6, 'hidden', 'SELECT 1');
  const [, fields] = fieldsOf([...login(USUAL | CLIENT_QUERY_ATTRIBUTES), [0, query], [1, OK(1)]]);
  expect(fields).toMatchObject({ SQL: 'SELECT 1', TRACE_ID: '0af7651916cd43dd8448eb211c80319c' });
  expect(fields?.ATTRIBUTES).toEqual([`traceparent=${trace}`, 'password=[redacted]']);
});

test('tells attributes of an execution from its parameters', () => {
  const prepared = packet(1, 0, u32(1), u16(0), u16(1), 0, u16(0));
  const types = [0x03, 0, 0, 0xfd, 0, 3, ...Buffer.from('app')];
  const execute = packet(0, 0x17, u32(1), 8, u32(1), 2, 0, 1, types, u32(42), 4, 'shop');
  const [, fields] = fieldsOf([
    ...login(USUAL | CLIENT_QUERY_ATTRIBUTES),
    [0, packet(0, 0x16, 'DELETE FROM t WHERE id = ?')],
    [1, Buffer.concat([prepared, COLUMN(2)])],
    [0, execute],
    [1, OK(1, 3)],
  ]);
  expect(fields).toMatchObject({ PREPARED: 1, PARAMS: ['42'], ATTRIBUTES: ['app=shop'], ROWS: 3 });
});

test('counts rows whose columns are not described', () => {
  const rows = [packet(2, 1, '1'), packet(3, 1, '2'), packet(4, 0xfb)];
  const answer = Buffer.concat([packet(1, 1, 0), ...rows, END(5)]);
  const capabilities = USUAL | CLIENT_OPTIONAL_RESULTSET_METADATA;
  const [, fields] = fieldsOf([...login(capabilities), [0, packet(0, 3, 'SELECT c FROM t')], [1, answer]]);
  expect(fields).toMatchObject({ ROWS: 3, RET_CODE: 0 });
});

test('tells parameters of every type', () => {
  const params: readonly (readonly [type: number, flag: number, value: readonly Part[], text: string])[] = [
    [0x01, 0, [0xff], '-1'],
    [0x01, 0x80, [0xff], '255'],
    [0x02, 0, [u16(0xfffe)], '-2'],
    [0x03, 0, [u32(7)], '7'],
    [0x08, 0, [Buffer.from('0100000000002000', 'hex')], '9007199254740993'],
    [0x04, 0, [Buffer.from('0000203f', 'hex')], '0.625'],
    [0x05, 0, [Buffer.from('000000000000f0bf', 'hex')], '-1'],
    [0x06, 0, [], 'NULL'],
    [0x0a, 0, [4, u16(2026), 11, 24], '2026-11-24'],
    [0x0c, 0, [7, u16(2026), 11, 24, 12, 30, 5], '2026-11-24 12:30:05'],
    [0x07, 0, [11, u16(2026), 1, 2, 3, 4, 5, u32(60)], '2026-01-02 03:04:05.000060'],
    [0x0c, 0, [0], '0000-00-00 00:00:00'],
    [0x0b, 0, [8, 1, u32(2), 3, 4, 5], '-51:04:05'],
    [0x0b, 0, [0], '00:00:00'],
    [0xf6, 0, [5, '12.50'], '12.50'],
    [0xfc, 0, [3, [0, 1, 2]], '0x000102'],
    [0xfd, 0, [4, 'Köl'], 'Köl'],
  ];
  const nulls = Buffer.alloc((params.length + 7) >> 3);
  const types = params.flatMap(([type, flag]) => u16(type | (flag << 8)));
  const values = params.flatMap(([, , value]) => value);
  const marks = params.map(() => '?').join();
  const prepared = packet(1, 0, u32(9), u16(0), u16(params.length), 0, u16(0));
  const definitions = params.map((_, index) => COLUMN(index + 2));
  const [, fields] = fieldsOf([
    ...login(USUAL),
    [0, packet(0, 0x16, `INSERT INTO t VALUES (${marks})`)],
    [1, Buffer.concat([prepared, ...definitions])],
    [0, packet(0, 0x17, u32(9), 0, u32(1), nulls, 1, types, ...values)],
    [1, OK(1, 1)],
  ]);
  expect(fields?.PARAMS).toEqual(params.map(([, , , text]) => text));
});

test('ends an execution that opens a cursor where its columns end', () => {
  const CURSOR_EXISTS = 0x42;
  const [, execute, fetch] = fieldsOf([
    ...login(USUAL),
    [0, packet(0, 0x16, 'SELECT c FROM t')],
    [1, Buffer.concat([packet(1, 0, u32(1), u16(1), u16(0), 0, u16(0)), COLUMN(2)])],
    [0, packet(0, 0x17, u32(1), 1, u32(1))],
    [1, Buffer.concat([packet(1, 1), COLUMN(2), END(3, CURSOR_EXISTS)])],
    [0, packet(0, 0x1c, u32(1), u32(2))],
    [1, Buffer.concat([packet(1, 0, 0, u32(5)), packet(2, 0, 0, u32(6)), END(3)])],
  ]);
  expect(execute).toMatchObject({ COMMAND: 'COM_STMT_EXECUTE', SQL: 'SELECT c FROM t', ROWS: 0 });
  expect(fetch).toMatchObject({ COMMAND: 'COM_STMT_FETCH', SQL: 'SELECT c FROM t', ROWS: 2 });
});

test("tells a server's refusal, which no command precedes", () => {
  const [fields] = fieldsOf([[1, packet(0, 0xff, u16(1040), 'Too many connections')]]);
  expect(fields).toMatchObject({ RET_CODE: 1040, ERR: 'Too many connections' });
});

test("takes MariaDB's progress reports for no errors", () => {
  const progress = packet(1, 0xff, u16(0xffff), 1, 1, 2, [0, 0x50, 0], 8, 'copying…');
  const [, fields] = fieldsOf([...login(USUAL), [0, packet(0, 3, 'ALTER TABLE t FORCE')], [1, progress], [1, OK(2)]]);
  expect(fields).toMatchObject({ SQL: 'ALTER TABLE t FORCE', RET_CODE: 0 });
  expect(fields).not.toHaveProperty('ERR');
});

const ROW = (sequence: number, text: string): Buffer => packet(sequence, text.length, text);

test('of a compressed result in which rows were not captured the end is found', () => {
  const frame = (sequence: number, ...packets: Buffer[]): Buffer => {
    const content = Buffer.concat(packets);
    const packed = deflateSync(content);
    return Buffer.concat([Buffer.from([...u16(packed.length), 0, sequence, ...u16(content.length), 0]), packed]);
  };
  const rows = (sequence: number, count: number): Buffer[] =>
    Array.from({ length: count }, (_, i) => ROW(sequence + i, `row ${i}`.repeat(9)));
  const torn = frame(3, ...rows(24, 10)).subarray(20);
  const turns: Turn[] = [
    ...login(USUAL | CLIENT_COMPRESS),
    [0, frame(0, packet(0, 3, `TABLE ${'t'.repeat(50)}`))],
    [1, frame(1, packet(1, 1), COLUMN(2), ...rows(3, 10))],
    [1, 5000],
    [1, torn],
    [1, frame(4, ROW(33, 'x'.repeat(90)).subarray(20), ...rows(34, 10))],
    [1, frame(5, ...rows(44, 9), END(53))],
  ];
  expect(fieldsOf(turns)[1]).toMatchObject({ ROWS: 29, LOST_BYTES: 5000 + torn.length, RET_CODE: 0 });
});

test('of a result in which rows were not captured the end is found, and what was passed over is counted', () => {
  const rows = Array.from({ length: 4 }, (_, i) => ROW(140 + i, 'a row'));
  const turns: Turn[] = [
    ...login(USUAL),
    [0, packet(0, 3, 'TABLE t')],
    [1, Buffer.concat([packet(1, 1), COLUMN(2), ROW(3, 'a row')])],
    [1, 5000],
    [1, Buffer.concat([ROW(139, 'x'.repeat(100)).subarray(40), ...rows, END(144)])],
  ];
  expect(fieldsOf(turns)[1]).toMatchObject({ SQL: 'TABLE t', ROWS: 5, LOST_BYTES: 5065, RET_CODE: 0 });
});

test('a file of more packets than the sequence counts is no command', () => {
  const file = Array.from({ length: 600 }, (_, i): Turn => [0, packet((i + 2) & 0xff, 'x'.repeat(50))]);
  const turns: Turn[] = [
    ...login(USUAL),
    [0, packet(0, 3, 'LOAD DATA LOCAL INFILE')],
    [1, packet(1, 0xfb, 'file')],
    ...file,
    [0, packet(602 & 0xff)],
    [1, OK(603 & 0xff, 77)],
  ];
  const { reported, stats } = run(turns);
  expect(reported.slice(1)).toMatchObject([
    {
      exchange: { bytes: 27 + 9 + 600 * 54 + 4 + 11, fields: { SQL: 'LOAD DATA LOCAL INFILE', ROWS: 77, RET_CODE: 0 } },
    },
  ]);
  expect(stats).not.toHaveProperty('mysql.parse_error.command');
});

test('what was not captured of a file that the client sends is counted, and its text is never taken for a command', () => {
  const file = Buffer.concat([packet(3, 'word '.repeat(100)).subarray(150), packet(14, 'x')]);
  const command = packet(0, 3, 'word '.repeat(100));
  const turns: Turn[] = [
    ...login(USUAL),
    [0, packet(0, 3, 'LOAD DATA LOCAL INFILE')],
    [1, packet(1, 0xfb, 'file')],
    [0, Buffer.concat([packet(2, 'x'.repeat(500)).subarray(0, 100)])],
    [0, 404],
    [0, packet(3, 'x'.repeat(500)).subarray(0, 100)],
    [0, 5000],
    [0, Buffer.concat([file, command])],
    [0, packet(16)],
    [1, OK(17, 77)],
    [0, packet(0, 3, 'SELECT 1')],
    [1, OK(1)],
  ];
  expect(fieldsOf(turns).slice(1)).toMatchObject([
    { SQL: 'LOAD DATA LOCAL INFILE', ROWS: 77, LOST_BYTES: 5404, RET_CODE: 0 },
    { SQL: 'SELECT 1', RET_CODE: 0 },
  ]);
});

test('an answer whose end was not seen is told as incomplete', () => {
  const turns: Turn[] = [
    ...login(USUAL),
    [0, packet(0, 3, 'TABLE t')],
    [1, packet(1, 1)],
    [1, COLUMN(2)],
    [1, ROW(3, 'a')],
  ];
  const [, fields] = fieldsOf(turns);
  expect(fields).toMatchObject({ SQL: 'TABLE t', ROWS: 1, RESP: 1, ERR: 'incomplete' });
  expect(fields).not.toHaveProperty('RET_CODE');
});

test('beside an error stand the rows that came before it, where any did', () => {
  const wrong = (sequence: number): Buffer => packet(sequence, 0xff, u16(1317), '#70100interrupted');
  const turns: Turn[] = [
    ...login(USUAL),
    [0, packet(0, 3, 'SELECT 4; SELECT SLEEP(20)')],
    [1, Buffer.concat([packet(1, 1), COLUMN(2), ROW(3, '4'), END(4, 8), packet(5, 1), COLUMN(6), wrong(7)])],
    [0, packet(0, 3, 'SELECT SLEEP(20)')],
    [1, Buffer.concat([packet(1, 1), COLUMN(2), wrong(3)])],
  ];
  const [, some, none] = fieldsOf(turns);
  expect(some).toMatchObject({ ROWS: 1, RET_CODE: 1317 });
  expect(none).not.toHaveProperty('ROWS');
});

test('reads what is compressed by zstd', () => {
  const frame = (sequence: number, ...packets: Buffer[]): Buffer => {
    const content = Buffer.concat(packets);
    const packed = execFileSync('zstd', ['-c', '-q'], { input: content });
    const header = [...u16(packed.length), 0, sequence, ...u16(content.length), 0];
    return Buffer.concat([Buffer.from(header), packed]);
  };
  const sql = `SELECT '${'x'.repeat(500)}'`;
  const { reported } = run([
    ...login(USUAL | CLIENT_ZSTD_COMPRESSION_ALGORITHM),
    [0, frame(0, packet(0, 3, sql))],
    [1, frame(1, OK(1))],
  ]);
  expect(reported.map(({ exchange }) => exchange.fields)).toMatchObject([
    { COMPRESSION: 'zstd', USER: 'clerk' },
    { SQL: sql, RET_CODE: 0 },
  ]);
});

test('a replication stream is one record with its bytes, whatever the replica acknowledges', () => {
  const dump = packet(0, 0x12, u32(4), u16(0), u32(1), 'binlog.000001');
  const { reported } = run([
    ...login(USUAL),
    [0, dump],
    [1, packet(1, 0, Buffer.alloc(40))],
    [0, packet(0, 0xef, Buffer.alloc(8), 'binlog.000001')],
    [1, packet(1, 0, Buffer.alloc(40))],
    [1, packet(2, 0xfe, u16(0), u16(2))],
  ]);
  expect(reported.slice(1)).toMatchObject([
    { exchange: { bytes: dump.length + 2 * 45 + 9, fields: { COMMAND: 'COM_BINLOG_DUMP', RESP: 1, RET_CODE: 0 } } },
  ]);
});

test('forgets the oldest of too many prepared statements, and says nothing wrong of it', () => {
  const turns = login(USUAL);
  for (let id = 1; id <= 1025; id++) {
    turns.push([0, packet(0, 0x16, `DO ${id}`)]);
    turns.push([1, packet(1, 0, u32(id), u16(0), u16(0), 0, u16(0))]);
  }
  for (const id of [1, 1025]) turns.push([0, packet(0, 0x17, u32(id), 0, u32(1))], [1, OK(1)]);
  const [, oldest, newest] = fieldsOf(turns);
  expect(oldest).not.toHaveProperty('SQL');
  expect(newest).toMatchObject({ SQL: 'DO 1025', PREPARED: 1 });
});

const PREPARE = (id: number, params: number, sql: string): Turn[] => [
  [0, packet(0, 0x16, sql)],
  [
    1,
    Buffer.concat([
      packet(1, 0, u32(id), u16(0), u16(params), 0, u16(0)),
      ...times(params, i => COLUMN((i + 2) & 0xff)),
    ]),
  ],
];
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const TEXT = [0xfd, 0];

test('tells the first hundred of many parameters, and says that there are more', () => {
  const count = 300;
  const head = [u32(1), 0, u32(1), Buffer.alloc((count + 7) >> 3)];
  const values = times(count, i => [2, ...Buffer.from(String(i % 90).padStart(2, '0'))]);
  const first = packet(0, 0x17, ...head, 1, ...times(count, () => TEXT), ...values);
  const second = packet(0, 0x17, ...head, 0, ...values);
  const marks = times(count, () => '?').join();
  const turns = [...login(USUAL), ...PREPARE(1, count, `INSERT INTO t VALUES (${marks})`)];
  const records = fieldsOf([...turns, [0, first], [1, OK(1, 1)], [0, second], [1, OK(1, 1)]]).slice(1);
  expect(records).toHaveLength(2);
  for (const fields of records) {
    expect(fields).toMatchObject({ ROWS: 1, TRUNCATED: 1 });
    expect(fields.PARAMS).toEqual(times(100, i => String(i % 90).padStart(2, '0')));
  }
});

test('knows values that were sent ahead of one statement at a time', () => {
  const ahead = (id: number, text: string) => packet(0, 0x18, u32(id), u16(0), text);
  const execute = (id: number) => packet(0, 0x17, u32(id), 0, u32(1), 0, 1, TEXT);
  const [, first, second] = fieldsOf([
    ...login(USUAL),
    ...PREPARE(1, 1, 'INSERT INTO a VALUES (?)'),
    ...PREPARE(2, 1, 'INSERT INTO b VALUES (?)'),
    [0, Buffer.concat([ahead(1, 'first'), ahead(2, 'second '), ahead(2, 'text')])],
    ...([1, 2] as const).flatMap((id): Turn[] => [
      [0, execute(id)],
      [1, OK(1, 1)],
    ]),
  ]);
  expect(first).toMatchObject({ SQL: 'INSERT INTO a VALUES (?)', ROWS: 1 });
  expect(first).not.toHaveProperty('PARAMS');
  expect(second).toMatchObject({ SQL: 'INSERT INTO b VALUES (?)', PARAMS: ['second text'] });
});

test('lets the oldest statements go when their texts are more than may be kept', () => {
  const long = (id: number) => `DO ${id} -- ${'x'.repeat(1000)}`;
  const turns = [...login(USUAL), ...times(800, i => PREPARE(i + 1, 0, long(i + 1))).flat()];
  for (const id of [1, 800]) turns.push([0, packet(0, 0x17, u32(id), 0, u32(1))], [1, OK(1)]);
  const [, oldest, newest] = fieldsOf(turns);
  expect(oldest).not.toHaveProperty('SQL');
  expect(newest).toMatchObject({ SQL: long(800) });
});
