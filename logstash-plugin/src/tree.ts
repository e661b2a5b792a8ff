// cold. The plugin's files: those in plugin/, some of which `npm run gen` makes.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DICTIONARY } from '@nanogelf/codec/dictionary';
import { constants } from './constants.ts';
import { optionsRuby, withAsciidoc, withTable } from './option-files.ts';

const FOLDER = fileURLToPath(new URL('../../plugin/', import.meta.url));

export interface PluginFile {
  /** From the plugin's root, with slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What is made from the codec's tables and that of the options. Paths are from the plugin's root. */
export const generatedFiles = (): PluginFile[] => [
  { path: 'docs/index.asciidoc', bytes: Buffer.from(withAsciidoc(textOf('docs/index.asciidoc'))) },
  { path: 'README.md', bytes: Buffer.from(withTable(textOf('README.md'))) },
  { path: 'lib/nano_decrypt/constants.rb', bytes: Buffer.from(constants()) },
  { path: 'lib/nano_decrypt/options.rb', bytes: Buffer.from(optionsRuby()) },
  { path: 'lib/nano_decrypt/dictionary-1.bin', bytes: DICTIONARY },
];

const textOf = (path: string): string => readFileSync(join(FOLDER, path), 'utf8');

/** @returns every file of the plugin, in order of path */
export function pluginFiles(): PluginFile[] {
  const made = new Map(generatedFiles().map(file => [file.path, file]));
  const paths = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(FOLDER.length));
  const all = [...new Set([...paths, ...made.keys()])].sort();
  return all.map(path => made.get(path) ?? { path, bytes: readFileSync(join(FOLDER, path)) });
}
