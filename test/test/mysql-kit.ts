// cold. A MariaDB server, the probe beside it, and what clients and records say of each statement.
import { chmodSync } from 'node:fs';
import {
  type Exchange,
  type LiveProbe,
  type LiveRun,
  type LiveScene,
  makeLiveScene,
  watchLoopback,
} from '../src/live/index.ts';
import { MYSQL_CLIENT } from '../src/programs.ts';
import { makeCertificate } from '../src/servers/certificate.ts';
import { type MariadbServer, startMariadb } from '../src/servers/mariadb.ts';

export const TIMEOUT_MS = 120_000; // a busy machine takes its time

/** What one of our clients printed. */
export interface Said {
  readonly sql: string;
  readonly rows?: number;
  readonly error?: number;
  readonly message?: string;
  readonly state?: string;
}
export const saidBy = (output: string): Said[] => output.split('\n').map((line): Said => JSON.parse(line));

/** What records say, in the words of the clients. */
export const told = (records: readonly Exchange[]): Exchange[] =>
  records.map(({ SQL, COMMAND, ROWS, RET_CODE, ERR, SQLSTATE }) => ({
    sql: SQL ?? COMMAND,
    ...(RET_CODE === 0 ? { rows: ROWS } : { error: RET_CODE, message: ERR, state: SQLSTATE }),
  }));

export class Database {
  readonly scene: LiveScene;
  readonly server: MariadbServer;

  constructor(scene: LiveScene, server: MariadbServer) {
    this.scene = scene;
    this.server = server;
  }

  /** Runs the probe while `work` is done. */
  async watch(work: (probe: LiveProbe) => Promise<void>): Promise<LiveRun> {
    const probe = await watchLoopback(this.scene.host, this.scene.folder);
    try {
      await work(probe);
    } catch (error) {
      await probe.program.stop();
      throw error;
    }
    return probe.finish();
  }

  /** @param scripts of `mysql-client.ts` */
  async mysql2(compress: boolean, ...scripts: string[]): Promise<Said[]> {
    const { port, user, password } = this.server;
    const args = [MYSQL_CLIENT, String(port), user, password, String(compress), ...scripts];
    return saidBy(await this.scene.host.run('node', args));
  }

  /** Runs the mariadb client. @returns what it prints */
  mariadb(...args: string[]): Promise<string> {
    return this.shell('mariadb --skip-ssl "$@"', args);
  }

  /** @param command in which `mariadb` is the client with its login, and `"$@"` are `args` */
  shell(command: string, args: readonly string[] = []): Promise<string> {
    const { port, user, password } = this.server;
    const client = `mariadb() { command mariadb --no-defaults -h127.0.0.1 -P${port} -u${user} -p'${password}' "$@"; }`;
    return this.scene.host.run('sh', ['-c', `${client}; ${command}`, 'sh', ...args]);
  }
}

/** Starts a server that can do TLS, on a loopback that is slow enough for a busy machine's probe to read all of it. */
export async function makeDatabase(): Promise<Database> {
  const scene = makeLiveScene();
  const { host, folder } = scene;
  const { cert, key } = await makeCertificate(folder, 'db.example');
  chmodSync(key, 0o644); // the server runs as a user of its own
  const options = ['--max-allowed-packet=64M', '--log-bin=binlog', `--ssl-cert=${cert}`, `--ssl-key=${key}`];
  const server = await startMariadb(host, folder, options);
  await host.limitRate('lo', 200);
  return new Database(scene, server);
}
