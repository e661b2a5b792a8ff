import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type JdbcSaid, runJdbc } from '../src/clients/jdbc.ts';
import { runProgram } from '../src/hosts/index.ts';
import { type Exchange, type LiveRun, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { makeCertificate } from '../src/servers/certificate.ts';
import { startMariadb } from '../src/servers/mariadb.ts';
import { startPostgres } from '../src/servers/postgres.ts';

const TIMEOUT_MS = 120_000; // a busy machine takes its time

let scene: LiveScene;
let said: readonly JdbcSaid[];
let run: LiveRun;
/** All sessions talk while one probe watches: to start a JVM and two servers takes longest. */
beforeAll(async () => {
  scene = makeLiveScene();
  const { host, folder } = scene;
  const { cert, key } = await makeCertificate(folder, 'db.example');
  const postgresKey = join(folder, 'postgres-key.pem');
  await runProgram('install', ['--owner=postgres', '--mode=600', key, postgresKey]);
  await runProgram('chmod', ['644', key]);
  const [mysql, postgres] = await Promise.all([
    startMariadb(host, folder, [`--ssl-cert=${cert}`, `--ssl-key=${key}`]),
    startPostgres(host, folder, ['timezone=UTC', `ssl_cert_file=${cert}`, `ssl_key_file=${postgresKey}`]),
  ]);
  const probe = await watchLoopback(host, folder);
  said = await runJdbc(host, mysql, postgres);
  run = await probe.finish();
}, TIMEOUT_MS);
afterAll(() => scene.remove());

/** Where what a session says begins; what comes before is its driver's. */
const READY = "SELECT 'ready'";

/** A session's records; not those of another that its driver opened beside it. */
function recordsOf(app: string): readonly Exchange[] {
  const port = run.exchanges.find(({ APP }) => APP === app)?.SRC_PORT;
  const records = run.exchanges.filter(({ APP, SRC_PORT }) => APP === app && SRC_PORT === port);
  return records.slice(
    Math.max(
      0,
      records.findIndex(({ SQL }) => SQL === READY),
    ),
  );
}

/** What a record says, in the words of the sessions. */
const told = ({ SQL, COMMAND, PARAMS, ROWS, RESULTS, RESP, RET_CODE, SQLSTATE, ERR, NOTICE, ...record }: Exchange) => ({
  sql: SQL ?? COMMAND ?? null,
  ...(PARAMS !== undefined && { params: PARAMS }),
  ...(RESULTS !== undefined && SQLSTATE === undefined && { results: RESULTS }),
  ...(SQLSTATE !== undefined && { state: SQLSTATE }),
  ...(SQLSTATE !== undefined && record.L7_PROTOCOL === 'MYSQL' && { code: RET_CODE }),
  ...(ERR !== undefined && { message: ERR }),
  ...(ERR === undefined && COMMAND !== 'NotificationResponse' && { rows: ROWS ?? 0 }),
  ...(RESP === 0 && { answered: 0 }),
  ...(NOTICE !== undefined && { notices: NOTICE }),
  ...(record.NOTIFY_CHANNEL !== undefined && { notified: [record.NOTIFY_CHANNEL, record.NOTIFY_PAYLOAD] }),
});

const saidBy = (app: string) => said.filter(line => line.app === app).map(({ app: _, ...line }) => line);

const MYSQL_SESSIONS = [
  ...['text', 'client values', 'server values', 'compressed', 'batch', 'server batch', 'cursor', 'call'],
  ...['transactions', 'infile', 'cancel', 'refused'],
];
const POSTGRES_SESSIONS = [
  ...['text', 'simple', 'values', 'named', 'unnamed', 'simple values', 'types', 'batch', 'rewritten', 'long batch'],
  ...['cursor', 'adaptive', 'portals', 'transactions', 'autosave', 'call', 'copy', 'notify', 'notifier', 'cancel'],
  ...['ended', 'in clear'],
];
const SESSIONS = [
  ...MYSQL_SESSIONS.flatMap(name => [`mariadb ${name}`, `mysql ${name}`]),
  ...['mariadb bulk', 'mysql rewritten', 'mysql users'],
  ...POSTGRES_SESSIONS.map(name => `pg ${name}`),
];

/** Sessions that have no name on the wire. */
const othersOf = (protocol: string, command?: string) =>
  run.exchanges.filter(({ L7_PROTOCOL, APP, COMMAND }) => {
    return L7_PROTOCOL === protocol && APP === undefined && COMMAND === command;
  });

test.each(SESSIONS)('the session `%s` and the probe say the same, in order', app => {
  expect(recordsOf(app).map(told)).toEqual(saidBy(app));
});

test('what was read made sense, all of it', () => {
  const troubles = Object.keys(run.counters).filter(name => /parse_error|lost|dropped|thrown/i.test(name));
  expect(troubles).toEqual([]);
});

test('every session that spoke was one that said so', () => {
  const names = run.exchanges.flatMap(({ APP }) => (APP === undefined ? [] : [APP]));
  const others = ['mariadb secrets', 'mysql secrets', 'pg secrets', 'pg objects', 'pg ender'];
  expect([...new Set(names)].sort()).toEqual([...SESSIONS, ...others].sort());
});

test("a session's database and user are followed", () => {
  const places = (app: string) => recordsOf(app).map(({ SQL, COMMAND, USER, DB }) => [SQL ?? COMMAND, USER, DB]);
  expect(places('mariadb transactions').slice(-2)).toEqual([
    ['COM_INIT_DB', 'nano', 'mysql'],
    ['SELECT database()', 'nano', 'mysql'],
  ]);
  expect(places('mysql transactions').slice(-3, -1)).toEqual([
    ['USE `mysql`', 'nano', 'mysql'],
    ['SELECT database()', 'nano', 'mysql'],
  ]);
  expect(places('mysql users').at(-1)).toEqual(['COM_CHANGE_USER', 'nobody', 'archive']);
});

test('statements are told as prepared that ran prepared', () => {
  const preparedOf = (app: string) => recordsOf(app).filter(({ PREPARED }) => PREPARED === 1).length;
  const prepared = ['mysql client values', 'mysql server values', 'mysql cursor', 'pg simple', 'pg text'].map(
    preparedOf,
  );
  expect(prepared).toEqual([0, 3, 8, 0, recordsOf('pg text').length]);
});

test("a statement's cancellation is told beside it", () => {
  const kills = (app: string) =>
    run.exchanges.filter(({ APP, SQL }) => APP === app && /^KILL QUERY \d/.test(String(SQL)));
  expect([kills('mariadb cancel').length, kills('mysql cancel').length]).toEqual([1, 2]);
  const pids = said.flatMap(({ app, pid }) => (app === 'pg CancelRequest' ? [pid] : []));
  expect(pids).toHaveLength(2);
  expect(othersOf('POSTGRESQL', 'CancelRequest').map(({ BACKEND_PID }) => BACKEND_PID)).toEqual(pids);
});

test('a login that PostgreSQL refuses is told', () => {
  const refused = othersOf('POSTGRESQL', 'StartupMessage');
  expect(refused.map(told)).toEqual(saidBy('pg refused'));
  expect(refused).toMatchObject([{ USER: 'nano', RET_CODE: 1 }]);
});

test('large objects are told as the function calls that they are', () => {
  const calls = recordsOf('pg objects').flatMap(({ COMMAND }) => COMMAND ?? []);
  expect(calls).toEqual([957, 952, 955, 956, 954, 953].map(id => `FunctionCall ${id}`)); // lo_creat, lo_open …
});

test.each(['mariadb', 'mysql', 'pg'])('what %s encrypts is told as TLS inside of its protocol', kind => {
  const ciphers = said.flatMap(({ app, cipher }) => (app === `${kind} tls` ? [cipher] : []));
  expect(ciphers).toHaveLength(1);
  const STARTTLS = kind === 'pg' ? 'POSTGRESQL' : 'MYSQL';
  const sessions = othersOf('TLS').filter(record => record.STARTTLS === STARTTLS);
  expect(sessions.map(({ CIPHER }) => CIPHER)).toEqual(kind === 'pg' ? ciphers : [ciphers[0], ciphers[0]]);
});

test('secrets are told in none of the ways that a driver sends them', () => {
  const stored = run.exchanges.filter(({ APP, SQL }) => /secrets$/.test(String(APP)) && /password/.test(String(SQL)));
  expect(stored.length).toBeGreaterThan(50);
  const text = JSON.stringify(run.exchanges);
  expect(text).not.toContain('opensesame');
  expect(text).not.toContain(Buffer.from('opensesame').toString('hex'));
});
