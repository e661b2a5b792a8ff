import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type Direction, type ReplayOptions, replay, type Talk, transcriptOf } from '../src/harness/index.ts';

type Turn = readonly [Direction, Buffer | number];

const int16 = (...values: number[]): Buffer => Buffer.from(values.flatMap(value => [(value >> 8) & 255, value & 255]));
const int32 = (value: number): Buffer => int16(value >> 16, value);
const string = (text: string): Buffer => Buffer.from(`${text}\0`);
const message = (type: string, ...body: Buffer[]): Buffer => {
  const content = Buffer.concat(body);
  return Buffer.concat([Buffer.from(type), int32(4 + content.length), content]);
};
const startup = (code: number, ...texts: string[]): Buffer => {
  const parameters = Buffer.concat([...texts.map(string), Buffer.of(0)]);
  return Buffer.concat([int32(8 + parameters.length), int32(code), parameters]);
};

const GSSENC_REQUEST = Buffer.concat([int32(8), int32(80_877_104)]);
const SSL_REQUEST = Buffer.concat([int32(8), int32(80_877_103)]);
const query = (sql: string): Buffer => message('Q', string(sql));
const parse = (name: string, sql: string, ...types: number[]): Buffer =>
  message('P', string(name), string(sql), int16(types.length), ...types.map(int32));
const bind = (name: string, formats: number[], ...values: (Buffer | string)[]): Buffer => {
  const lengths = values.flatMap(value => [int32(Buffer.byteLength(value)), Buffer.from(value)]);
  const [count, results] = [int16(values.length), int16(0)];
  return message('B', string(''), string(name), int16(formats.length), int16(...formats), count, ...lengths, results);
};
const describe = (name: string): Buffer => message('D', Buffer.from('S'), string(name));
const execute = (rows = 0): Buffer => message('E', string(''), int32(rows));
const sync = message('S');
const ready = message('Z', Buffer.from('I'));
const complete = (tag: string): Buffer => message('C', string(tag));
const row = (text: string): Buffer => message('D', int16(1), int32(text.length), Buffer.from(text));
const failure = (state: string, text: string, severity = 'ERROR'): Buffer =>
  message('E', string(`S${severity}`), string(`V${severity}`), string(`C${state}`), string(`M${text}`), Buffer.of(0));
const status = (name: string, value: string): Buffer => message('S', string(name), string(value));
const done = (tag: string): Buffer => Buffer.concat([message('1'), message('2'), complete(tag), ready]);

const login: Turn[] = [
  [0, startup(0x30000, 'user', 'ann', 'database', 'shop', 'application_name', 'till')],
  [1, Buffer.concat([message('R', int32(0)), message('K', int32(77), int32(0x7ec4e7)), ready])],
];

const run = (turns: readonly Turn[], talk: Partial<Talk> = {}, options: Partial<ReplayOptions> = {}) =>
  replay(transcriptOf([...turns], talk), { protocols: PROTOCOLS, ...options });
const fieldsOf = (...args: Parameters<typeof run>) => run(...args).reported.map(({ exchange }) => exchange.fields);
const summariesOf = (...args: Parameters<typeof run>) => run(...args).reported.map(({ exchange }) => exchange.summary);

test('each record says whose session it is', () => {
  const said = { USER: 'ann', DB: 'shop', APP: 'till', BACKEND_PID: 77, SQL: 'BEGIN', RET_CODE: 0, RESP: 1 };
  const turns: Turn[] = [...login, [0, query('BEGIN')], [1, Buffer.concat([complete('BEGIN'), ready])]];
  expect(fieldsOf(turns)).toMatchObject([said]);
});

test('the database is called like the user where none is named', () => {
  const turns: Turn[] = [[0, startup(0x30000, 'user', 'ann')], ...login.slice(1)];
  const asked: Turn[] = [
    [0, query('BEGIN')],
    [1, Buffer.concat([complete('BEGIN'), ready])],
  ];
  expect(fieldsOf([...turns, ...asked])).toMatchObject([{ USER: 'ann', DB: 'ann' }]);
});

