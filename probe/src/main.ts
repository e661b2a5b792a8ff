#!/usr/bin/env node
// cold. The command line of nano-probe: reads it and hands over to a command, which is loaded then.
import { createProgram, readVersion, runCommand, suggest, UsageError } from '@nanogelf/cli';
import type { Command } from 'commander';
import { addKeyOptions, readKeyOptions, settleBareOptions } from './commands/options.ts';
import { tuneHeap } from './heap.ts';

const NAME = 'nano-probe';
const COMMANDS = ['watch', 'devices', 'check-config'];
const EXAMPLES = `
Examples:
  ${NAME} watch http                         HTTP exchanges of all interfaces, a line each
  ${NAME} --device eth0 --stdout             records as NDJSON
  ${NAME} --play trace.pcap --stdout         records of a capture file
  ${NAME} --device eth0 --exp-domain 10.0.0.5:12201 --encrypt /etc/nano/probe.key
  ${NAME} @/etc/nano/nano.conf               all from a file of KEY=VALUE lines

Every option is also a line of the file and a variable NANO_…; an option beats the variable, which beats the file.
All options: ${NAME} --help all. Counters: SIGUSR1, and when it ends.`;

tuneHeap();

const version = readVersion(import.meta.url);

/** @param at `@FILE`
 *  @param option value of `--config`
 *  @throws UsageError when the @ is missing, or both are given */
function chooseFile(at: string | undefined, option: string | undefined): string | undefined {
  if (at === undefined) return option;
  if (!at.startsWith('@') || at.length === 1) {
    const hint = suggest(at, COMMANDS) || `; a configuration file is given as @FILE, see ${NAME} --help`;
    throw new UsageError('ERR_USAGE', `"${at}" is not a command${hint}`);
  }
  if (option !== undefined) throw new UsageError('ERR_USAGE', `two configuration files: ${at} and --config ${option}`);
  return at.slice(1);
}

function createCommandLine(showsAll: boolean): Command {
  const program = createProgram(NAME, import.meta.url)
    .description('Captures on this host, computes traffic records, pushes them as GELF.')
    .argument('[@file]', 'configuration file')
    .option('--config <file>', 'the same as @FILE')
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES);
  addKeyOptions(program, showsAll).action(async (at: string | undefined) => {
    const options = readKeyOptions(program);
    const { runProbe } = await import('./commands/run.ts');
    await runProbe({ file: chooseFile(at, program.opts().config), options, version });
  });
  program.addCommand(watchCommand(showsAll));
  program
    .command('devices')
    .description('list the interfaces')
    .action(async () => (await import('./commands/devices.ts')).listDevices());
  program
    .command('check-config')
    .description('say every mistake of a configuration file')
    .argument('<file>')
    .action(async (file: string) => (await import('./commands/check-config.ts')).checkConfig(file.replace(/^@/, '')));
  return program;
}

function watchCommand(showsAll: boolean): Command {
  const command = createProgram('watch', import.meta.url)
    .description('print one line per exchange or conversation')
    .argument('[protocol...]', 'http, dns, …; only their exchanges')
    .option('--config <file>', 'configuration file');
  return addKeyOptions(command, showsAll).action(async (protocols: string[]) => {
    const { watch } = await import('./commands/watch.ts');
    await watch({ file: command.opts().config, options: readKeyOptions(command), version, protocols });
  });
}

await runCommand(NAME, async () => {
  const words = process.argv.slice(2);
  // Process lists then show the name alone, and so no key.
  if (words.some(word => /^--(encrypt|token)(=|$)/.test(word))) process.title = NAME;
  const at = words.findIndex(word => word === '--help' || word === '-h');
  const showsAll = at >= 0 && words[at + 1] === 'all';
  if (showsAll) words.splice(at + 1, 1);
  await createCommandLine(showsAll).parseAsync(settleBareOptions(words), { from: 'user' });
  return undefined;
});
