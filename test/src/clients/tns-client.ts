// cold. What npm's oracledb (thin mode) does with an Oracle server, told as JSON lines: one for each statement, with what
// the driver saw.
import { createRequire } from 'node:module';

interface Result {
  readonly rows?: readonly unknown[];
  readonly rowsAffected?: number;
}
/** By place, or by name. */
type Binds = readonly unknown[] | { readonly [name: string]: unknown };
interface Connection {
  module: string;
  execute(sql: string, binds?: Binds, options?: { prefetchRows?: number; fetchArraySize?: number }): Promise<Result>;
  executeMany(sql: string, rows: readonly (readonly unknown[])[]): Promise<Result>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  ping(): Promise<void>;
  breakExecution(): Promise<void>;
  close(): Promise<void>;
}
interface Driver {
  program: string;
  /** Types and directions of bind variables, and intervals. */
  readonly [constant: `DB_TYPE_${string}` | `BIND_${string}`]: unknown;
  readonly IntervalDS: new (parts: { [part: string]: number }) => unknown;
  readonly IntervalYM: new (parts: { [part: string]: number }) => unknown;
  getConnection(options: { user: string; password: string; connectString: string }): Promise<Connection>;
}
/** It comes without types. */
const driver = createRequire(import.meta.url)('oracledb') as Driver;
driver.program = 'till';

const [port = '1521', ...scripts] = process.argv.slice(2);

interface Said {
  readonly sql: string;
  readonly rows?: number;
  readonly error?: number | string;
}
const say = (said: Said): void => console.log(JSON.stringify(said));
const codeOf = (error: unknown): number | string => {
  const { errorNum, code, message } = error as { errorNum?: number; code?: string; message?: string };
  return errorNum || code || String(message);
};

const connect = (service: string, user = 'clerk', password = 'a secret'): Promise<Connection> =>
  driver.getConnection({ user, password, connectString: `127.0.0.1:${port}/${service}` });

async function run(
  connection: Connection,
  sql: string,
  ...rest: [Binds?, { prefetchRows?: number; fetchArraySize?: number }?]
): Promise<void> {
  try {
    const { rows, rowsAffected } = await connection.execute(sql, ...rest);
    say({ sql, rows: rows?.length ?? rowsAffected ?? 0 });
  } catch (error) {
    say({ sql, error: codeOf(error) });
  }
}

async function fails(sql: string, start: Promise<Connection>): Promise<void> {
  await start.then(
    connection => connection.close(),
    error => say({ sql, error: codeOf(error) }),
  );
}