test('a client of protocol 3.2 is answered with 3.0, or with a longer key', () => {
  const negotiation = message('v', int32(0), int32(1), string('_pq_.option'));
  const key = message('K', int32(77), Buffer.alloc(64, 1));
  const turns: Turn[] = [
    [0, startup(0x30002, 'user', 'ann', '_pq_.option', '1')],
    [1, Buffer.concat([negotiation, message('R', int32(0)), key, ready])],
    [0, query('BEGIN')],
    [1, Buffer.concat([complete('BEGIN'), ready])],
  ];
  expect(fieldsOf(turns)).toMatchObject([{ USER: 'ann', BACKEND_PID: 77, SQL: 'BEGIN' }]);
});

test('what GSSAPI encrypts is not read', () => {
  const turns: Turn[] = [
    [0, GSSENC_REQUEST],
    [1, Buffer.from('G')],
    [0, query('SELECT 1')],
  ];
  expect(run(turns)).toMatchObject({ reported: [], titles: ['POSTGRESQL'] });
});

test('after refused encryption the session begins in clear', () => {
  const refused: Turn[] = [GSSENC_REQUEST, SSL_REQUEST].flatMap((request): Turn[] => [
    [0, request],
    [1, Buffer.from('N')],
  ]);
  const turns: Turn[] = [...refused, ...login, [0, query('BEGIN')], [1, Buffer.concat([complete('BEGIN'), ready])]];
  expect(fieldsOf(turns)).toMatchObject([{ USER: 'ann', SQL: 'BEGIN' }]);
});

test('a server too old for SSLRequest says so in an error', () => {
  const turns: Turn[] = [
    [0, SSL_REQUEST],
    [1, failure('08P01', 'unsupported frontend protocol', 'FATAL')],
  ];
  expect(fieldsOf(turns)).toMatchObject([{ RET_CODE: 1, SQLSTATE: '08P01' }]);
});

test('a password, and the key for cancelling, stand nowhere', () => {
  const cancel = Buffer.concat([int32(16), int32(80_877_102), int32(77), int32(0x7ec4e7)]);
  const turns: Turn[] = [
    [0, startup(0x30000, 'user', 'ann')],
    [1, message('R', int32(3))],
    [0, message('p', string('opensesame'))],
    [1, failure('28P01', 'password authentication failed', 'FATAL')],
  ];
  const lines = [...run(turns).reported, ...run([[0, cancel]]).reported].map(({ line }) => line);
  expect(lines).toEqual([expect.stringContaining('28P01'), expect.stringContaining('"BACKEND_PID":77')]);
  expect(lines.join()).not.toMatch(/opensesame|8307943|7ec4e7/);
});

test('secrets in statements, parameters and messages are redacted', () => {
  const sent = [parse('', 'UPDATE u SET name = $1, password = $2'), bind('', [], 'ann', 'opensesame'), execute(), sync];
  const turns: Turn[] = [
    ...login,
    [0, query("ALTER ROLE ann PASSWORD 'opensesame'")],
    [1, Buffer.concat([failure('22023', 'bad option: password=opensesame'), ready])],
    [0, Buffer.concat(sent)],
    [1, done('UPDATE 1')],
    [1, message('A', int32(77), string('news'), string('{"password":"opensesame"}'))],
  ];
  expect(fieldsOf(turns)).toMatchObject([
    { SQL: "ALTER ROLE ann PASSWORD '[redacted]'", ERR: 'bad option: password=[redacted]' },
    { PARAMS: ['ann', '[redacted]'] },
    { NOTIFY_PAYLOAD: '{"password":"[redacted]"}' },
  ]);
  expect(JSON.stringify(run(turns).reported)).not.toContain('opensesame');
});

test('an application may rename itself', () => {
  const renamed = Buffer.concat([complete('SET'), status('application_name', 'stock'), ready]);
  const turns: Turn[] = [...login, [0, query('SET application_name = stock')], [1, renamed]];
  expect(fieldsOf(turns)).toMatchObject([{ APP: 'stock' }]);
});

