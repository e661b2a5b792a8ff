// cold. A real OpenSearch: its own main program on the jars that `npm run setup` fetches, one node, HTTP on loopback.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, runProgram } from '../hosts/index.ts';
import { root } from '../root.ts';

const EXAMPLES = `${root}examples/index-templates`;
const THEIRS = 'https://opensearch.example.org:9200'; // in the README there
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
/** Its class and what it may do, by the module's folder: the archive has this beside the jars, Maven has it not. */
const MODULES = {
  'transport-netty4': ['org.opensearch.transport.Netty4Plugin', 'java.net.SocketPermission "*", "accept,connect"'],
  'analysis-common': ['org.opensearch.analysis.common.CommonAnalysisPlugin'],
} as const;

const describe = (name: string, classname: string): string => `name=${name}
description=${name}
version=${VERSION}
opensearch.version=${VERSION}
java.version=11
classname=${classname}
`;

/** @returns a folder as the archive is unpacked to */
function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'nanogelf-opensearch-'));
  cpSync(JARS, home, { recursive: true });
  for (const folder of ['config', 'tmp']) mkdirSync(join(home, folder));
  const write = (path: string, text: string) => writeFileSync(join(home, path), text);
  write('config/opensearch.yml', SETTINGS);
  write('config/log4j2.properties', LOGGING);
  for (const [name, [classname, permission]] of Object.entries(MODULES)) {
    write(`modules/${name}/plugin-descriptor.properties`, describe(name, classname));
    if (permission !== undefined)
      write(`modules/${name}/plugin-security.policy`, `grant { permission ${permission}; };`);
  }
  execFileSync('chown', ['--recursive', NOBODY, home]);
  return home;
}

/** What became of a document. */
export interface Written {
  readonly status: number;
  readonly error?: { readonly reason: string };
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

  /** Loads one of examples/index-templates with the command that the README there gives its readers.
   *  @returns the answer's JSON */
  async loadExample(file: string): Promise<unknown> {
    const readme = readFileSync(`${EXAMPLES}/README.md`, 'utf8');
    const command = readme.split('\n').find(line => line.endsWith(`-d @${file}`)) ?? '';
    const here = command.replace(THEIRS, this.url);
    return JSON.parse(await runProgram('sh', ['-c', `cd ${EXAMPLES} && ${here} --silent --fail-with-body`]));
  }

  /** Creates documents, and makes them found.
   *  @param documents with their ids
   *  @returns what became of each */
  async create(index: string, documents: readonly (readonly [id: string, document: object])[]): Promise<Written[]> {
    const lines = documents.flatMap(([_id, document]) => [{ create: { _id } }, document]);
    const body = lines.map(line => `${JSON.stringify(line)}\n`).join('');
    const path = `${index}/_bulk?refresh=true`;
    const { items } = await this.request<{ items: { create: Written }[] }>('POST', path, body);
    return items.map(({ create }) => create);
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGKILL'); // nothing of it is kept
    rmSync(this.#home, { recursive: true });
  }
}
