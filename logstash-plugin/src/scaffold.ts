// cold. nano-plugin scaffold: another JRuby plugin of the same make, as files that work: pure logic without Logstash's names, a
// thin plugin over it, stand-ins, and a spec that runs on bare JRuby.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OperationalError, UsageError } from '@nanogelf/cli';
import { writeFiles } from './files.ts';
import { skeleton, TYPES } from './skeleton.ts';
import { type PluginFile, pluginFiles } from './tree.ts';

/** What Logstash takes for a plugin's name, and Ruby for a file's. */
const NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** @returns the paths written, into `FOLDER/logstash-TYPE-NAME`
 *  @throws UsageError for a type or a name that cannot be, OperationalError when the folder is there already */
export function scaffold(type: string, name: string, folder: string): string[] {
  const found = TYPES.find(known => known === type);
  if (found === undefined) throw new UsageError('ERR_TYPE', `--type "${type}": expected ${TYPES.join(' or ')}`);
  if (!NAME.test(name)) {
    throw new UsageError('ERR_NAME', `--name "${name}": expected up to 40 of a-z 0-9 _, beginning with a letter`);
  }
  const target = join(folder, `logstash-${found}-${name}`);
  if (existsSync(target)) throw new OperationalError('ERR_EXISTS', `${target} is there already: nothing was written`);
  return writeFiles(target, [...skeleton(found, name), ...shared()]);
}

/** The license, and what our own specs use that knows nothing of envelopes: checks, and stand-ins for Logstash's classes. */
const shared = (): PluginFile[] =>
  pluginFiles().filter(({ path }) => /^(?:LICENSE|spec\/support\/(?:checks\.rb|logstash\/.*))$/.test(path));