test('text is read in the encoding of the client', () => {
  const inLatin1: Turn[] = [...login, [1, status('client_encoding', 'LATIN1')]];
  const turns: Turn[] = [...inLatin1, [0, message('Q', Buffer.from("SELECT 'Köln'\0", 'latin1'))], [1, ready]];
  expect(fieldsOf(turns)).toMatchObject([{ SQL: "SELECT 'Köln'" }]);
});

test('several statements in one string make one record', () => {
  const answer = [complete('INSERT 0 2'), row('a'), complete('SELECT 1'), complete('SET'), ready];
  const turns: Turn[] = [...login, [0, query('INSERT …; SELECT …; SET …')], [1, Buffer.concat(answer)]];
  expect(fieldsOf(turns)).toMatchObject([{ ROWS: 3, RET_CODE: 0 }]);
});

test('a statement is cut between characters', () => {
  const turns: Turn[] = [...login, [0, query("SELECT 'äöü'")], [1, Buffer.concat([complete('SELECT 1'), ready])]];
  expect(fieldsOf(turns, {}, { bodyLen: 11 })).toMatchObject([{ SQL: "SELECT 'ä", TRUNCATED: 1, ROWS: 1 }]);
});

test('a message larger than what may be kept is passed over but for its beginning', () => {
  const sql = `SELECT '${'x'.repeat(1_000_000)}'`;
  const whole = query(sql);
  const parts = Array.from({ length: 17 }, (_, i) => whole.subarray(i * 60_000, (i + 1) * 60_000));
  const sent = parts.map((part): Turn => [0, part]);
  const wide = row('y'.repeat(900_000));
  const came = [wide.subarray(0, 30_000), wide.subarray(30_000), Buffer.concat([complete('SELECT 1'), ready])];
  const turns: Turn[] = [...login, ...sent, ...came.map((part): Turn => [1, part])];
  const { reported, peakBytes } = run(turns, {}, { watchMemory: true });
  expect(reported).toMatchObject([{ exchange: { fields: { SQL: sql.slice(0, 1024), TRUNCATED: 1, ROWS: 1 } } }]);
  expect(reported[0]?.exchange.bytes).toBeGreaterThan(1_900_000);
  expect(peakBytes).toBeLessThan(20_000);
});

test('each fetch from a portal is a record with its own rows', () => {
  const turns: Turn[] = [
    ...login,
    [0, Buffer.concat([parse('', 'SELECT …'), bind('', []), execute(2), message('H')])],
    [1, Buffer.concat([message('1'), message('2'), row('a'), row('b'), message('s')])],
    [0, Buffer.concat([execute(2), sync])],
    [1, Buffer.concat([row('c'), complete('SELECT 1'), ready])],
  ];
  expect(fieldsOf(turns)).toMatchObject([
    { SQL: 'SELECT …', ROWS: 2, RET_CODE: 0 },
    { SQL: 'SELECT …', ROWS: 1, RET_CODE: 0 },
  ]);
});

test('binary parameters are read by the types that Describe was told', () => {
  const turns: Turn[] = [
    ...login,
    [0, Buffer.concat([parse('s', 'SELECT $1, $2'), describe('s'), sync])],
    [1, Buffer.concat([message('1'), message('t', int16(2), int32(23), int32(16)), message('n'), ready])],
    [0, Buffer.concat([bind('s', [1], int32(-5), Buffer.of(1)), execute(), sync])],
    [1, done('SELECT 1').subarray(5)],
  ];
  expect(fieldsOf(turns)).toMatchObject([{ PARAMS: ['-5', 't'] }]);
});

test('an end of the session is not told as the answer to what was asked before, when answers were lost', () => {
  const turns: Turn[] = [...login, [0, query('SELECT 1')], [1, 40], [1, failure('57P01', 'terminating', 'FATAL')]];
  expect(summariesOf(turns)).toEqual(['? 57P01 -', 'SELECT 1 - -']);
});

test('binary parameters whose types Parse told are read while a Describe waits for those of others', () => {
  const bound = bind('s', [1, 0], int32(-5), '2026-11-24');
  const sent = [parse('s', 'SELECT $1, $2', 23, 0), describe('s'), bound, execute(), sync];
  const told = [message('1'), message('t', int16(2), int32(23), int32(1082)), message('n'), message('2')];
  const turns: Turn[] = [
    ...login,
    [0, Buffer.concat(sent)],
    [1, Buffer.concat([...told, complete('SELECT 1'), ready])],
  ];
  expect(fieldsOf(turns)).toMatchObject([{ PARAMS: ['-5', '2026-11-24'] }]);
});

