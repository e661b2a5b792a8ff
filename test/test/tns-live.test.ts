import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type JdbcSaid, runOracle } from '../src/clients/jdbc.ts';
import { type Exchange, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { root } from '../src/root.ts';

// Real drivers (npm's oracledb in thin mode, Oracle's JDBC) and a scripted server: no Oracle can be installed here.
const SERVER = `${root}test/dist/src/servers/tns/main.js`;
const CLIENT = `${root}test/dist/src/clients/tns-client.js`;
const PORT = '15210';

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

async function run(
  version: '19' | '23',
  ...scripts: string[]
): Promise<{ said: Said[]; records: readonly Exchange[] }> {
  const { host, folder } = scene;
  const server = host.start('node', [SERVER, PORT, version]);
  await server.line(/ready/);
  const probe = await watchLoopback(host, folder);
  const output = await host.run('node', [CLIENT, PORT, ...scripts]);
  const { exchanges } = await probe.finish();
  return { said: output.split('\n').map((line): Said => JSON.parse(line)), records: exchanges };
}

/** Secrets are replaced, and long texts cut. */
const shown = (sql: string): string => sql.replace("by 'a secret'", "by '[redacted]'").slice(0, 1024);

for (const version of ['19', '23'] as const)
  test(`statements are told as the driver saw them, in order, by a server of version ${version}`, async () => {
    const { said, records } = await run(version, 'statements', 'cursors');
    expect(records[0]).toMatchObject({ L7_PROTOCOL: 'ORACLE', USER: 'clerk', APP: 'till', DB: 'shop', RET_CODE: 0 });
    const statements = records.slice(1);
    expect(statements.map(({ SQL }) => SQL)).toEqual(said.map(({ sql }) => shown(sql)));
    expect(statements.map(({ ROWS = 0, RET_CODE }) => RET_CODE || ROWS)).toEqual(
      said.map(({ rows, error }) => error ?? rows),
    );
    expect(statements.filter(({ PREPARED }) => PREPARED === 1)).toHaveLength(3);
    expect(JSON.stringify(records)).not.toContain('a secret');
  }, 60_000);

const KINDS = [
  "it's blå",
  'NULL',
  'Łódź',
  '0xc0ffee',
  expect.stringMatching(/^2026-11-24 \d\d:30:15$/), // in the client's time zone
  expect.stringMatching(/^2026-11-24 \d\d:30:15\.25$/),
  '2026-11-24 12:30:15.25Z',
  '2026-11-24 12:30:15.25',
  '-1.5',
  '1.1',
  '-2-03',
  '+4 05:06:07.08',
];
const NUMBERS = [
  '0',
  '-1',
  '42',
  '100',
  '-12.5',
  '0.001',
  `1${'0'.repeat(20)}`,
  '-0.000000325',
  '123456789.123456',
  '0.000000001',
];

for (const version of ['19', '23'] as const)
  test(`values of bind variables are told as the driver was given them, to a server of version ${version}`, async () => {
    const { said, records } = await run(version, 'binds');
    expect(records.slice(1).map(({ SQL }) => SQL)).toEqual(said.map(({ sql }) => sql));
    expect(records.slice(1).map(({ PARAMS }) => PARAMS)).toEqual([
      NUMBERS,
      KINDS,
      ['TRUE', 'NULL', '?'],
      ['a', '1'],
      ['b', '2'],
      ['0xff', '3'],
      ['c', '4', 'd', 'NULL', 'e', '6'],
      ['[redacted]', 'bob'],
      ['bob', '[redacted]'],
      ['x'.repeat(1024)],
      ['8', 'y'.repeat(1022)],
      ['?', '?'],
      ['w'.repeat(400), '10'],
      ['[1, 2, 3]', 'last'],
    ]);
    expect(JSON.stringify(records)).not.toContain('a secret');
  }, 60_000);

test('a statement that the client breaks off is told with what the server says of it', async () => {
  const { said, records } = await run('19', 'cancelled');
  expect(said).toMatchObject([{ error: 1013 }, { rows: 1 }]);
  expect(records.slice(1).map(({ SQL, RET_CODE }) => [SQL, RET_CODE])).toEqual([
    ['select wait from goods', 1013],
    ['select rows 1 from goods', 0],
  ]);
  expect(records[1]?.ERR).toMatch(/^ORA-01013: /);
}, 60_000);

test('services and users that are refused are told with the code', async () => {
  const { records } = await run('19', 'refused');
  expect(records.slice(1).map(({ DB, USER, RET_CODE }) => [DB, USER, RET_CODE])).toEqual([
    ['nowhere', expect.any(String), 12514],
    ['shop', 'nobody', 1017],
    ['shop', 'clerk', 1017],
  ]);
}, 60_000);

test('a client that is sent elsewhere, or asked again, is followed', async () => {
  const { records } = await run('19', 'redirected');
  expect(records.slice(1).map(({ REDIRECT, SQL, DB }) => [REDIRECT ?? SQL, DB])).toEqual([
    [`127.0.0.1:${PORT}`, 'moved'],
    [undefined, 'shop'],
    ['select rows 1 from moved', 'shop'],
    [undefined, 'again'],
    ['select rows 2 from again', 'again'],
  ]);
}, 60_000);

test('a large result is counted over its fetches, and nothing of it is kept', async () => {
  const { said, records } = await run('19', 'large');
  expect(said).toMatchObject([{ rows: 100_000 }]);
  const rows = records.slice(1).map(({ ROWS }) => Number(ROWS));
  expect(rows.reduce((sum, count) => sum + count, 0)).toBe(100_000);
  expect(new Set(records.slice(1).map(({ SQL }) => SQL))).toEqual(new Set(['select rows 100000 from goods']));
}, 90_000);

const MOST_CHARS = 1024;
/** The driver has words of its own for it. */
const NO_SERVICE = 12514;
/** What a record says, in the words of Oracle's own driver. */
const told = ({ SQL, PARAMS, ROWS = 0, RET_CODE, ERR }: Exchange) => ({
  sql: SQL ?? null,
  ...(PARAMS !== undefined && { params: PARAMS }),
  ...(RET_CODE === 0 ? { rows: ROWS } : { code: RET_CODE, ...(RET_CODE !== NO_SERVICE && { message: ERR }) }),
});
const shortened = ({ app: _, message, ...said }: JdbcSaid) => ({
  ...said,
  ...(said.sql && { sql: said.sql.slice(0, MOST_CHARS) }),
  ...(message !== undefined && said.code !== NO_SERVICE && { message }),
});

for (const version of ['19', '23'] as const)
  test(`Oracle's own driver and the probe say the same, in order, of a server of version ${version}`, async () => {
    const { host, folder } = scene;
    const server = host.start('node', [SERVER, PORT, version]);
    await server.line(/ready/);
    const probe = await watchLoopback(host, folder);
    const said = await runOracle(host, PORT);
    const { exchanges, counters } = await probe.finish();
    expect(exchanges[0]).toMatchObject({ L7_PROTOCOL: 'ORACLE', USER: 'CLERK', APP: 'till', DB: 'shop', RET_CODE: 0 });
    expect(exchanges.slice(1).map(told)).toEqual(said.map(shortened));
    expect(Object.keys(counters).filter(name => name.includes('parse_error'))).toEqual([]);
    expect(JSON.stringify(exchanges)).not.toContain('a secret');
  }, 90_000);
