import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runProgram } from '../src/hosts/index.ts';
import {
  type Exchange,
  type LiveProbe,
  type LiveRun,
  type LiveScene,
  makeLiveScene,
  watchLoopback,
} from '../src/live/index.ts';
import { LIBPQ_CLIENT, PG_CLIENT } from '../src/programs.ts';
import { makeCertificate } from '../src/servers/certificate.ts';
import { type PostgresServer, postgresProgram, startPostgres } from '../src/servers/postgres.ts';

const TIMEOUT_MS = 120_000; // a busy machine takes its time for initdb

let scene: LiveScene;
let server: PostgresServer;
beforeAll(async () => {
  scene = makeLiveScene();
  server = await startPostgres(scene.host, scene.folder, ['timezone=UTC']);
  await scene.host.limitRate('lo', 200);
}, TIMEOUT_MS);
afterAll(() => scene.remove());

const uri = (options = 'sslmode=disable'): string =>
  `postgresql://${server.user}:${encodeURIComponent(server.password)}@127.0.0.1:${server.port}/postgres?${options}`;

/** Runs psql with a script. @returns what it prints */
function psql(script: string, ...options: string[]): Promise<string> {
  const file = join(scene.folder, 'script.sql');
  writeFileSync(file, script);
  return scene.host.run('psql', ['-X', '-q', '-A', '-t', ...options, '-f', file, uri()]);
}

async function watch(work: (probe: LiveProbe) => Promise<void>, ...options: string[]): Promise<LiveRun> {
  const probe = await watchLoopback(scene.host, scene.folder, options);
  await work(probe);
  const run = await probe.finish();
  expect(Object.keys(run.counters).filter(name => name.includes('postgres.parse_error'))).toEqual([]);
  return run;
}

const pick = (records: readonly Exchange[], ...names: string[]): Exchange[] =>
  records.map(record => Object.fromEntries(names.flatMap(name => (name in record ? [[name, record[name]]] : []))));

/** What one of our clients printed, as the records should have it. */
interface Said {
  /** Undefined where it says something else. */
  readonly sql?: string;
  readonly rows?: number | null;
  readonly state?: string;
  readonly error?: string;
  readonly skipped?: boolean;
  readonly values?: readonly string[];
  readonly pid?: number;
}

const isEcho = /^SELECT \$1(, \$\d)*$/;
const saidBy = (output: string): Said[] => output.split('\n').map((line): Said => JSON.parse(line));

const expected = ({ sql, rows, state, error, skipped }: Said): Exchange => ({
  ...(sql !== '' && { SQL: sql }),
  ...(typeof rows === 'number' && { ROWS: rows }),
  ...(state !== undefined && { SQLSTATE: state, ERR: error }),
  RESP: skipped ? 0 : 1,
  ...(!skipped && { RET_CODE: state === undefined ? 0 : 1 }),
});

test(
  'psql and the probe say the same of each statement',
  async () => {
    const statements = [
      'CREATE TEMP TABLE town (id int, name text);',
      "INSERT INTO town SELECT i, 'town ' || i FROM generate_series(1, 1234) i;",
      'SELECT * FROM town;',
      'SELECT * FROM village;',
      "UPDATE town SET name = 'Łódź' WHERE id % 7 = 0;",
      'BEGIN;',
      'DELETE FROM town WHERE id > 1000;',
      'SELECT 1 / (id - 5) FROM town;',
      'SELECT 1;',
      'ROLLBACK;',
      "SELECT count(*) FROM town WHERE name = 'Łódź';",
      'VACUUM town;',
      'FETCH 3 FROM nowhere;',
    ];
    const script = statements.map(sql => `\\o /dev/null\n${sql}\n\\o\n\\echo :ROW_COUNT :SQLSTATE\n`).join('');
    let said: string[] = [];
    const { exchanges } = await watch(async () => {
      said = (await psql(script)).split('\n');
    });
    // psql does not count the rows that came before an error.
    expect(exchanges.filter(({ RET_CODE, ROWS }) => RET_CODE !== 0 && ROWS !== undefined)).toMatchObject([
      { SQL: 'SELECT 1 / (id - 5) FROM town;', ROWS: 4 },
    ]);
    const told = exchanges.map(
      ({ RET_CODE, ROWS, SQLSTATE }) => `${RET_CODE === 0 ? (ROWS ?? 0) : 0} ${SQLSTATE ?? '00000'}`,
    );
    expect(exchanges.map(({ SQL }) => SQL)).toEqual(statements);
    expect(told).toEqual(said);
    expect(exchanges).toMatchObject(
      statements.map(() => ({ L7_PROTOCOL: 'POSTGRESQL', USER: 'nano', APP: 'psql', RESP: 1 })),
    );
  },
  TIMEOUT_MS,
);

