import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Exchange, LiveProbe } from '../src/live/index.ts';
import { type Database, makeDatabase, type Said, TIMEOUT_MS, told } from './mysql-kit.ts';

const BODY_LEN = 1024;

let database: Database;
beforeAll(async () => {
  database = await makeDatabase();
}, TIMEOUT_MS);
afterAll(() => database.scene.remove());

const peakKiB = (probe: LiveProbe): number =>
  Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${probe.program.pid}/status`, 'utf8'))?.[1]);

const MILLION = 'SELECT seq, repeat("x", 40) FROM seq_1_to_1000000';
const GROWTH_KIB = 24 * 1024; // garbage of a busy process; the rows are 47 MB

for (const options of [[], ['--compress']])
  test(
    `a million rows are counted, and nothing of them is kept${options.length > 0 ? ', compressed' : ''}`,
    async () => {
      let growth = 0;
      const { exchanges, counters } = await database.watch(async probe => {
        await database.mariadb('shop', '-e', 'SELECT 1');
        await probe.settle();
        const before = peakKiB(probe);
        await database.shell('mariadb --skip-ssl "$@" >/dev/null', [...options, '--quick', 'shop', '-e', MILLION]);
        await probe.settle();
        growth = peakKiB(probe) - before;
      });
      expect(counters['capture.dropped'] ?? 0).toBe(0);
      expect(exchanges.at(-1)).toMatchObject({ SQL: MILLION, ROWS: 1_000_000, RET_CODE: 0 });
      expect(growth).toBeLessThan(GROWTH_KIB);
    },
    TIMEOUT_MS,
  );

async function runLong(compress: boolean, megabytes: number): Promise<{ said: Said[]; statements: Exchange[] }> {
  await database.mariadb('-e', 'CREATE OR REPLACE TABLE archive.blobs (id INT, text LONGTEXT)');
  let said: Said[] = [];
  const { exchanges } = await database.watch(async () => {
    said = await database.mysql2(compress, `long:${megabytes}`);
  });
  return { said, statements: exchanges.filter(({ SQL }) => SQL !== undefined) };
}

test(
  'a statement and a row of 36 MB, each in three packets, are passed over',
  async () => {
    const { said, statements } = await runLong(false, 36);
    expect(told(statements)).toEqual(said.map(one => ({ ...one, sql: one.sql.slice(0, BODY_LEN) })));
    expect(statements.map(({ ROWS, TRUNCATED }) => [ROWS, TRUNCATED])).toEqual([
      [1, 1],
      [1, undefined],
      [1, undefined],
    ]);
  },
  TIMEOUT_MS,
);

test(
  'of a large compressed frame the beginning is read, and what follows it is found again',
  async () => {
    const { said, statements } = await runLong(true, 12);
    expect(statements.map(({ SQL }) => SQL)).toEqual(said.map(({ sql }) => sql.slice(0, BODY_LEN)));
    expect(statements).toMatchObject([{ ROWS: 1, RET_CODE: 0 }, { RESP: 1 }, { ROWS: 1, RET_CODE: 0 }]);
    // MariaDB puts the row and what ends the answer into one frame.
    expect(statements[1]).not.toHaveProperty('RET_CODE');
    expect(Number(statements[1]?.LOST_BYTES)).toBeGreaterThan(1_000_000);
  },
  TIMEOUT_MS,
);
