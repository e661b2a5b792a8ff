// cold. Node's pg, as programs use it:  node pg-client.js PORT USER PASSWORD [ROWS | prepare]
// With ROWS it fetches a table, so many rows at a time; with `prepare` it prepares in SQL, too. Prints what it was told of each statement, one line of JSON.
import pg from 'pg';

const [port, user = '', password = '', fetched] = process.argv.slice(2);
const client = new pg.Client({
  host: '127.0.0.1',
  port: Number(port),
  user,
  password,
  database: 'postgres',
  application_name: 'pg client',
});

interface Asked {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
  /** Rows that each Execute fetches. */
  readonly rows?: number;
  /** `extended` where it is asked for without values, too. */
  readonly queryMode?: string;
}

/** Runs one, and says what came of it. */
async function ask(asked: Asked): Promise<void> {
  const told = await client.query(asked).then(
    result => ({ tag: result.command, rows: result.rowCount }),
    (error: pg.DatabaseError) => ({ state: error.code, error: error.message }),
  );
  console.log(JSON.stringify({ sql: asked.text, ...told }));
}

/** Statements of PREPARE and of Parse share their names. */
async function prepare(): Promise<void> {
  const extended = { values: [], queryMode: 'extended' };
  await ask({ text: 'PREPARE twice (int) AS SELECT 2 * $1 AS twice' });
  await ask({ text: 'EXECUTE twice(21)', ...extended });
  await ask({ name: 'half', text: 'SELECT $1::int / 2 AS half', values: [8] });
  await ask({ text: "EXECUTE half('84')" });
  await ask({ text: 'PREPARE third AS SELECT $1::int / 3 AS third', ...extended });
  await ask({ text: 'EXECUTE third(9)' });
  await ask({ text: 'DEALLOCATE third', ...extended });
  await ask({ text: 'EXECUTE third(9)' });
}

await client.connect();
if (fetched === 'prepare') {
  await prepare();
  await client.end();
  process.exit();
}
await ask({ text: 'CREATE TEMP TABLE t (id int, name text, data bytea)' });
for (const [id, name] of [
  [1, 'one'],
  [2, 'zwölf'],
  [3, null],
])
  await ask({ name: 'insert-t', text: 'INSERT INTO t VALUES ($1, $2, $3)', values: [id, name, Buffer.from('ab')] });
await ask({ text: 'SELECT * FROM t WHERE id >= $1', values: [2] });
if (fetched !== undefined) await ask({ text: 'SELECT * FROM t ORDER BY id', rows: Number(fetched) });
await ask({ text: 'SELECT nothing FROM t WHERE id = $1', values: [4] });
await ask({ text: 'SELECT 10 / $1::int AS ten', values: [0] });
await ask({ name: 'insert-t', text: 'INSERT INTO t VALUES ($1, $2, $3)', values: [4, 'four', null] });
await ask({ text: 'BEGIN' });
await ask({ text: 'UPDATE t SET name = $1', values: ["it's"] });
await ask({ text: 'ROLLBACK' });
await ask({ text: 'SHOW server_encoding' });
await ask({ text: '' });
await client.end();