test(
  'pg and the probe say the same of each statement, and of each fetch',
  async () => {
    let said: Said[] = [];
    const { exchanges } = await watch(async () => {
      const args = [PG_CLIENT, String(server.port), server.user, server.password, '2'];
      said = saidBy(await scene.host.run('node', args));
    });
    // pg tells of a fetched table the rows of the last fetch, of SHOW and of nothing none.
    const fetches = said.flatMap(one =>
      one.sql?.includes('ORDER BY')
        ? [
            { ...one, rows: 2 },
            { ...one, rows: 1 },
          ]
        : [one],
    );
    const counted = fetches.map(one => (one.sql?.startsWith('SHOW') ? { ...one, rows: 1 } : one));
    expect(pick(exchanges, 'SQL', 'ROWS', 'SQLSTATE', 'ERR', 'RESP', 'RET_CODE')).toEqual(counted.map(expected));
    const inserts = exchanges.filter(({ SQL }) => String(SQL).startsWith('INSERT'));
    expect(inserts.map(({ PARAMS }) => PARAMS)).toEqual([
      ['1', 'one', '\\x6162'],
      ['2', 'zwölf', '\\x6162'],
      ['3', 'NULL', '\\x6162'],
      ['4', 'four', 'NULL'],
    ]);
  },
  TIMEOUT_MS,
);

test(
  'libpq and the probe say the same of pipelines, COPY, a failed commit and a cancelled statement',
  async () => {
    let said: Said[] = [];
    const { exchanges } = await watch(async () => {
      said = saidBy(await scene.host.run('python3', [LIBPQ_CLIENT, uri(), 'describe']));
    });
    const statements = said.filter(({ pid }) => pid === undefined);
    const records = exchanges.filter(({ COMMAND }) => COMMAND === undefined);
    const failed = records.filter(({ SQLSTATE }) => SQLSTATE !== '23505');
    expect(pick(failed, 'SQL', 'ROWS', 'SQLSTATE', 'RESP', 'RET_CODE')).toMatchObject(
      statements
        .filter(({ state }) => state !== '23505')
        .map(one => pick([expected(one)], 'SQL', 'ROWS', 'SQLSTATE', 'RESP', 'RET_CODE')[0]),
    );
    expect(records.filter(one => !failed.includes(one))).toMatchObject([
      { SQL: 'INSERT INTO u VALUES ($1), ($1)', RET_CODE: 1 },
    ]);
    const others = exchanges.flatMap(({ COMMAND, BACKEND_PID }) =>
      COMMAND === undefined ? [] : [[COMMAND, BACKEND_PID]],
    );
    const [pid] = said.flatMap(one => one.pid ?? []);
    expect(others).toContainEqual(['FunctionCall 177', pid]);
    expect(others).toContainEqual(['CancelRequest', pid]);
  },
  TIMEOUT_MS,
);

test(
  'parameters are written as the server writes them',
  async () => {
    let said: Said[] = [];
    const { exchanges } = await watch(async () => {
      said = saidBy(await scene.host.run('python3', [LIBPQ_CLIENT, uri()]));
    });
    const echoes = exchanges.filter(({ SQL }) => isEcho.test(String(SQL)));
    expect(echoes.length).toBeGreaterThan(10);
    expect(echoes.map(({ PARAMS }) => PARAMS)).toEqual(
      said.filter(({ sql }) => isEcho.test(sql ?? '')).map(({ values }) => values),
    );
  },
  TIMEOUT_MS,
);

test(
  'EXECUTE in SQL is told with the text that the server has of it',
  async () => {
    const runs = ["town('Ełk', 3)", 'town($$Bari$$, 2 + 2)', '"Two"', 'gone', 'town(NULL, 0)'];
    const script = [
      'CREATE TEMP TABLE town (name text, size int);',
      'PREPARE town (text, int) AS INSERT INTO town VALUES ($1, $2);',
      'PREPARE "Two" AS SELECT name FROM town\\; PREPARE gone AS SELECT 1\\; DEALLOCATE gone;',
      '\\echo known',
      "SELECT name || ' ' || substring(statement from ' AS (.*);') FROM pg_prepared_statements ORDER BY name COLLATE \"C\";",
      ...runs.map(run => `\\o /dev/null\nEXECUTE ${run};\n\\o\n\\echo :ROW_COUNT :SQLSTATE`),
    ];
    let said: string[] = [];
    const { exchanges } = await watch(async () => {
      said = (await psql(script.join('\n'))).split('\n');
    });
    const executed = exchanges.slice(-runs.length);
    const answers = executed.map(({ ROWS, SQLSTATE }) => `${ROWS ?? 0} ${SQLSTATE ?? '00000'}`);
    expect(answers).toEqual(said.slice(-runs.length));
    expect(said).toContain(`town ${executed[0]?.SQL}`);
    expect(executed).toMatchObject([
      { SQL: 'INSERT INTO town VALUES ($1, $2)', PREPARED: 1, PARAMS: ['Ełk', '3'] },
      { PARAMS: ['$$Bari$$', '2 + 2'] },
      { SQL: 'SELECT name FROM town', ROWS: 2 },
      { SQL: 'EXECUTE gone;', SQLSTATE: '26000' },
      { SQL: 'INSERT INTO town VALUES ($1, $2)', PARAMS: ['NULL', '0'] },
    ]);
  },
  TIMEOUT_MS,
);

