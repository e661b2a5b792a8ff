#!/usr/bin/env node
// cold. nano-plugin: builds the Logstash plugin.
import { createProgram, runCommand } from '@nanogelf/cli';
import { build } from './build.ts';

const EXAMPLES = `
Examples:
  nano-plugin build                                   dist-plugin/ gets the source tree, the gem and the offline pack
  nano-plugin build --out /tmp/plugin
  bin/logstash-plugin install file:///tmp/plugin/logstash-filter-nano_decrypt-0.1.0.zip

Needs no Ruby. The same version gives the same bytes.
Exit codes: 0 done, 1 something failed, 2 the command line is wrong.`;

await runCommand('nano-plugin', async () => {
  const program = createProgram('nano-plugin', import.meta.url)
    .description('Builds the Logstash plugin nano_decrypt.')
    .addHelpText('after', EXAMPLES);
  program
    .command('build')
    .description('writes the source tree, the gem and the offline pack')
    .option('--out <folder>', 'where to', 'dist-plugin')
    .action(({ out }: { out: string }) => {
      for (const path of build(out)) if (/\.(?:gem|zip)$/.test(path)) console.log(path);
    });
  await program.parseAsync(process.argv.slice(2), { from: 'user' });
  return undefined;
});
