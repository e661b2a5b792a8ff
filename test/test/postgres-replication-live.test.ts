import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pause } from '../src/hosts/index.ts';
import { type LiveProbe, type LiveRun, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { type PostgresServer, postgresProgram, startPostgres } from '../src/servers/postgres.ts';

const TIMEOUT_MS = 120_000; // a busy machine takes its time for initdb
/** Less than what is copied here, and more than what Node's heap grows by while it is new. */
const GROWTH_LIMIT_BYTES = 20_000_000;

let scene: LiveScene;
let server: PostgresServer;
beforeAll(async () => {
  scene = makeLiveScene();
  server = await startPostgres(scene.host, scene.folder, ['wal_level=logical', 'timezone=UTC']);
  await scene.host.limitRate('lo', 100);
}, TIMEOUT_MS);
afterAll(() => scene.remove());

const connection = (more = ''): string =>
  `host=127.0.0.1 user=${server.user} password='${server.password}' dbname=postgres sslmode=disable ${more}`;
const psql = (sql: string): Promise<string> =>
  scene.host.run('psql', ['-X', '-A', '-t', '-c', sql, '-d', connection()]);

/** Of 25 MB. */
const makeTable = (name: string): Promise<string> =>
  psql(`CREATE TABLE ${name} AS SELECT i, repeat(md5(i::text), 10) AS text FROM generate_series(1, 70000) i`);

/** @returns what was seen meanwhile, and by how much the probe's memory grew */
async function watch(work: (probe: LiveProbe) => Promise<void>): Promise<LiveRun & { readonly growthBytes: number }> {
  const probe = await watchLoopback(scene.host, scene.folder);
  const residentBytes = (): number => {
    const status = readFileSync(`/proc/${probe.program.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  };
  await psql('SELECT 1');
  await probe.settle();
  const before = residentBytes();
  await work(probe);
  await probe.settle();
  const growthBytes = residentBytes() - before;
  const run = await probe.finish();
  expect(Object.keys(run.counters).filter(name => name.includes('postgres.parse_error'))).toEqual([]);
  return { ...run, growthBytes };
}

test(
  'psql and the probe say the same of commands of replication and of SQL on one connection',
  async () => {
    const commands = ['IDENTIFY_SYSTEM;', 'SHOW wal_segment_size;', 'TIMELINE_HISTORY 7;', 'SELECT 1;'];
    const script = join(scene.folder, 'commands.sql');
    writeFileSync(script, commands.map(sql => `\\o /dev/null\n${sql}\n\\o\n\\echo :SQLSTATE\n`).join(''));
    let said: string[] = [];
    const { exchanges } = await watch(async () => {
      const options = ['-X', '-q', '-f', script, '-d', connection('replication=database')];
      said = (await scene.host.run('psql', options)).split('\n');
    });
    const records = exchanges.slice(1);
    expect(records.map(({ SQL }) => SQL)).toEqual(commands);
    expect(records.map(({ SQLSTATE }) => SQLSTATE ?? '00000')).toEqual(said);
    expect(records.map(({ ROWS }) => ROWS)).toEqual([1, 1, undefined, 1]);
  },
  TIMEOUT_MS,
);

test(
  'what pg_receivewal streams is one record with its bytes, and is not kept',
  async () => {
    const wal = join(scene.folder, 'wal');
    mkdirSync(wal);
    await psql("SELECT pg_create_physical_replication_slot('wal', true)");
    await makeTable('big');
    const end = await psql('SELECT pg_current_wal_flush_lsn()');
    await psql("SELECT pg_logical_emit_message(true, 'test', 'what lies behind the end')");
    const { exchanges, growthBytes } = await watch(async () => {
      const options = ['-n', '-D', wal, '-S', 'wal', '--endpos', end, '-s', '1', '--no-sync', '-d', connection()];
      await scene.host.run('pg_receivewal', options);
    });
    const streams = exchanges.filter(({ SQL }) => String(SQL).startsWith('START_REPLICATION'));
    expect(streams).toMatchObject([{ USER: 'nano', APP: 'pg_receivewal', RESP: 1, RET_CODE: 0 }]);
    expect(streams[0]).not.toHaveProperty('ROWS');
    expect(streams[0]?.BYTES).toBeGreaterThan(25_000_000);
    expect(growthBytes).toBeLessThan(GROWTH_LIMIT_BYTES);
  },
  TIMEOUT_MS,
);

test(
  'what pg_recvlogical streams is one record with its bytes',
  async () => {
    await psql('CREATE TABLE town (id int)');
    await psql("SELECT pg_create_logical_replication_slot('rows', 'test_decoding')");
    await psql('INSERT INTO town SELECT generate_series(1, 3000)');
    const end = await psql('SELECT pg_current_wal_flush_lsn()');
    const file = join(scene.folder, 'rows.txt');
    const { exchanges } = await watch(async () => {
      const options = ['-n', '-S', 'rows', '--start', '-f', file, '--endpos', end, '-d', connection()];
      await scene.host.run('pg_recvlogical', options);
    });
    const said = readFileSync(file, 'utf8');
    expect(said.match(/INSERT/g)).toHaveLength(3000);
    const last = exchanges.at(-1);
    expect(last).toMatchObject({ SQL: 'START_REPLICATION SLOT "rows" LOGICAL 0/0', RESP: 1, RET_CODE: 0 });
    expect(last?.BYTES).toBeGreaterThan(said.length);
  },
  TIMEOUT_MS,
);

test.each([
  ['stream', ['BASE_BACKUP', 'START_REPLICATION']],
  ['fetch', ['BASE_BACKUP']],
])(
  'what pg_basebackup -X %s copies is told with its bytes, and is not kept',
  async (method, commands) => {
    const folder = join(scene.folder, `backup-${method}`);
    const { exchanges, growthBytes } = await watch(async () => {
      const options = ['-D', folder, '-X', method, '-c', 'fast', '--no-sync', '-d', connection()];
      await scene.host.run('pg_basebackup', options);
    });
    await scene.host.run(postgresProgram('pg_verifybackup'), ['-n', folder]);
    const copies = exchanges.filter(({ SQL }) => /^(BASE_BACKUP|START_REPLICATION)/.test(String(SQL)));
    expect(copies.map(({ SQL }) => String(SQL).split(' ')[0]).sort()).toEqual(commands);
    expect(copies).toMatchObject(commands.map(() => ({ APP: 'pg_basebackup', RESP: 1, RET_CODE: 0 })));
    const backup = copies.find(({ SQL }) => String(SQL).startsWith('BASE'));
    expect(backup?.BYTES).toBeGreaterThan(20_000_000);
    expect(growthBytes).toBeLessThan(GROWTH_LIMIT_BYTES);
  },
  TIMEOUT_MS,
);

test(
  'a backup of which the probe missed a part is told to its end, with all that it missed',
  async () => {
    const folder = join(scene.folder, 'backup-missed');
    await makeTable('large');
    const { exchanges, conversations, counters } = await watch(async probe => {
      const options = ['-D', folder, '-X', 'none', '-c', 'fast', '--no-sync', '-d', connection()];
      const backup = scene.host.run('pg_basebackup', options);
      while (!existsSync(join(folder, 'base'))) await pause(10);
      probe.program.child.kill('SIGSTOP');
      await pause(2500); // at 100 Mbit/s the ring is full after 1.3 s, and 45 MB or more take 4
      probe.program.child.kill('SIGCONT');
      await backup;
    });
    expect(counters['capture.dropped']).toBeGreaterThan(0);
    const backup = exchanges.find(({ SQL }) => String(SQL).startsWith('BASE_BACKUP'));
    const missed = conversations.reduce((sum, { LOST_BYTES }) => sum + Number(LOST_BYTES), 0);
    expect(backup).toMatchObject({ RESP: 1, RET_CODE: 0 });
    expect(backup?.LOST_BYTES).toBeGreaterThanOrEqual(missed);
    expect(missed).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
