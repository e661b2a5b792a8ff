// cold. The JRubies that Logstash has had: 9.3 from Debian, 9.4 and 10 as jars that `npm run setup` fetches.
import { existsSync, readdirSync } from 'node:fs';
import { Program } from '../hosts/index.ts';
import { root } from '../root.ts';

export const PLUGIN_FOLDER = `${root}logstash-plugin/plugin`;
const JARS = `${root}node_modules/.cache/jruby`;
const JVMS = '/usr/lib/jvm';
/** JRuby 10 is compiled for it. */
const NEWEST_NEEDED = 21;

export interface JRuby {
  readonly name: string;
  readonly command: readonly string[];
}

/** @returns the JRubies of this machine; one that needs a newer Java than there is has no command */
export function jrubies(): JRuby[] {
  return [
    { name: '9.3', command: ['/usr/bin/jruby'] },
    { name: '9.4', command: ['java', '-jar', jarOf('9.4')] },
    { name: '10', command: newestJava() === undefined ? [] : [newestJava() ?? '', '-jar', jarOf('10')] },
  ];
}

function jarOf(version: string): string {
  const jar = readdirSync(JARS).find(name => name.startsWith(`jruby-complete-${version}.`));
  if (jar === undefined) throw new Error(`no jruby-complete ${version} in ${JARS}: run npm run setup`);
  return `${JARS}/${jar}`;
}

/** Folders of Debian's and Temurin's packages end in their version. */
function newestJava(): string | undefined {
  const versions = readdirSync(JVMS).flatMap(folder => {
    const version = Number(/-(\d+)(?:-|$)/.exec(folder)?.[1]);
    const java = `${JVMS}/${folder}/bin/java`;
    return version >= NEWEST_NEEDED && existsSync(java) ? [{ version, java }] : [];
  });
  return versions.sort((a, b) => b.version - a.version)[0]?.java;
}

/** Starts one of the plugin's specs. */
export function startSpec({ command }: JRuby, spec: string, ...args: readonly string[]): Program {
  const [name = '', ...rest] = command;
  const paths = [`-I${PLUGIN_FOLDER}/lib`, `-I${PLUGIN_FOLDER}/spec/support`];
  const env = { JAVA_TOOL_OPTIONS: '-Djruby.compile.invokedynamic=true' }; // as Logstash runs it
  return new Program(name, [...rest, ...paths, `${PLUGIN_FOLDER}/spec/${spec}.rb`, ...args], { env });
}

/** Runs one of the plugin's specs.
 *  @returns the lines of its standard output
 *  @throws with the checks that failed, and what stands on stderr */
export async function runSpec(jruby: JRuby, spec: string, ...args: readonly string[]): Promise<string[]> {
  const program = startSpec(jruby, spec, ...args);
  const status = await program.exit();
  if (status === 0) return program.stdout;
  const failed = program.stdout.filter(line => !line.startsWith('ok'));
  throw new Error([`${spec}: exit status ${status}`, ...failed, ...program.stderr.slice(-30)].join('\n'));
}
