#!/usr/bin/env node
// cold. nano-keys: the registry of a receiver and the key files of its probes.
import { createProgram, runCommand } from '@nanogelf/cli';
import type { Command } from 'commander';
import { add, init, list, revoke, rotate } from './commands.ts';
import { parseDuration, parseName, parseSuite, parseTime } from './options.ts';

const EXAMPLES = `
Examples:
  nano-keys init                                  makes the registry, once per receiver
  nano-keys add web-1 --out web-1.key             a key for one probe; copy the file to its host
  nano-keys add web-2 | ssh web-2 'umask 077; cat > /etc/nano/probe.key'
  nano-keys rotate web-1 --overlap 7d             a new key; the old one stays valid for 7 days
  nano-keys revoke web-1                          refused from now on, for ever

A registry and a key file hold secrets: they are written with mode 0600, and read only with it.
Where --registry is not given: $NANO_REGISTRY, else /etc/nano/registry for root, ~/.config/nano/registry for others.`;

const withRegistry = (command: Command): Command => command.option('--registry <file>', 'the registry');
const withOutput = (command: Command): Command =>
  withRegistry(command)
    .option('--out <file>', 'file for the probe’s key; NAME.key unless told')
    .option('--stdout', 'print the key instead; unasked only into a pipe');

function buildProgram(): Command {
  const program = createProgram('nano-keys', import.meta.url);
  program.description('Keys for encrypted GELF.').addHelpText('after', EXAMPLES);
  withRegistry(program.command('init').description('make a registry with new receiver keys')).action(init);
  withOutput(program.command('add').description('add a key for a probe').argument('<name>', 'name', parseName))
    .option('--suite <suite>', 'sealed (no shared secret) or psk', parseSuite, 'sealed')
    .option('--host <host...>', 'GELF hosts that the probe may name; any unless told')
    .option('--not-before <time>', 'first moment of validity, UTC', parseTime('--not-before'))
    .option('--not-after <time>', 'end of validity, UTC', parseTime('--not-after'))
    .action((name, { suite, host, notBefore, notAfter, ...options }) =>
      add(
        {
          name,
          suite,
          ...(host && { hosts: host }),
          ...(notBefore !== undefined && { notBeforeS: notBefore }),
          ...(notAfter !== undefined && { notAfterS: notAfter }),
        },
        options,
      ),
    );
  withOutput(program.command('rotate').description('replace a probe’s key').argument('<name>', 'name', parseName))
    .option('--overlap <time>', 'how long the old key stays valid', parseDuration('--overlap'), 7 * 86_400)
    .action((name, { overlap, ...options }) => rotate(name, overlap, options));
  withRegistry(
    program.command('revoke').description('refuse a probe’s keys').argument('<name>', 'name', parseName),
  ).action(revoke);
  withRegistry(program.command('list').description('list the keys, without any secret'))
    .option('--json', 'one JSON object per line')
    .action(list);
  return program;
}

await runCommand('nano-keys', async () => {
  await buildProgram().parseAsync();
  return undefined;
});