test(
  'pg runs by either protocol what was prepared by the other',
  async () => {
    const { exchanges } = await watch(async () => {
      await scene.host.run('node', [PG_CLIENT, String(server.port), server.user, server.password, 'prepare']);
    });
    expect(pick(exchanges, 'SQL', 'PARAMS', 'SQLSTATE')).toEqual([
      { SQL: 'PREPARE twice (int) AS SELECT 2 * $1 AS twice' },
      { SQL: 'SELECT 2 * $1 AS twice', PARAMS: ['21'] },
      { SQL: 'SELECT $1::int / 2 AS half', PARAMS: ['8'] },
      { SQL: 'SELECT $1::int / 2 AS half', PARAMS: ['84'] },
      { SQL: 'PREPARE third AS SELECT $1::int / 3 AS third' },
      { SQL: 'SELECT $1::int / 3 AS third', PARAMS: ['9'] },
      { SQL: 'DEALLOCATE third' },
      { SQL: 'EXECUTE third', SQLSTATE: '26000' },
    ]);
  },
  TIMEOUT_MS,
);

test(
  'what a script of pgbench prepares and executes in SQL is told',
  async () => {
    const file = join(scene.folder, 'prepare.pgbench');
    const prepares = ['PREPARE p (int) AS SELECT $1 + 1', 'EXECUTE p(:client_id)', 'DEALLOCATE p'];
    writeFileSync(file, `${prepares.join(';\n')};\n`);
    const { exchanges } = await watch(async () => {
      await scene.host.run(postgresProgram('pgbench'), ['-n', '-f', file, '-c', '3', '-t', '50', uri()]);
    });
    const runs = exchanges.filter(({ SQL }) => SQL === 'SELECT $1 + 1');
    expect(runs.filter(({ PREPARED, ROWS, RET_CODE }) => PREPARED !== 1 || ROWS !== 1 || RET_CODE !== 0)).toEqual([]);
    const values = runs.map(({ PARAMS }) => String(PARAMS)).sort();
    expect(values).toEqual(['0', '1', '2'].flatMap(value => Array.from({ length: 50 }, () => value)));
  },
  TIMEOUT_MS,
);

test.each(['simple', 'extended', 'prepared'])(
  'every transaction of pgbench -M %s is there',
  async mode => {
    await scene.host.run(postgresProgram('pgbench'), ['-i', '-q', '-n', uri()]);
    const [clients, transactions] = [4, 100];
    let said = '';
    const { exchanges } = await watch(async () => {
      const load = ['-M', mode, '-n', '-c', `${clients}`, '-t', `${transactions}`];
      said = await scene.host.run(postgresProgram('pgbench'), [...load, uri()]);
    });
    const all = clients * transactions;
    expect(said).toContain(`actually processed: ${all}/${all}`);
    const steps = exchanges.filter(({ SQL }) => /^(BEGIN|UPDATE pgbench|SELECT abalance|INSERT|END)/.test(String(SQL)));
    expect(steps).toHaveLength(all * 7);
    const isExtended = mode !== 'simple';
    const kinds = new Set(
      steps.map(({ RESP, RET_CODE, PREPARED, PARAMS }) => [RESP, RET_CODE, PREPARED, PARAMS !== undefined].join()),
    );
    expect([...kinds].sort()).toEqual(isExtended ? ['1,0,1,false', '1,0,1,true'] : ['1,0,,false']);
    const updates = steps.filter(({ SQL }) => String(SQL).startsWith('UPDATE'));
    expect(updates.filter(({ ROWS }) => ROWS !== 1)).toEqual([]);
    // In one session, the steps of each transaction come in their order.
    const orders = new Map<unknown, string>();
    for (const { SRC_PORT, SQL } of steps)
      orders.set(SRC_PORT, `${orders.get(SRC_PORT) ?? ''}${String(SQL).charAt(0)}`);
    expect([...orders.values()]).toEqual(Array.from({ length: clients }, () => 'BUSUUIE'.repeat(transactions)));
  },
  TIMEOUT_MS,
);

