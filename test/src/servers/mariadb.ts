// cold. A MariaDB server of its own for each test, on a host's loopback.
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Program } from '../hosts/index.ts';

/** The server does not run as root. */
const AS_SERVER = ['setpriv', '--reuid=mysql', '--regid=mysql', '--clear-groups'] as const;
const PORT = 3306;
const READY_MS = 30_000; // a busy machine takes its time

export interface MariadbServer {
  readonly program: Program;
  readonly port: number;
  /** May do everything, from this host. */
  readonly user: string;
  readonly password: string;
}

const [USER, PASSWORD] = ['nano', 'a secret'];

const SETUP = `
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE DATABASE archive CHARACTER SET utf8mb4;
CREATE USER ${USER}@localhost IDENTIFIED BY '${PASSWORD}', ${USER}@'127.0.0.1' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON *.* TO ${USER}@localhost WITH GRANT OPTION;
GRANT ALL ON *.* TO ${USER}@'127.0.0.1' WITH GRANT OPTION;
`;

/** Starts it; returns when it answers. The databases `shop` and `archive` are there.
 *  @param folder for its data
 *  @param options added to the command line */
export async function startMariadb(
  host: Host,
  folder: string,
  options: readonly string[] = [],
): Promise<MariadbServer> {
  const home = join(folder, 'mariadb');
  mkdirSync(home);
  const owner = (flag: string) => Number(execFileSync('id', [flag, 'mysql'], { encoding: 'utf8' }));
  chownSync(home, owner('-u'), owner('-g'));
  const data = join(home, 'data');
  const [command, ...args] = [...AS_SERVER, 'mariadb-install-db', '--no-defaults', `--datadir=${data}`];
  execFileSync(command, [...args, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    stdio: 'ignore',
    cwd: '/',
  });
  const setup = join(folder, 'setup.sql');
  writeFileSync(setup, SETUP);
  const own = ['--no-defaults', `--datadir=${data}`, `--socket=${join(home, 'socket')}`, `--port=${PORT}`];
  const quick = ['--bind-address=127.0.0.1', '--skip-name-resolve', '--innodb-flush-log-at-trx-commit=0'];
  const program = host.start(AS_SERVER[0], [
    ...[...AS_SERVER.slice(1), 'mariadbd', ...own, ...quick],
    ...[`--init-file=${setup}`, '--local-infile=1', ...options],
  ]);
  await program.line(/ready for connections/, READY_MS);
  return { program, port: PORT, user: USER, password: PASSWORD };
}