test('binary parameters of no known type, and values that are none of their type, are hexadecimal', () => {
  const sent = [parse('', 'SELECT $1, $2', 0, 23), bind('', [1], Buffer.from('ab'), Buffer.of(1, 2)), execute(), sync];
  const turns: Turn[] = [...login, [0, Buffer.concat(sent)], [1, done('SELECT 1')]];
  expect(fieldsOf(turns)).toMatchObject([{ PARAMS: ['\\x6162', '\\x0102'] }]);
});

test.each([
  ['infinity', 1114, '7fffffffffffffff'],
  ['-infinity', 1082, '80000000'],
  ['0044-03-15 BC', 1082, 'fff49d7b'],
  ['NaN', 1700, '00000000c0000000'],
  ['0.0012', 1700, '0001ffff00000004000c'],
  ['120000', 1700, '0001000100000000000c'],
  ['3.4028235e+38', 700, '7f7fffff'],
  ['-0', 701, '8000000000000000'],
  ['-9223372036854775808', 20, '8000000000000000'],
  ['{}', 1009, '0000000000000000000000190'.slice(0, 24)],
  ['{a,"b,c",NULL}', 1009, '000000010000000100000019000000030000000100000001610000000362'.concat('2c63ffffffff')],
  ['\\xffff000000000000', 1700, 'ffff000000000000'],
])('writes %s', (text, type, hex) => {
  const sent = [parse('', 'SELECT $1', type), bind('', [1], Buffer.from(hex, 'hex')), execute(), sync];
  expect(fieldsOf([...login, [0, Buffer.concat(sent)], [1, done('SELECT 1')]])).toMatchObject([{ PARAMS: [text] }]);
});

test('parameters are told up to bodylen, and not at all where only headers are asked for', () => {
  const sent = [parse('', 'SELECT $1, $2, $3'), bind('', [], 'a'.repeat(20), 'b'.repeat(20), 'c'), execute(), sync];
  const turns: Turn[] = [...login, [0, Buffer.concat(sent)], [1, done('SELECT 1')]];
  const cut = { PARAMS: ['a'.repeat(20), 'b'.repeat(9)], TRUNCATED: 1 };
  expect(fieldsOf(turns, {}, { bodyLen: 30 })).toMatchObject([cut]);
  expect(fieldsOf(turns, {}, { bodies: false })[0]).not.toHaveProperty('PARAMS');
});

test('met in mid-session, statements of unknown names are told without their text', () => {
  const turns: Turn[] = [
    [0, query('SELECT 1')],
    [1, Buffer.concat([complete('SELECT 1'), ready])],
    [0, Buffer.concat([bind('s', [0], 'x'), execute(), sync])],
    [1, Buffer.concat([message('2'), complete('SELECT 4'), ready])],
  ];
  const fields = fieldsOf(turns, { midStream: true });
  expect(fields.at(-1)).toMatchObject({ PREPARED: 1, ROWS: 4, RESP: 1 });
  expect(fields.at(-1)).not.toHaveProperty('SQL');
  expect(fields.at(-1)).not.toHaveProperty('PARAMS');
});

test('a name that the server refused to prepare anew keeps its statement', () => {
  const use = Buffer.concat([bind('s', []), execute(), sync]);
  const turns: Turn[] = [
    ...login,
    [0, Buffer.concat([parse('s', 'SELECT old'), use])],
    [1, done('SELECT 1')],
    [0, Buffer.concat([parse('s', 'SELECT new'), use])],
    [1, Buffer.concat([failure('42P05', 'exists'), ready])],
    [0, use],
    [1, done('SELECT 1').subarray(5)],
  ];
  expect(summariesOf(turns)).toEqual(['SELECT old SELECT 1', 'SELECT new 42P05', 'SELECT old SELECT 1']);
});

