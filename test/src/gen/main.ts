// cold. npm run gen [-- --check]: writes what is made from tables, or says what is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from '../root.ts';
import { contentPack } from './content-pack/index.ts';
import type { GeneratedFile } from './generated-file.ts';
import { indexTemplates } from './index-template.ts';
import { pages } from './pages.ts';
import { pluginSources } from './plugin-sources.ts';
import { schema } from './schema.ts';
import { vectorFiles } from './vectors.ts';

const isStale = ({ path, text }: GeneratedFile): boolean =>
  !existsSync(root + path) || readFileSync(root + path, 'utf8') !== text;

const stale = [...pages(), schema(), ...indexTemplates(), contentPack(), ...pluginSources(), ...vectorFiles()].filter(
  isStale,
);
const checks = process.argv.includes('--check');
for (const { path, text } of stale) {
  if (checks) console.error(`gen: ${path} is stale; run npm run gen`);
  else {
    writeFileSync(root + path, text);
    console.log(`gen: wrote ${path}`);
  }
}
if (checks && stale.length > 0) process.exitCode = 1;
