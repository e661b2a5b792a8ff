// cold. A PostgreSQL server of its own for each test, on a host's loopback.
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Program } from '../hosts/index.ts';

/** Debian keeps the programs of each version apart. */
const VERSIONS = '/usr/lib/postgresql';
/** The server does not run as root. */
const AS_SERVER = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] as const;

export interface PostgresServer {
  readonly program: Program;
  readonly port: number;
  /** A superuser's. */
  readonly user: string;
  readonly password: string;
  /** Starts it once more, on the same data, when its program has ended. */
  restart(settings: readonly string[]): Promise<PostgresServer>;
}

const [USER, PASSWORD, PORT] = ['nano', 'a secret', 5432];

/** @returns the path of one of the server's programs, of the latest version that is installed */
export function postgresProgram(name: string): string {
  const [latest] = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  return join(VERSIONS, latest ?? '', 'bin', name);
}

/** Starts it; passwords are asked for with SCRAM. Returns when it answers.
 *  @param folder for its data
 *  @param settings `name=value` */
export function startPostgres(host: Host, folder: string, settings: readonly string[] = []): Promise<PostgresServer> {
  return serve(host, makeData(folder), settings);
}

async function serve(host: Host, data: string, settings: readonly string[]): Promise<PostgresServer> {
  const own = ['fsync=off', 'listen_addresses=localhost', `port=${PORT}`, `unix_socket_directories=${data}`];
  const args = [...own, ...settings].flatMap(setting => ['-c', setting]);
  const program = host.start(AS_SERVER[0], [...AS_SERVER.slice(1), postgresProgram('postgres'), '-D', data, ...args]);
  await program.line(/ready to accept connections/);
  const restart = (changed: readonly string[]) => serve(host, data, changed);
  return { program, port: PORT, user: USER, password: PASSWORD, restart };
}

/** @returns the data directory */
function makeData(folder: string): string {
  const home = join(folder, 'postgres');
  mkdirSync(home);
  const owner = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  chownSync(home, owner('-u'), owner('-g'));
  const passwordFile = join(folder, 'postgres.password');
  writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o644 });
  const data = join(home, 'data');
  const options = [
    '-U',
    USER,
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-sync',
    '-E',
    'UTF8',
    '--locale=C',
  ];
  const [command, ...args] = [...AS_SERVER, postgresProgram('initdb'), '-D', data, ...options];
  execFileSync(command, args, { stdio: 'ignore', cwd: '/' });
  return data;
}