test.each(['DEALLOCATE ALL', 'DISCARD ALL'])('%s forgets what was prepared', tag => {
  const turns: Turn[] = [
    ...login,
    [0, Buffer.concat([parse('s', 'SELECT old'), sync])],
    [1, Buffer.concat([message('1'), ready])],
    [0, query(tag)],
    [1, Buffer.concat([complete(tag), ready])],
    [0, Buffer.concat([bind('s', []), execute(), sync])],
    [1, done('SELECT 1').subarray(5)],
  ];
  expect(summariesOf(turns)).toEqual([`${tag} ${tag}`, '? SELECT 1']);
});

/** Each asked alone, and answered with the tag. */
const spoken = (...pairs: [sql: string, tag: string][]): Turn[] =>
  pairs.flatMap(([sql, tag]): Turn[] => [
    [0, query(sql)],
    [1, Buffer.concat([...tag.split(';').map(complete), ready])],
  ]);

test.each([
  ["EXECUTE s(1, 'it''s', NULL)", ['1', "it's", 'NULL']],
  ['/* a */ execute S -- b\n(ARRAY[1,2], f(3, 4), $$a,b$$);', ['ARRAY[1,2]', 'f(3, 4)', '$$a,b$$']],
  ["EXECUTE s(E'\\'', - 1, null::text);", ["E'\\''", '- 1', 'null::text']],
])('%s runs what was prepared', (sql, params) => {
  const prepare = 'PREPARE s (int, numeric(4, 2), text) AS SELECT $1, $2, $3;';
  const [, fields] = fieldsOf([...login, ...spoken([prepare, 'PREPARE'], [sql, 'SELECT 1'])]);
  expect(fields).toMatchObject({ SQL: 'SELECT $1, $2, $3', PARAMS: params, PREPARED: 1, ROWS: 1 });
});

test('EXECUTE in SQL runs what Parse named, and Bind what PREPARE named', () => {
  const turns: Turn[] = [
    ...login,
    [0, Buffer.concat([parse('Half', 'SELECT $1 / 2'), sync])],
    [1, Buffer.concat([message('1'), ready])],
    ...spoken(['EXECUTE "Half"(84)', 'SELECT 1'], ['PREPARE twice AS SELECT 2 * $1', 'PREPARE']),
    [0, Buffer.concat([bind('twice', [], '21'), execute(), sync])],
    [1, done('SELECT 1').subarray(5)],
  ];
  expect(fieldsOf(turns)).toMatchObject([
    { SQL: 'SELECT $1 / 2', PARAMS: ['84'] },
    { SQL: 'PREPARE twice AS SELECT 2 * $1' },
    { SQL: 'SELECT 2 * $1', PARAMS: ['21'] },
  ]);
});

test('arguments of EXECUTE are secrets where the prepared text says so, and left out where it is not known', () => {
  const prepare = 'PREPARE s AS UPDATE u SET password = $2 WHERE name = $1';
  const execute = "EXECUTE s('ann', 'opensesame')";
  const turns = spoken([execute, 'UPDATE 1'], [prepare, 'PREPARE'], [execute, 'UPDATE 1'], [`${execute}; END`, 'END']);
  const { reported } = run([...login, ...turns]);
  expect(reported.map(({ exchange }) => exchange.fields)).toMatchObject([
    { SQL: 'EXECUTE s', PREPARED: 1, TRUNCATED: 1 },
    {},
    { PARAMS: ['ann', '[redacted]'] },
    { SQL: 'EXECUTE s; END', TRUNCATED: 1 },
  ]);
  expect(JSON.stringify(reported)).not.toContain('opensesame');
});

