// cold. JDBC drivers, as programs use them, driven by a script of JRuby: no compiler is needed.
import type { Host, Program } from '../hosts/index.ts';
import { jrubies } from '../jruby/jruby.ts';
import { root } from '../root.ts';
import type { MariadbServer } from '../servers/mariadb.ts';
import type { PostgresServer } from '../servers/postgres.ts';

const VERSION = '9.4';
/** Drivers of MariaDB, MySQL, PostgreSQL, Microsoft and Oracle, as `npm run setup` fetches them. */
const JARS = `${root}node_modules/.cache/jdbc`;
/** It starts sooner. */
const JAVA_OPTIONS = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** What a session did and was told, as one record should have it. */
export interface JdbcSaid {
  /** The session's name, and the application's on the wire. */
  readonly app: string;
  /** The statement's text; the command where there is none. */
  readonly sql?: string | null;
  readonly params?: readonly string[];
  /** Returned or affected; of several results their sum. */
  readonly rows?: number;
  readonly results?: number;
  readonly code?: number;
  readonly state?: string;
  readonly message?: string;
  /** 0: the server passed it over. */
  readonly answered?: number;
  readonly notices?: readonly string[];
  /** Channel and payload. */
  readonly notified?: readonly string[];
  /** Of a session that was encrypted. */
  readonly cipher?: string;
  /** The server's process whose statement was cancelled. */
  readonly pid?: number;
}

/** Runs all sessions of the drivers of MariaDB, MySQL and PostgreSQL.
 *  @returns what they said */
export function runJdbc(host: Host, mysql: MariadbServer, postgres: PostgresServer): Promise<JdbcSaid[]> {
  const { user, password } = mysql;
  return runScript(host, 'main.rb', [String(mysql.port), String(postgres.port), user, password]);
}

/** Runs Microsoft's driver. @returns what it said */
export const runSqlServer = (host: Host, port: string): Promise<JdbcSaid[]> => runScript(host, 'sqlserver.rb', [port]);

/** Runs Oracle's driver. @returns what it said */
export const runOracle = (host: Host, port: string): Promise<JdbcSaid[]> => runScript(host, 'oracle.rb', [port]);

async function runScript(host: Host, script: string, args: readonly string[]): Promise<JdbcSaid[]> {
  const [java = '', ...jruby] = jrubies().find(({ name }) => name === VERSION)?.command ?? [];
  const path = `${root}test/src/clients/jdbc/${script}`;
  const program: Program = host.start(java, [...JAVA_OPTIONS, ...jruby, path, JARS, ...args]);
  const status = await program.exit();
  if (status !== 0) throw new Error(`${script}: exit status ${status}: ${program.stderr.slice(0, 20).join('\n')}`);
  return program.stdout.map((line): JdbcSaid => JSON.parse(line));
}
