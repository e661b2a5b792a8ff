#!/usr/bin/env node
// cold. nano-plugin: builds the Logstash plugin, and skeletons of others.
import { createProgram, runCommand } from '@nanogelf/cli';
import { build } from './build.ts';
import { scaffold } from './scaffold.ts';
import { TYPES } from './skeleton.ts';

const EXAMPLES = `
Examples:
  nano-plugin build                                   dist-plugin/ gets the source tree, the gem and the offline pack
  nano-plugin build --out /tmp/plugin
  nano-plugin scaffold --type filter --name my_filter
  bin/logstash-plugin install file:///tmp/plugin/logstash-filter-nano_decrypt-0.1.0.zip

Needs no Ruby. The same version gives the same bytes.
Exit codes: 0 done, 1 something failed, 2 the command line is wrong.`;

await runCommand('nano-plugin', async () => {
  const program = createProgram('nano-plugin', import.meta.url)
    .description('Builds the Logstash plugin nano_decrypt, and skeletons of other plugins of its make.')
    .addHelpText('after', EXAMPLES);
  program
    .command('build')
    .description('writes the source tree, the gem and the offline pack')
    .option('--out <folder>', 'where to', 'dist-plugin')
    .action(({ out }: { out: string }) => {
      for (const path of build(out)) if (/\.(?:gem|zip)$/.test(path)) console.log(path);
    });
  program
    .command('scaffold')
    .description('writes a plugin of the same make that works, with its spec')
    .requiredOption('--type <type>', TYPES.join(' or '))
    .requiredOption('--name <name>', 'lower case, digits and underscores')
    .option('--out <folder>', 'where its folder is made', '.')
    .action(({ type, name, out }: { type: string; name: string; out: string }) => {
      for (const path of scaffold(type, name, out)) console.log(path);
    });
  await program.parseAsync(process.argv.slice(2), { from: 'user' });
  return undefined;
});