test('EXPLAIN of an EXECUTE is told with the prepared text', () => {
  const prepare = 'PREPARE s AS UPDATE u SET password = $2 WHERE name = $1';
  const asked = [
    "EXPLAIN EXECUTE s('ann', 'opensesame')",
    "explain (analyze, costs off) execute s('ann', 'opensesame')",
  ];
  const turns = spoken([prepare, 'PREPARE'], ...asked.map((sql): [string, string] => [sql, 'EXPLAIN']));
  const { reported } = run([
    ...login,
    ...turns,
    ...spoken(["EXPLAIN ANALYZE VERBOSE EXECUTE t('opensesame')", 'EXPLAIN']),
  ]);
  const text = prepare.slice(13);
  expect(reported.slice(1).map(({ exchange }) => exchange.fields)).toMatchObject([
    { SQL: `EXPLAIN ${text}`, PARAMS: ['ann', '[redacted]'], PREPARED: 1 },
    { SQL: `explain (analyze, costs off) ${text}`, PARAMS: ['ann', '[redacted]'] },
    { SQL: 'EXPLAIN ANALYZE VERBOSE EXECUTE t', TRUNCATED: 1 },
  ]);
  expect(JSON.stringify(reported)).not.toContain('opensesame');
});

test.each(['DEALLOCATE s', 'DEALLOCATE PREPARE "s";', 'DEALLOCATE ALL', 'DISCARD ALL'])(
  'after %s nothing is known',
  sql => {
    const tag = sql.endsWith('ALL') ? sql : 'DEALLOCATE';
    const turns = spoken(['PREPARE s AS SELECT 1', 'PREPARE'], [sql, tag], ['EXECUTE s', 'SELECT 1']);
    expect(summariesOf([...login, ...turns]).at(-1)).toBe('EXECUTE s ? SELECT 1 *');
  },
);

test('of several statements that stop at an error, those before it count', () => {
  const sent = 'PREPARE a AS SELECT 1; DEALLOCATE b; PREPARE c AS SELECT 3; PREPARE d AS SELECT 4';
  const turns: Turn[] = [
    ...login,
    ...spoken(['PREPARE b AS SELECT 2', 'PREPARE'], ['PREPARE c AS SELECT 0', 'PREPARE']),
    [0, query(sent)],
    [1, Buffer.concat([complete('PREPARE'), complete('DEALLOCATE'), failure('42P05', 'exists'), ready])],
    ...spoken(...['a', 'b', 'c', 'd'].map((name): [string, string] => [`EXECUTE ${name}`, 'SELECT 1'])),
  ];
  const runs = summariesOf(turns).slice(-4);
  expect(runs).toEqual(['SELECT 1 SELECT 1', 'EXECUTE b ? SELECT 1 *', 'SELECT 0 SELECT 1', 'EXECUTE d ? SELECT 1 *']);
});

test('what a text prepares beyond what is kept of it is not known', () => {
  const [first, second] = [
    "PREPARE s AS SELECT 'first'",
    'PREPARE long AS SELECT 2; DEALLOCATE s; PREPARE s AS SELECT 3',
  ];
  const turns = spoken([first, 'PREPARE'], [second, 'PREPARE;DEALLOCATE;PREPARE'], ['EXECUTE s', 'SELECT 1']);
  expect(summariesOf([...login, ...turns], {}, { bodyLen: 30 }).at(-1)).toBe('EXECUTE s ? SELECT 1 *');
});

test('of a text that prepares more than is read the rest is cut away', () => {
  const many = Array.from({ length: 70 }, (_, i) => `PREPARE s${i} AS SELECT ${i}`);
  const sql = [...many, "EXECUTE x('opensesame')"].join(';');
  const { reported, stats } = run([...login, ...spoken([sql, 'SELECT 1'])], {}, { bodyLen: 4096 });
  expect(reported).toMatchObject([{ exchange: { fields: { SQL: `${many.slice(0, 64).join(';')};`, TRUNCATED: 1 } } }]);
  expect(stats).toMatchObject({ 'postgres.parse_error.sayings_limit': 1, held_bytes: 0 });
});

test.each([
  "PREPARE TRANSACTION 'two'",
  "SELECT 'EXECUTE s(1)'",
  'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; EXECUTE s(1))',
  'DO $x$ BEGIN EXECUTE s; END $x$',
  "EXECUTE s('a'",
  'EXECUTE (',
  'PREPARE',
])('%s is told as it is', sql => {
  const [told] = fieldsOf([...login, ...spoken([sql, 'DO'])]);
  expect(told?.SQL).toBe(sql.startsWith('EXECUTE s') ? 'EXECUTE s' : sql);
});

