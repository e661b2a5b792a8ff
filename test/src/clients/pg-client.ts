// cold. Node's pg, as programs use it:  node pg-client.js PORT USER PASSWORD [ROWS]
// With ROWS it fetches a table, so many rows at a time. Prints what it was told of each statement, one line of JSON.
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
}

/** Runs one, and says what came of it. */
async function ask(asked: Asked): Promise<void> {
  const told = await client.query(asked).then(
    result => ({ tag: result.command, rows: result.rowCount }),
    (error: pg.DatabaseError) => ({ state: error.code, error: error.message }),
  );
  console.log(JSON.stringify({ sql: asked.text, ...told }));
}

await client.connect();
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
