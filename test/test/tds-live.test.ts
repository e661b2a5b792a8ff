import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runSqlServer } from '../src/clients/jdbc.ts';
import { type Exchange, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { root } from '../src/root.ts';
import { makeCertificate } from '../src/servers/certificate.ts';

// A real driver (tedious) and a scripted server: no SQL Server can be installed here.
const SERVER = `${root}test/dist/src/servers/tds/main.js`;
const CLIENT = `${root}test/dist/src/clients/tds-client.js`;
const MARS_CLIENT = `${root}test/src/clients/tds-mars.py`;
const PYTHON = `${root}node_modules/.cache/python`;
const PORT = '14330';

let scene: LiveScene;
beforeEach(() => {
  scene = makeLiveScene();
});
afterEach(() => scene.remove());

interface Said {
  readonly sql: string;
  readonly rows?: number;
  readonly error?: number | string;
}

async function run(encrypt: boolean, ...scripts: string[]): Promise<{ said: Said[]; records: readonly Exchange[] }> {
  const { host, folder } = scene;
  const files = encrypt ? Object.values(await makeCertificate(folder, 'sql.example')) : [];
  const server = host.start('node', [SERVER, PORT, ...files]);
  await server.line(/ready/);
  const probe = await watchLoopback(host, folder);
  const output = await host.run('node', [CLIENT, PORT, String(encrypt), ...scripts]);
  const { exchanges } = await probe.finish();
  const said = output.split('\n').map((line): Said => JSON.parse(line));
  return { said, records: exchanges.filter(({ SQL }) => !String(SQL).startsWith('set ansi_nulls')) };
}

const HIDDEN = 'a secret';

test('batches, calls, prepared statements and errors are told as the driver saw them, in order', async () => {
  const { said, records } = await run(false, 'batches', 'calls', 'prepared');
  const statements = records.filter(
    ({ SQL, PARAMS }) => SQL !== undefined && !(SQL === PREPARED && PARAMS === undefined),
  );
  expect(statements.map(({ SQL }) => String(SQL).replace(/^EXEC /, ''))).toEqual(
    said.map(({ sql }) => sql.slice(0, 1024)),
  );
  expect(statements.map(({ ROWS = 0, RET_CODE }) => RET_CODE || ROWS)).toEqual(
    said.map(({ rows, error }) => error ?? rows),
  );
  expect(records[0]).toMatchObject({ L7_PROTOCOL: 'MSSQL', USER: 'clerk', APP: 'till', DB: 'shop', RET_CODE: 0 });
  expect(statements.filter(({ PREPARED: flag }) => flag === 1).map(({ PARAMS }) => PARAMS)).toEqual([['1'], ['2']]);
  expect(JSON.stringify(records)).not.toContain(HIDDEN);
}, 60_000);
const PREPARED = 'select rows 4 where id = @id';

test('of tables that are parameters the rows are counted, and what follows them is told', async () => {
  const { said, records } = await run(false, 'tables');
  expect(records.slice(1).map(({ ROWS = 0, RET_CODE }) => RET_CODE || ROWS)).toEqual(said.map(({ rows }) => rows));
  expect(records.slice(1)).toMatchObject([
    { SQL: 'EXEC stock_add', PARAMS: ['3', 'dbo.Goods: 3 rows of 5 columns', 'three'] },
    { PARAMS: ['1', 'dbo.Goods: 1 row of 5 columns', 'one'] },
    { PARAMS: ['0', 'dbo.Goods: 0 rows of 5 columns', 'none'] },
    { PARAMS: ['300', expect.stringMatching(/^dbo.Goods: at least \d{2,3} rows of 5 columns$/)], TRUNCATED: 1 },
    { PARAMS: ['-1', 'NULL', 'null'] },
    { SQL: expect.stringContaining('insert'), PARAMS: ['dbo.Goods: 2 rows of 5 columns', 'blå'], ROWS: 1 },
  ]);
  expect(JSON.stringify(records)).not.toContain(HIDDEN);
}, 60_000);

test('a statement that the client cancels, a login that is refused', async () => {
  const { said, records } = await run(false, 'cancelled', 'refused');
  expect(said.map(({ error }) => error)).toEqual(['ECANCEL', undefined, 'ELOGIN']);
  expect(records.map(({ SQL, USER, ERR }) => [SQL ?? USER, ERR])).toEqual([
    ['clerk', undefined],
    ['wait for ever', 'cancelled by the client (attention)'],
    ['select rows 1', undefined],
    ['nobody', "Login failed for user 'nobody'."],
  ]);
}, 60_000);

test('secrets in statements, and in values by their place and their name, are replaced', async () => {
  const { records } = await run(false, 'secrets');
  expect(records.slice(1).map(({ SQL, PARAMS }) => [SQL, PARAMS])).toEqual([
    ["alter login clerk with password = N'[redacted]'", undefined],
    ['select rows 1 where name = @name and password = @word', ['[redacted]', 'bob']],
    ['EXEC change_password', ['bob', '[redacted]']],
  ]);
  expect(JSON.stringify(records)).not.toContain(HIDDEN);
}, 60_000);

test('a large result is counted, and nothing of it is kept', async () => {
  const { said, records } = await run(false, 'large');
  expect(said).toMatchObject([{ rows: 100_000 }]);
  expect(records.at(-1)).toMatchObject({ SQL: 'select rows 100000', ROWS: 100_000, RET_CODE: 0 });
}, 90_000);

test('an encrypted session is noticed', async () => {
  const { said, records } = await run(true, 'batches');
  expect(said[0]).toMatchObject({ sql: 'select rows 3', rows: 3 });
  expect(records).toMatchObject([{ L7_PROTOCOL: 'MSSQL', ENCRYPTED: 'session' }]);
}, 60_000);

test('several sessions on one connection, as python-tds has them, are told apart', async () => {
  const { host, folder } = scene;
  const server = host.start('node', [SERVER, PORT]);
  await server.line(/ready/);
  const probe = await watchLoopback(host, folder);
  const output = await host.run('env', [`PYTHONPATH=${PYTHON}`, '/usr/bin/python3', MARS_CLIENT, PORT]);
  const { exchanges, counters } = await probe.finish();
  expect(Object.keys(counters).filter(name => name.includes('parse_error'))).toEqual([]);
  const said = output.split('\n').map((line): Said => JSON.parse(line));
  const shown = said.map(({ sql, rows, error }) => [sql.slice(0, 1024), error ?? rows]);
  const told = exchanges.slice(1).map(({ SQL, ROWS = 0, RET_CODE }) => [SQL, RET_CODE || ROWS]);
  expect(told.sort()).toEqual(shown.sort()); // a statement ends when its session was read, or before
}, 60_000);

test("Microsoft's driver for Java and the probe say the same of each statement, in order", async () => {
  const { host, folder } = scene;
  const server = host.start('node', [SERVER, PORT]);
  await server.line(/ready/);
  const probe = await watchLoopback(host, folder);
  const said = await runSqlServer(host, PORT);
  const { exchanges, counters } = await probe.finish();
  expect(Object.keys(counters).filter(name => name.includes('parse_error'))).toEqual([]);
  const [, ...statements] = exchanges;
  const sent = statements.slice(0, said.length); // then it turns transactions off
  expect(sent.map(({ SQL, PARAMS, ROWS, RET_CODE }) => [SQL, PARAMS, RET_CODE === 0 ? (ROWS ?? 0) : RET_CODE])).toEqual(
    said.map(({ sql, params, rows, code }) => [sql, params, rows ?? code]),
  );
  expect(exchanges).toMatchObject(exchanges.map(() => ({ L7_PROTOCOL: 'MSSQL', USER: 'clerk', APP: 'jdbc', RESP: 1 })));
  expect(statements.at(4)).toMatchObject({ SQL: 'fail 208', ERR: said[4]?.message, DB: 'archive' });
}, 60_000);
