import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Exchange, LiveRun } from '../src/live/index.ts';
import { LIBMARIADB_CLIENT } from '../src/programs.ts';
import { type Database, makeDatabase, type Said, saidBy, TIMEOUT_MS, told } from './mysql-kit.ts';

let database: Database;
beforeAll(async () => {
  database = await makeDatabase();
}, TIMEOUT_MS);
afterAll(() => database.scene.remove());

async function watch(work: () => Promise<void>): Promise<LiveRun> {
  const run = await database.watch(work);
  expect(Object.keys(run.counters).filter(name => name.includes('mysql.parse_error'))).toEqual([]);
  return run;
}

const isStatement = ({ SQL, RET_CODE }: Exchange): boolean => SQL !== undefined || RET_CODE !== 0;

for (const compress of [false, true])
  test(
    `mysql2 and the probe say the same of each statement${compress ? ', compressed' : ''}`,
    async () => {
      let said: Said[] = [];
      const { exchanges } = await watch(async () => {
        said = await database.mysql2(compress, 'text', 'multi', 'prepared');
      });
      expect(told(exchanges.filter(isStatement))).toEqual(said);
      expect(exchanges[0]).toMatchObject({
        L7_PROTOCOL: 'MYSQL',
        COMMAND: 'COM_CONNECT',
        RET_CODE: 0,
        ...(compress && { COMPRESSION: 'zlib' }),
      });
      expect(exchanges).toMatchObject(exchanges.map(() => ({ USER: 'nano', DB: 'shop', APP: 'till', RESP: 1 })));
      const executions = exchanges.filter(({ PREPARED }) => PREPARED === 1);
      expect(executions.map(({ PARAMS }) => PARAMS)).toEqual([
        ['21', 'one', '2.25', '2026-11-24 08:30:00.000000'],
        ['22', 'NULL', '-3', 'NULL'],
        ['23', '0x0001ff', '7', '2026-01-02 03:04:05'],
        ['21', 'twice', '0', 'NULL'],
        ['1', 'x'],
      ]);
      const results = exchanges.filter(({ RESULTS }) => RESULTS !== undefined).map(({ RESULTS }) => RESULTS);
      expect(results).toEqual([3, 3]);
    },
    TIMEOUT_MS,
  );

test(
  'the mariadb client and the probe say the same of each statement',
  async () => {
    const towns = join(database.scene.folder, 'towns');
    writeFileSync(towns, '4\tBrno\n5\tGraz\n');
    const script = [
      'CREATE OR REPLACE TABLE town (id INT PRIMARY KEY, name VARCHAR(40)) ENGINE=InnoDB',
      "INSERT INTO town VALUES (1, 'Köln'), (2, 'Genève'), (3, 'Málaga')",
      'SELECT * FROM town WHERE id < 3',
      'SELECT * FROM village',
      `LOAD DATA LOCAL INFILE '${towns}' INTO TABLE town`,
      "UPDATE town SET name = 'Łódź' WHERE id > 1",
      'ALTER TABLE town ENGINE = Aria', // with progress reports
      'SELECT seq FROM seq_1_to_4321',
      'SELECT 1 FROM town WHERE id = 77',
      'DROP TABLE town',
    ];
    const file = join(database.scene.folder, 'script.sql');
    writeFileSync(file, script.map(sql => `${sql};\n`).join(''));
    let said = '';
    const { exchanges } = await watch(async () => {
      said = await database.shell(`mariadb --skip-ssl --force -vv --local-infile shop <${file} || :`);
    });
    const counts = [...said.matchAll(/^(?:Query OK, (\d+) rows?|(\d+) rows? in set|(Empty set))/gm)].map(
      ([, affected, returned]) => Number(affected ?? returned ?? 0),
    );
    const statements = exchanges.filter(({ COMMAND }) => COMMAND === 'COM_QUERY');
    expect(statements.map(({ SQL }) => SQL)).toEqual(script);
    expect(statements.filter(({ RET_CODE }) => RET_CODE === 0).map(({ ROWS }) => ROWS)).toEqual(counts);
    expect(statements[3]).toMatchObject({
      RET_CODE: 1146,
      SQLSTATE: '42S02',
      ERR: "Table 'shop.village' doesn't exist",
    });
  },
  TIMEOUT_MS,
);

