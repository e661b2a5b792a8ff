// cold. What npm's oracledb (thin mode) does with an Oracle server, told as JSON lines: one for each statement, with what
// the driver saw.
import { createRequire } from 'node:module';

interface Result {
  readonly rows?: readonly unknown[];
  readonly rowsAffected?: number;
}
interface Connection {
  module: string;
  execute(
    sql: string,
    binds?: readonly unknown[],
    options?: { prefetchRows?: number; fetchArraySize?: number },
  ): Promise<Result>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  ping(): Promise<void>;
  breakExecution(): Promise<void>;
  close(): Promise<void>;
}
interface Driver {
  program: string;
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
  ...rest: [unknown[]?, { prefetchRows?: number; fetchArraySize?: number }?]
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
