// cold. Ruby scripts beside this file: they drive Java classes, and need no compiler on the machine.
import { Program } from '../hosts/index.ts';
import { jrubies } from '../jruby/jruby.ts';
import { root } from '../root.ts';

const VERSION = '9.4';

/** @param paths where it may `require` from */
export function startScript(script: string, args: readonly string[], paths: readonly string[] = []): Program {
  const [java = '', ...jruby] = jrubies().find(({ name }) => name === VERSION)?.command ?? [];
  const includes = paths.map(path => `-I${path}`);
  return new Program(java, ['-Xmx512m', ...jruby, ...includes, `${root}test/src/platforms/${script}`, ...args]);
}