test(
  'Connector/C and the probe say the same of bulks, cursors, values sent ahead, and executions behind their preparation',
  async () => {
    let said: Said[] = [];
    const { exchanges } = await watch(async () => {
      const args = [LIBMARIADB_CLIENT, String(database.server.port), database.server.user, database.server.password];
      said = saidBy(await database.scene.host.run('python3', args));
    });
    // A cursor's rows come in fetches.
    const statements = exchanges.filter(({ SQL, COMMAND }) => SQL !== undefined && COMMAND !== 'COM_STMT_PREPARE');
    const fetches = statements.filter(({ COMMAND }) => COMMAND === 'COM_STMT_FETCH');
    expect(fetches.map(({ ROWS }) => ROWS)).toEqual([2, 2, 1]);
    const whole = statements.filter(({ COMMAND }) => COMMAND !== 'COM_STMT_FETCH');
    const counted = whole.map(record => (record.SQL === fetches[0]?.SQL ? { ...record, ROWS: 5 } : record));
    // The client tells of the preparation's error, not of the execution's behind it.
    const failed = exchanges.filter(({ COMMAND, RET_CODE }) => COMMAND === 'COM_STMT_PREPARE' && RET_CODE !== 0);
    const merged = counted.map(record => (record.RET_CODE === 1243 ? failed[0] : record) ?? record);
    expect(told(merged)).toEqual(said);
    expect(whole.flatMap(({ PARAMS = [] }) => [PARAMS]).slice(1, 6)).toEqual([
      ['1', 'one', '2', 'two', '3', 'NULL', '4', 'four', '5', 'five'],
      ['1', 'one', '2', 'two', '3', 'NULL', '4', 'four', '5', 'five'],
      ['10', 'a long text of three pieces'],
      ['11', 'short'],
      ['6'],
    ]);
  },
  TIMEOUT_MS,
);

test(
  'a session that changes its user and database is followed',
  async () => {
    let said: Said[] = [];
    const { exchanges } = await watch(async () => {
      said = await database.mysql2(false, 'text', 'users');
    });
    expect(said.at(-1)).toMatchObject({ sql: 'COM_CHANGE_USER', error: 1045 });
    const seen = exchanges
      .slice(10)
      .map(({ SQL, COMMAND, DB, USER, RET_CODE }) => [SQL ?? COMMAND, USER, DB, RET_CODE]);
    expect(seen).toEqual([
      ['USE archive', 'nano', 'archive', 0],
      ['CREATE OR REPLACE TABLE old (id INT)', 'nano', 'archive', 0],
      ['COM_CHANGE_USER', 'nano', 'shop', 0],
      ['SELECT id FROM goods', 'nano', 'shop', 0],
      ['COM_CHANGE_USER', 'nobody', 'shop', 1045],
    ]);
    expect(JSON.stringify(exchanges)).not.toContain(database.server.password);
  },
  TIMEOUT_MS,
);

const sysbench = (command: string, ...more: string[]): Promise<string> =>
  database.scene.host.run('sysbench', [
    ...[
      'oltp_read_write',
      '--mysql-host=127.0.0.1',
      `--mysql-port=${database.server.port}`,
      `--mysql-user=${database.server.user}`,
    ],
    ...[
      `--mysql-password=${database.server.password}`,
      '--mysql-db=shop',
      '--tables=1',
      '--table-size=500',
      ...more,
      command,
    ],
  ]);

/** Of sysbench's summary. */
const countOf = (summary: string, what: string): number => Number(new RegExp(`${what}: +(\\d+)`).exec(summary)?.[1]);

