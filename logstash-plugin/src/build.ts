// cold. nano-plugin build: the source tree, the gem and the offline pack. The same bytes every time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { explainSystemError, OperationalError } from '@nanogelf/cli';
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
  return [...tree, { path: GEM, bytes: packed }, pack].map(({ path, bytes }) => write(join(folder, path), bytes));
}

function write(path: string, bytes: Uint8Array): string {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  } catch (error) {
    throw new OperationalError('ERR_WRITE', `cannot write ${path}: ${explainSystemError(error)}`);
  }
  return path;
}