test(
  'COPY is told with its rows and bytes, both ways',
  async () => {
    const file = join(scene.folder, 'rows.txt');
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i}\tline number ${i}\n`).join('');
    writeFileSync(file, lines);
    const { exchanges } = await watch(async () => {
      await psql(`CREATE TEMP TABLE t (i int, text text);\n\\copy t FROM '${file}'\n\\copy t TO '${file}.out'\n`);
    });
    expect(readFileSync(`${file}.out`, 'utf8')).toBe(lines);
    expect(exchanges.slice(1)).toMatchObject([
      { SQL: expect.stringContaining('FROM STDIN'), ROWS: 20_000, RET_CODE: 0 },
      { SQL: expect.stringContaining('TO STDOUT'), ROWS: 20_000, RET_CODE: 0 },
    ]);
    for (const { BYTES } of exchanges.slice(1)) expect(BYTES).toBeGreaterThan(lines.length);
  },
  TIMEOUT_MS,
);

test(
  'a million rows are counted, and not kept',
  async () => {
    let growthBytes = 0;
    const { exchanges } = await watch(async probe => {
      await psql('SELECT 1;');
      const residentBytes = (): number => {
        const status = readFileSync(`/proc/${probe.program.pid}/status`, 'utf8');
        return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
      };
      const before = residentBytes();
      await psql('\\o /dev/null\nSELECT i, md5(i::text) FROM generate_series(1, 1000000) i;');
      await probe.settle();
      growthBytes = residentBytes() - before;
    });
    expect(exchanges[1]).toMatchObject({ ROWS: 1_000_000, RET_CODE: 0, RESP: 1 });
    expect(exchanges[1]?.BYTES).toBeGreaterThan(50_000_000);
    expect(growthBytes).toBeLessThan(40_000_000);
  },
  TIMEOUT_MS,
);

test(
  'notices and notifications are told',
  async () => {
    const { exchanges } = await watch(async () => {
      await psql("LISTEN news;\nDO 'BEGIN RAISE NOTICE ''half way''; END';\nNOTIFY news, 'paper';\nSELECT 1;");
    });
    const told = pick(exchanges, 'SQL', 'NOTICE', 'NOTIFY_CHANNEL', 'NOTIFY_PAYLOAD');
    expect(told).toContainEqual(expect.objectContaining({ NOTICE: ['NOTICE: half way'] }));
    expect(told).toContainEqual({ NOTIFY_CHANNEL: 'news', NOTIFY_PAYLOAD: 'paper' });
  },
  TIMEOUT_MS,
);

test(
  'a login that fails is told, without its password',
  async () => {
    const { exchanges } = await watch(async () => {
      const wrong = uri().replace(/:[^:@]*@/, ':opensesame@');
      await expect(scene.host.run('psql', ['-c', 'SELECT 1', wrong])).rejects.toThrow('password authentication failed');
    });
    expect(exchanges).toMatchObject([{ COMMAND: 'StartupMessage', USER: 'nano', SQLSTATE: '28P01', RET_CODE: 1 }]);
    expect(JSON.stringify(exchanges)).not.toContain('opensesame');
  },
  TIMEOUT_MS,
);

test(
  'a session that had begun before is read from its next statements on',
  async () => {
    const client = scene.host.start('psql', ['-X', '-q', uri()]);
    client.tell('\\echo begun');
    await client.line(/begun/);
    const { exchanges } = await watch(async () => {
      for (const value of [11, 12, 13]) {
        client.tell(`SELECT ${value}; \\echo said ${value}`);
        await client.line(new RegExp(`said ${value}`));
      }
      await client.stop();
    });
    expect(exchanges.slice(-2)).toMatchObject([
      { SQL: 'SELECT 12;', ROWS: 1 },
      { SQL: 'SELECT 13;', ROWS: 1 },
    ]);
  },
  TIMEOUT_MS,
);

test(
  'what psql encrypts is told as TLS, asked for by POSTGRES',
  async () => {
    await server.program.stop();
    const { cert, key } = await makeCertificate(scene.folder, 'db.example');
    await runProgram('chown', ['postgres', key]);
    await runProgram('chmod', ['600', key]);
    server = await server.restart([`ssl=on`, `ssl_cert_file=${cert}`, `ssl_key_file=${key}`]);
    const { exchanges } = await watch(async () => {
      expect(await scene.host.run('psql', ['-X', '-A', '-t', '-c', 'SELECT 42', uri('sslmode=require')])).toBe('42');
    });
    expect(exchanges).toMatchObject([{ L7_PROTOCOL: 'TLS', STARTTLS: 'POSTGRESQL', TLS_VERSION: '1.3' }]);
  },
  TIMEOUT_MS,
);