test(
  "sysbench's prepared statements are all told, with their text and parameters",
  async () => {
    await sysbench('prepare');
    let summary = '';
    const { exchanges, counters } = await watch(async () => {
      summary = await sysbench('run', '--events=150', '--time=0', '--threads=4');
    });
    const ran = exchanges.filter(({ PREPARED }) => PREPARED === 1);
    const failed = ran.filter(({ RET_CODE }) => RET_CODE !== 0); // deadlocks
    const count = (pattern: RegExp) =>
      ran.filter(({ SQL, RET_CODE }) => RET_CODE === 0 && pattern.test(String(SQL))).length;
    expect(counters['capture.dropped'] ?? 0).toBe(0);
    expect(failed.length).toBe(countOf(summary, 'ignored errors'));
    expect(count(/^SELECT/)).toBe(countOf(summary, 'read'));
    expect(count(/^(?:INSERT|UPDATE|DELETE)/)).toBe(countOf(summary, 'write'));
    expect(count(/^(?:BEGIN|COMMIT)/)).toBe(countOf(summary, 'other'));
    expect(ran.length - failed.length).toBe(countOf(summary, 'total'));
    const points = ran.filter(({ SQL }) => SQL === 'SELECT c FROM sbtest1 WHERE id=?');
    expect(points.every(({ PARAMS, ROWS }) => Array.isArray(PARAMS) && PARAMS.length === 1 && ROWS === 1)).toBe(true);
  },
  TIMEOUT_MS,
);

test(
  'of a session met in the middle, what ran through statements prepared before has no text',
  async () => {
    const busy = sysbench('run', '--events=0', '--time=4', '--threads=1', '--rate=50');
    let conversations = 0;
    await database.scene.host.run('sh', ['-c', 'sleep 2']);
    const { exchanges } = await watch(async () => {
      await busy;
      conversations += 1;
    });
    expect(conversations).toBe(1);
    const ran = exchanges.filter(({ PREPARED }) => PREPARED === 1);
    expect(ran.length).toBeGreaterThan(20);
    expect(ran.filter(({ SQL, PARAMS, USER }) => SQL ?? PARAMS ?? USER)).toEqual([]);
    // The first may be told apart from its answer, or be cut off at its beginning.
    expect(ran.slice(1).every(({ RESP, RET_CODE }) => RESP === 1 && RET_CODE === 0)).toBe(true);
  },
  TIMEOUT_MS,
);

test(
  'a client that asks for TLS is told as TLS inside of MySQL',
  async () => {
    let said = '';
    const { exchanges } = await watch(async () => {
      said = await database.shell('mariadb --ssl "$@"', ['-N', '-e', "SHOW STATUS LIKE 'Ssl_cipher'"]);
    });
    const [, cipher] = said.split('\t');
    expect(cipher).toBeTruthy();
    expect(exchanges).toMatchObject([{ L7_PROTOCOL: 'TLS', STARTTLS: 'MYSQL', CIPHER: cipher }]);
  },
  TIMEOUT_MS,
);

test(
  'what mariadb-binlog streams is one record with its bytes',
  async () => {
    const { host, folder } = database.scene;
    const { port, user, password } = database.server;
    const login = ['--no-defaults', '--skip-ssl', '-h127.0.0.1', `-P${port}`, `-u${user}`, `-p${password}`];
    const raw = ['--read-from-remote-server', '--raw', `--result-file=${folder}/`, 'binlog.000001'];
    const { exchanges } = await watch(async () => {
      await host.run('mariadb-binlog', [...login, ...raw]);
    });
    const last = exchanges.at(-1);
    expect(last).toMatchObject({ COMMAND: 'COM_BINLOG_DUMP', RESP: 1, RET_CODE: 0 });
    expect(last?.BYTES).toBeGreaterThan(statSync(join(folder, 'binlog.000001')).size);
  },
  TIMEOUT_MS,
);

test(
  'text in another character set is read as the client announced it, and its secrets are found',
  async () => {
    const sjis = join(database.scene.folder, 'sjis.sql');
    const text = "SELECT '\x95\x5c' AS hyo, 'opensesame' AS password;\n"; // the character's second byte is a backslash
    writeFileSync(sjis, text, 'latin1');
    const { exchanges } = await watch(async () => {
      await database.shell('mariadb --skip-ssl --default-character-set=sjis shop <"$1"', [sjis]);
    });
    expect(exchanges.at(-1)).toMatchObject({ SQL: "SELECT '表' AS hyo, '[redacted]' AS password", ROWS: 1 });
  },
  TIMEOUT_MS,
);
