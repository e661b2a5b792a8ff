// cold. npm's mysql2, as programs use it:  node mysql-client.js PORT USER PASSWORD COMPRESS SCRIPT[:MEGABYTES]...
// Prints what it was told of each statement, one line of JSON.
import { Readable } from 'node:stream';
import mysql from 'mysql2/promise';

const [port, user = '', password = '', compress, ...scripts] = process.argv.slice(2);
const options: mysql.ConnectionOptions = {
  host: '127.0.0.1',
  port: Number(port),
  user,
  password,
  database: 'shop',
  multipleStatements: true,
  compress: compress === 'true',
  connectAttributes: { program_name: 'till' },
  infileStreamFactory: () => Readable.from([Buffer.from('7,seven\n8,eight\n'), Buffer.from('9,"nine\n')]),
};

export interface Said {
  readonly sql: string;
  /** Returned or affected; of several results their sum. */
  readonly rows?: number;
  readonly error?: number;
  readonly message?: string;
  readonly state?: string;
}
const say = (said: Said): void => console.log(JSON.stringify(said));

/** @returns rows returned or affected */
function rowsOf(result: unknown): number {
  if (!Array.isArray(result)) return (result as mysql.ResultSetHeader).affectedRows;
  const several = result.some(one => Array.isArray(one) || (one as object).constructor.name === 'ResultSetHeader');
  return several ? result.reduce((sum: number, one) => sum + rowsOf(one), 0) : result.length;
}

async function told(sql: string, work: Promise<[unknown, unknown]>): Promise<void> {
  try {
    const [result] = await work;
    say({ sql, rows: rowsOf(result) });
  } catch (error) {
    const { errno = 0, sqlMessage = '', sqlState = '' } = error as mysql.QueryError & { sqlMessage?: string };
    say({ sql, error: errno, message: sqlMessage, state: sqlState });
  }
}

let connection: mysql.Connection;
const query = (sql: string) => told(sql, connection.query(sql));
type Values = mysql.ExecuteValues[];
const execute = (sql: string, values: Values) => told(sql, connection.execute(sql, values));

const SCRIPTS: { readonly [name: string]: (megabytes: number) => Promise<void> } = {
  async text() {
    await query(
      'CREATE OR REPLACE TABLE goods (id INT PRIMARY KEY, name VARCHAR(50), price DECIMAL(8,2), at DATETIME)',
    );
    await query("INSERT INTO goods VALUES (1,'blå',1.5,NOW()),(2,'it''s',2,NULL),(3,NULL,NULL,'2026-11-24 12:00:00')");
    await query('SELECT * FROM goods');
    await query('SELECT * FROM goods WHERE id > 100');
    await query("UPDATE goods SET price = 9 WHERE name = 'blå'");
    await query('SELECT nothing FROM goods');
    await query('SELEC 1');
    await query("INSERT INTO goods VALUES (1,'twice',0,NULL)");
    await query('DELETE FROM goods WHERE id = 3');
    await connection.ping();
  },
  async multi() {
    await query('SELECT 1; SELECT 2 UNION SELECT 3; UPDATE goods SET price = 1');
    await query('SELECT 4; SELECT nothing FROM nowhere; SELECT 5');
    await query('CREATE OR REPLACE PROCEDURE both_of() BEGIN SELECT id FROM goods; SELECT name FROM goods; END');
    await query('CALL both_of()');
    await query("LOAD DATA LOCAL INFILE 'numbers' INTO TABLE goods FIELDS TERMINATED BY ',' (id, name)");
  },
  async prepared() {
    const insert = 'INSERT INTO goods VALUES (?, ?, ?, ?)';
    await execute(insert, [21, 'one', 2.25, new Date(2026, 10, 24, 8, 30)]);
    await execute(insert, [22, null, -3, null]);
    await execute(insert, [23, Buffer.from([0, 1, 255]), 7, '2026-01-02 03:04:05']);
    await execute(insert, [21, 'twice', 0, null]);
    await execute('SELECT * FROM goods WHERE id > ? AND name <> ?', [1, 'x']);
    await execute('SELECT nothing FROM goods WHERE id = ?', [4]);
    connection.unprepare(insert);
  },
  async users() {
    await query('USE archive');
    await query('CREATE OR REPLACE TABLE old (id INT)');
    await connection.changeUser({ user, password, database: 'shop' });
    await query('SELECT id FROM goods');
    const refused = connection.changeUser({ user: 'nobody', password: 'wrong' });
    await refused.catch((error: mysql.QueryError) => say({ sql: 'COM_CHANGE_USER', error: error.errno ?? 0 }));
  },
  async long(megabytes) {
    await query(`INSERT INTO archive.blobs VALUES (1, '${'sixteen letters '.repeat(62_500 * megabytes)}')`);
    await query('SELECT * FROM archive.blobs');
    await query('SELECT length(text) FROM archive.blobs');
  },
};

try {
  connection = await mysql.createConnection(options);
} catch (error) {
  const { errno = 0, message } = error as mysql.QueryError;
  say({ sql: 'COM_CONNECT', error: errno, message });
  process.exit(0);
}
connection.on('error', () => {});
for (const script of scripts) {
  const [name = '', megabytes] = script.split(':');
  await SCRIPTS[name]?.(Number(megabytes));
}
await connection.end().catch(() => {});
