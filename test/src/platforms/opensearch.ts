// cold. A real OpenSearch: its own main program on the jars that `npm run setup` fetches, one node, HTTP on loopback.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../hosts/index.ts';
import { root } from '../root.ts';

const JARS = `${root}node_modules/.cache/opensearch`;
const VERSION = '2.19.6';
const START_MS = 60_000; // a JVM on a busy machine
/** It refuses to run as root. */
const NOBODY = '65534';
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] as const;

const SETTINGS = `discovery.type: single-node
network.host: 127.0.0.1
http.port: 0
transport.port: 0
`;
const LOGGING = `rootLogger.level = info
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1} %m%n
`;
// What OpenSearch's archive puts beside the jars of the module for HTTP, and Maven does not have.
const MODULE = `name=transport-netty4
description=HTTP
version=${VERSION}
opensearch.version=${VERSION}
java.version=11
classname=org.opensearch.transport.Netty4Plugin
`;
const MODULE_MAY = 'grant { permission java.net.SocketPermission "*", "accept,connect"; };\n';

/** @returns a folder as the archive is unpacked to */
function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'nanogelf-opensearch-'));
  cpSync(JARS, home, { recursive: true });
  for (const folder of ['config', 'tmp']) mkdirSync(join(home, folder));
  const write = (path: string, text: string) => writeFileSync(join(home, path), text);
  write('config/opensearch.yml', SETTINGS);
  write('config/log4j2.properties', LOGGING);
  write('modules/transport-netty4/plugin-descriptor.properties', MODULE);
  write('modules/transport-netty4/plugin-security.policy', MODULE_MAY);
  execFileSync('chown', ['--recursive', NOBODY, home]);
  return home;
}

export class OpenSearch {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly #program: Program;
  readonly #home: string;

  private constructor(url: string, program: Program, home: string) {
    this.url = url;
    this.#program = program;
    this.#home = home;
  }

  /** @returns one that answers, with nothing in it */
  static async start(): Promise<OpenSearch> {
    const home = makeHome();
    const options = ['-Xmx512m', `-Djava.io.tmpdir=${home}/tmp`, '-Djava.security.manager=allow'];
    const paths = [`-Dopensearch.path.home=${home}`, `-Dopensearch.path.conf=${home}/config`];
    const main = ['-cp', `${home}/lib/*`, 'org.opensearch.bootstrap.OpenSearch'];
    const program = new Program('setpriv', [...AS_NOBODY, 'java', ...options, ...paths, ...main], { cwd: home });
    await program.line(/Node started/, START_MS);
    const address = await program.line(/HttpServerTransport publish_address/);
    return new OpenSearch(`http://${/\{([^}]+)\}/.exec(address)?.[1]}`, program, home);
  }

  /** @param body an object, or the lines of a bulk request
   *  @returns the answer's JSON
   *  @throws with the server's own words when it refuses */
  async request<T>(method: string, path: string, body?: object | string): Promise<T> {
    const isLines = typeof body === 'string';
    const response = await fetch(`${this.url}/${path}`, {
      method,
      ...(body === undefined ? {} : { body: isLines ? body : JSON.stringify(body) }),
      headers: { 'content-type': isLines ? 'application/x-ndjson' : 'application/json' },
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGKILL'); // nothing of it is kept
    rmSync(this.#home, { recursive: true });
  }
}
