// cold. Files on the disk.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { explainSystemError, OperationalError } from '@nanogelf/cli';
import type { PluginFile } from './tree.ts';

/** @returns the paths written
 *  @throws OperationalError when a file cannot be written */
export const writeFiles = (folder: string, files: readonly PluginFile[]): string[] =>
  files.map(({ path, bytes }) => write(join(folder, path), bytes));

function write(path: string, bytes: Uint8Array): string {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  } catch (error) {
    throw new OperationalError('ERR_WRITE', `cannot write ${path}: ${explainSystemError(error)}`);
  }
  return path;
}