const SCRIPTS: { readonly [name: string]: (connection: Connection) => Promise<void> } = {
  async statements(connection) {
    await run(connection, 'select rows 1 from goods');
    await run(connection, "insert into goods values ('blå', 1)");
    await run(connection, 'begin close_day; end;');
    await run(connection, 'select fail 942 from nothing');
    await run(connection, 'select break 1476 from dual');
    await run(connection, `select rows 2 /* ${'long '.repeat(2000)}*/ from goods`);
    connection.module = 'tills';
    await run(connection, "alter user clerk identified by 'a secret'");
    await connection.ping();
  },
  async fetches(connection) {
    await run(connection, 'select rows 7 from goods', [], { prefetchRows: 2, fetchArraySize: 3 });
    await run(connection, 'select rows 0 from goods');
  },
  async cursors(connection) {
    for (const id of [1, 2, 3]) await run(connection, 'insert into goods values (:1, :2)', [id, `name ${id}`]);
    for (const id of [1, 2]) await run(connection, 'select rows 2 from goods where id = :1', [id]);
  },
  async binds(connection) {
    const numbers = [0, -1, 42, 100, -12.5, 0.001, 1e20, -3.25e-7, 123456789.123456, 1e-9];
    await run(connection, `insert into numbers values (${numbers.map((_, i) => `:${i + 1}`).join()})`, numbers);
    const at = new Date(Date.UTC(2026, 10, 24, 12, 30, 15, 250));
    await run(connection, 'insert into kinds values (:txt, :none, :uni, :raw, :dt, :ts, :tz, :ltz, :f, :d, :ym, :ds)', {
      txt: "it's blå",
      none: null,
      uni: { val: 'Łódź', type: driver.DB_TYPE_NVARCHAR },
      raw: Buffer.from('c0ffee', 'hex'),
      dt: { val: at, type: driver.DB_TYPE_DATE },
      ts: { val: at, type: driver.DB_TYPE_TIMESTAMP },
      tz: { val: at, type: driver.DB_TYPE_TIMESTAMP_TZ },
      ltz: { val: at, type: driver.DB_TYPE_TIMESTAMP_LTZ },
      f: { val: -1.5, type: driver.DB_TYPE_BINARY_FLOAT },
      d: { val: 1.1, type: driver.DB_TYPE_BINARY_DOUBLE },
      ym: { val: new driver.IntervalYM({ years: -2, months: -3 }), type: driver.DB_TYPE_INTERVAL_YM },
      ds: {
        val: new driver.IntervalDS({ days: 4, hours: 5, minutes: 6, seconds: 7, fseconds: 80_000_000 }),
        type: driver.DB_TYPE_INTERVAL_DS,
      },
    });
    await run(connection, 'insert into flags values (:1, :2, :3)', [
      { val: true, type: driver.DB_TYPE_BOOLEAN },
      { val: null, type: driver.DB_TYPE_BOOLEAN },
      { val: { a: 1 }, type: driver.DB_TYPE_JSON },
    ]);
    // The same statement again: with values of the same types, and with others.
    for (const values of [
      ['a', 1],
      ['b', 2],
      [Buffer.from('ff', 'hex'), 3],
    ]) // prettier-ignore
      await run(connection, 'insert into goods values (:1, :2)', values);
    await connection.executeMany('insert into goods values (:1, :2)', [
      ['c', 4],
      ['d', null],
      ['e', 6],
    ]); // prettier-ignore
    say({ sql: 'insert into goods values (:1, :2)', rows: 1 });
    // Names that stand for secrets; one that stands twice in a block, and has one value.
    await run(connection, 'update clerks set password = :pw where name = :name', { name: 'bob', pw: 'a secret' });
    await run(connection, 'begin log_in(:name, :name, password => :pw); end;', { name: 'bob', pw: 'a secret' });
    // Very long values stand behind the others.
    await run(connection, 'insert into notes values (:long, :id)', ['x'.repeat(40_000), 7]);
    await run(connection, 'insert into notes values (:id, :long)', [8, 'y'.repeat(5000)]);
    await run(connection, 'insert into notes values (:long, :id)', ['z'.repeat(5000), 9]);
    await run(connection, 'begin keep(:long, :id); end;', ['w'.repeat(400), 10]);
    await run(connection, 'begin many(:ids, :behind); end;', [
      { val: [1, 2, 3], type: driver.DB_TYPE_NUMBER, dir: driver.BIND_IN },
      'last',
    ]);
  },
  async transactions(connection) {
    await run(connection, 'update goods set price = 1');
    await connection.commit();
    await run(connection, 'delete from goods');
    await connection.rollback();
  },
  async cancelled(connection) {
    const waiting = run(connection, 'select wait from goods');
    await new Promise(resolve => setTimeout(resolve, 200));
    await connection.breakExecution();
    await waiting;
    await run(connection, 'select rows 1 from goods');
  },
  async large(connection) {
    await run(connection, 'select rows 100000 from goods', [], { fetchArraySize: 5000 });
  },
  async refused() {
    await fails('connect', connect('nowhere'));
    await fails('login', connect('shop', 'nobody'));
    await fails('login', connect('shop', 'clerk', 'a guess'));
  },
  async redirected() {
    const moved = await connect('moved');
    await run(moved, 'select rows 1 from moved');
    await moved.close();
    const again = await connect('again');
    await run(again, 'select rows 2 from again');
    await again.close();
  },
};

const connection = await connect('shop').catch((error: unknown) => {
  say({ sql: 'login', error: String(error) });
  process.exit(0);
});
for (const name of scripts) await SCRIPTS[name]?.(connection);
await connection.close();
