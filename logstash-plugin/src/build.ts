// cold. nano-plugin build: the source tree, the gem and the offline pack. The same bytes every time.
import { join } from 'node:path';
import { writeFiles } from './files.ts';
import { gem } from './gem.ts';
import { PLUGIN } from './plugin.ts';
import { pluginFiles } from './tree.ts';
import { zip } from './zip.ts';

const GEM = `${PLUGIN.name}-${PLUGIN.version}.gem`;

/** @returns the paths written
 *  @throws OperationalError when a file cannot be written */
export function build(folder: string): string[] {
  const files = pluginFiles();
  const packed = gem(files);
  const tree = files.map(({ path, bytes }) => ({ path: join(PLUGIN.name, path), bytes }));
  // bin/logstash-plugin looks into the folder "logstash" of a pack.
  const pack = {
    path: `${PLUGIN.name}-${PLUGIN.version}.zip`,
    bytes: zip([{ path: `logstash/${GEM}`, bytes: packed }]),
  };
  return writeFiles(folder, [...tree, { path: GEM, bytes: packed }, pack]);
}