test('rows that were not captured are counted by what the server says at the end', () => {
  const turns: Turn[] = [
    ...login,
    [0, query('TABLE t')],
    [1, row('a')],
    [1, 5000],
    [1, Buffer.concat([row('z'), row('z'), complete('SELECT 300'), ready])],
  ];
  expect(fieldsOf(turns)).toMatchObject([{ SQL: 'TABLE t', ROWS: 300, LOST_BYTES: 5000, RET_CODE: 0 }]);
});

test('a gap inside a value does not lose the place', () => {
  const wide = row('y'.repeat(9000));
  const turns: Turn[] = [
    ...login,
    [0, query('TABLE t')],
    [1, wide.subarray(0, 100)],
    [1, wide.length - 200],
    [1, Buffer.concat([wide.subarray(-100), complete('SELECT 1'), ready])],
  ];
  expect(summariesOf(turns)).toEqual(['TABLE t SELECT 1']);
  expect(fieldsOf(turns)).toMatchObject([{ LOST_BYTES: wide.length - 200 }]);
});

const copyData = (lengthBytes: number): Buffer => message('d', Buffer.alloc(lengthBytes, 'data\n'));
const copyEnd = (rows: number): Buffer => Buffer.concat([message('c'), complete(`COPY ${rows}`), ready]);

test('of a COPY in which more than a message was not captured the end is found, and what was passed over is counted', () => {
  const torn = copyData(700).subarray(-300); // the end of a message whose beginning is lost
  const turns: Turn[] = [
    ...login,
    [0, query('COPY t TO STDOUT')],
    [1, Buffer.concat([message('H', Buffer.of(0), int16(0)), copyData(50)])],
    [1, 5000],
    [1, torn],
    [1, Buffer.concat([copyData(50), copyEnd(1234)])],
  ];
  expect(fieldsOf(turns)).toMatchObject([{ SQL: 'COPY t TO STDOUT', ROWS: 1234, LOST_BYTES: 5300, RET_CODE: 0 }]);
});

test('after a loss a stream of messages longer than the segments is found again by where they begin', () => {
  const files = Array.from({ length: 9 }, () => copyData(32_768));
  const stream = Buffer.concat(files);
  const segments = Array.from({ length: Math.ceil(stream.length / 1448) }, (_, i) =>
    stream.subarray(1448 * i, 1448 * (i + 1)),
  );
  const turns: Turn[] = [
    ...login,
    [0, query('BASE_BACKUP')],
    [1, message('H', Buffer.of(0), int16(0))],
    ...segments.slice(0, 5).map((segment): Turn => [1, segment]),
    [1, 30 * 1448], // ends inside the second one
    ...segments.slice(35).map((segment): Turn => [1, segment]),
    [1, copyEnd(0)],
  ];
  const passedOver = 4 * 32_773 - 35 * 1448; // of the second to the fourth: by the fifth, three have told where they begin
  expect(fieldsOf(turns)).toMatchObject([{ LOST_BYTES: 30 * 1448 + passedOver, RET_CODE: 0 }]);
});

test('data that looks like beginnings of messages everywhere is remembered up to a limit', () => {
  const noise = Buffer.from('d\0\0\x05 d\0\0\x05 D\0\0\x05 ');
  const { stats } = run([...login, [0, query('TABLE t')], [1, row('a')], [1, 5000], [1, Buffer.alloc(90_000, noise)]]);
  expect(stats['postgres.parse_error.links_limit']).toBeGreaterThan(0);
});

test("what was not captured of a COPY's data is counted when the client sends it, too", () => {
  const turns: Turn[] = [
    ...login,
    [0, query('COPY t FROM STDIN')],
    [1, message('G', Buffer.of(0), int16(0))],
    [0, copyData(50)],
    [0, 5000],
    [0, Buffer.concat([copyData(700).subarray(-300), copyData(50), message('c')])],
    [1, Buffer.concat([complete('COPY 1234'), ready])],
  ];
  expect(fieldsOf(turns)).toMatchObject([{ SQL: 'COPY t FROM STDIN', ROWS: 1234, LOST_BYTES: 5300, RET_CODE: 0 }]);
});

