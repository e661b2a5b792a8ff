// cold. What npm's tedious does with a SQL Server, told as JSON lines: one for each statement, with what the driver saw.
import { Connection, Request, TYPES } from 'tedious';

const [port = '1433', encrypt = 'false', ...scripts] = process.argv.slice(2);

interface Said {
  readonly sql: string;
  readonly rows?: number;
  readonly error?: number | string;
}
const say = (said: Said): void => console.log(JSON.stringify(said));

function connect(userName: string): Promise<Connection> {
  const connection = new Connection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName, password: 'a secret' } },
    options: {
      port: Number(port),
      database: 'shop',
      appName: 'till',
      encrypt: encrypt === 'true',
      trustServerCertificate: true,
      connectTimeout: 3000,
    },
  });
  return new Promise((resolve, reject) => {
    connection.connect(error => (error ? reject(error) : resolve(connection)));
    connection.on('error', () => {});
  });
}

type Work = (request: Request) => void;

/** @param work starts the request */
function run(sql: string, work: Work, prepare?: (request: Request) => void): Promise<void> {
  return new Promise(resolve => {
    const request = new Request(sql, (error, rows) => {
      const { number, code } = (error ?? {}) as { number?: number; code?: string };
      say(error ? { sql, error: number ?? code ?? String(error) } : { sql, rows: rows ?? 0 });
      resolve();
    });
    prepare?.(request);
    work(request);
  });
}

const done = (start: (callback: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise(resolve => start(() => resolve()));

const SCRIPTS: { readonly [name: string]: (connection: Connection) => Promise<void> } = {
  async batches(connection) {
    const batch = (sql: string) => run(sql, request => connection.execSqlBatch(request));
    await batch('select rows 3');
    await batch("insert into goods values (N'blå', 1)");
    await batch('select both 2 5');
    await batch('fail 208');
    await batch(`select rows 1 -- ${'long '.repeat(1500)}`);
    await batch('use archive');
    await batch('select rows 0');
  },
  async calls(connection) {
    await run(
      'select rows 2 where id = @id',
      request => connection.execSql(request),
      request => {
        request.addParameter('id', TYPES.Int, -7);
        request.addParameter('name', TYPES.NVarChar, "O'Brien");
        request.addParameter('price', TYPES.Decimal, -12.5, { precision: 9, scale: 2 });
        request.addParameter('day', TYPES.Date, new Date(Date.UTC(2026, 10, 24)));
        request.addParameter('at', TYPES.DateTime2, new Date(Date.UTC(2026, 10, 24, 12, 30, 15, 250)), { scale: 3 });
        request.addParameter('yes', TYPES.Bit, true);
        request.addParameter('big', TYPES.BigInt, '9007199254740993');
        request.addParameter('ratio', TYPES.Float, 0.25);
        request.addParameter('guid', TYPES.UniqueIdentifier, '0E984725-C51C-4BF4-9960-E1C80E27ABA0');
        request.addParameter('blob', TYPES.VarBinary, Buffer.from('c0ffee', 'hex'));
        request.addParameter('none', TYPES.VarChar, null);
        request.addParameter('old', TYPES.DateTime, new Date(Date.UTC(1999, 11, 31, 23, 59, 59)));
        request.addParameter('cost', TYPES.Money, 1234.5678);
      },
    );
    await run(
      'stock_level',
      request => connection.callProcedure(request),
      request => {
        request.addParameter('item', TYPES.Int, 42);
      },
    );
    await run('fail 2627', request => connection.execSql(request));
  },
  async prepared(connection) {
    const request = new Request('select rows 4 where id = @id', () => {});
    request.addParameter('id', TYPES.Int, null);
    const ready = new Promise<void>(resolve => request.once('prepared', () => resolve()));
    connection.prepare(request);
    await ready;
    for (const id of [1, 2]) {
      await new Promise<void>(resolve => {
        request.userCallback = (_error: unknown, rows?: number) => {
          say({ sql: 'select rows 4 where id = @id', rows: rows ?? 0 });
          resolve();
        };
        connection.execute(request, { id });
      });
    }
    await new Promise<void>(resolve => {
      request.userCallback = () => resolve();
      connection.unprepare(request);
    });
  },
  async tables(connection) {
    const columns = [
      { name: 'id', type: TYPES.Int },
      { name: 'name', type: TYPES.NVarChar, length: 50 },
      { name: 'note', type: TYPES.NVarChar, length: Infinity },
      { name: 'price', type: TYPES.Decimal, precision: 9, scale: 2 },
      { name: 'day', type: TYPES.Date },
    ];
    const rowsOf = (count: number) =>
      Array.from({ length: count }, (_, i) => [i, `name ${i}`, i % 2 === 0 ? 'a secret' : null, i / 4, new Date(0)]);
    const table = (count: number) => ({ schema: 'dbo', name: 'Goods', columns, rows: rowsOf(count) });
    const counts = { three: 3, one: 1, none: 0, many: 300, null: -1 };
    for (const [name, count] of Object.entries(counts))
      await run(
        'stock_add',
        request => connection.callProcedure(request),
        request => {
          request.addParameter('before', TYPES.Int, count);
          request.addParameter('goods', TYPES.TVP, count < 0 ? null : table(count));
          request.addParameter('behind', TYPES.NVarChar, name);
        },
      );
    await run(
      'insert into goods select * from @goods where name <> @name',
      request => connection.execSql(request),
      request => {
        request.addParameter('goods', TYPES.TVP, table(2));
        request.addParameter('name', TYPES.NVarChar, 'blå');
      },
    );
  },
  async secrets(connection) {
    await run("alter login clerk with password = N'a secret'", request => connection.execSqlBatch(request));
    await run(
      'select rows 1 where name = @name and password = @word',
      request => connection.execSql(request),
      request => {
        request.addParameter('word', TYPES.NVarChar, 'a secret');
        request.addParameter('name', TYPES.NVarChar, 'bob');
      },
    );
    await run(
      'change_password',
      request => connection.callProcedure(request),
      request => {
        request.addParameter('name', TYPES.NVarChar, 'bob');
        request.addParameter('new_password', TYPES.NVarChar, 'a secret');
      },
    );
  },
  async transactions(connection) {
    await done(callback => connection.beginTransaction(callback));
    await run('update goods set price = 1', request => connection.execSqlBatch(request));
    await done(callback => connection.commitTransaction(callback));
    await done(callback => connection.beginTransaction(callback));
    await done(callback => connection.rollbackTransaction(callback));
  },
  async cancelled(connection) {
    await run('wait for ever', request => {
      connection.execSqlBatch(request);
      setTimeout(() => connection.cancel(), 200);
    });
    await run('select rows 1', request => connection.execSqlBatch(request));
  },
  async large(connection) {
    await run('select rows 100000', request => connection.execSqlBatch(request));
  },
  async refused() {
    await connect('nobody').catch((error: { code?: string }) => say({ sql: 'login', error: error.code ?? 'failed' }));
  },
};

const connection = await connect('clerk').catch((error: Error) => {
  say({ sql: 'login', error: error.message });
  process.exit(0);
});
for (const name of scripts) await SCRIPTS[name]?.(connection);
connection.close();