test('an answer whose end was not seen is told as incomplete', () => {
  const turns: Turn[] = [...login, [0, query('TABLE t')], [1, Buffer.concat([row('a'), row('b')])]];
  const [fields] = fieldsOf(turns);
  expect(fields).toMatchObject({ SQL: 'TABLE t', ROWS: 2, RESP: 1, ERR: 'incomplete' });
  expect(fields).not.toHaveProperty('RET_CODE');
});

test('beside an error stand the rows that came before it, where any did', () => {
  const wrong = failure('22012', 'division by zero');
  const turns: Turn[] = [
    ...login,
    [0, query('SELECT 4; SELECT 1 / i FROM t')],
    [1, Buffer.concat([row('4'), complete('SELECT 1'), row('1'), row('2'), wrong, ready])],
    [0, query('SELECT 1 / 0')],
    [1, Buffer.concat([message('T', int16(0)), wrong, ready])],
  ];
  const [some, none] = fieldsOf(turns);
  expect(some).toMatchObject({ ROWS: 3, RET_CODE: 1 });
  expect(none).not.toHaveProperty('ROWS');
});

test("an answer behind lost questions is nobody's", () => {
  const turns: Turn[] = [
    ...login,
    [0, Buffer.concat([parse('', 'SELECT 1'), bind('', [])])],
    [0, 300],
    [0, Buffer.concat([bind('', []), execute(), sync])],
    [1, Buffer.concat([message('1'), message('2'), complete('SELECT 7'), message('2'), complete('SELECT 8'), ready])],
    [0, query('SELECT 3')],
    [1, Buffer.concat([complete('SELECT 9'), ready])],
  ];
  expect(summariesOf(turns)).toEqual(['? SELECT 7', '? SELECT 8', '? -', 'SELECT 3 SELECT 9']);
});

test('a replication stream is one record', () => {
  const turns: Turn[] = [
    ...login,
    [0, query('START_REPLICATION 0/0')],
    [1, message('W', Buffer.of(0), int16(0))],
    [1, Buffer.concat([message('d', Buffer.alloc(500, 0x77)), message('d', Buffer.alloc(18, 0x6b))])],
    [0, message('d', Buffer.alloc(34, 0x72))],
    [0, message('c')],
    [1, Buffer.concat([message('c'), complete('COPY 0'), ready])],
  ];
  expect(run(turns).reported).toMatchObject([
    { exchange: { summary: 'START_REPLICATION 0/0 COPY 0', bytes: 27 + 8 + 528 + 39 + 5 + 5 + 12 + 6 } },
  ]);
});

test('the server may end an idle session', () => {
  const turns: Turn[] = [...login, [1, failure('57P01', 'terminating connection', 'FATAL')]];
  expect(fieldsOf(turns)).toMatchObject([{ USER: 'ann', RET_CODE: 1, SQLSTATE: '57P01' }]);
});

test('a statement that is not answered before the end is told so', () => {
  expect(fieldsOf([...login, [0, query('SELECT 1')]])).toMatchObject([{ SQL: 'SELECT 1', RESP: 0 }]);
});

test('more prepared statements than are kept are counted, and the latest are known', () => {
  const named = Array.from({ length: 1100 }, (_, i) => parse(`s${i}`, `SELECT ${i}`));
  const turns: Turn[] = [
    ...login,
    ...named
      .map((one): Turn => [0, Buffer.concat([one, sync])])
      .flatMap((turn): Turn[] => [turn, [1, Buffer.concat([message('1'), ready])]]),
    [0, Buffer.concat([bind('s1099', []), execute(), sync])],
    [1, done('SELECT 1').subarray(5)],
  ];
  const { reported, stats } = run(turns);
  expect(reported).toMatchObject([{ exchange: { fields: { SQL: 'SELECT 1099' } } }]);
  expect(stats).toMatchObject({ 'postgres.parse_error.statements_limit': 76, held_bytes: 0 });
});

test('a request of Kafka with the same first bytes is not taken for a startup', () => {
  const metadata = Buffer.concat([int32(20), int16(3, 0), int32(1), int16(4), Buffer.from('test'), int32(0)]);
  expect(run([[0, metadata]]).titles).toEqual([undefined]);
});
