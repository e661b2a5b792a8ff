import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { concealKeys } from './conceal.ts';
import {
  EXIT_FAILED,
  EXIT_OK,
  EXIT_USAGE,
  explainSystemError,
  isSystemError,
  OperationalError,
  UsageError,
} from './errors.ts';
import { printable } from './log.ts';

/** @param moduleUrl `import.meta.url` of the command
 *  @returns the version of the package that the command belongs to */
export function readVersion(moduleUrl: string): string {
  let folder = new URL('./', moduleUrl);
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('../', folder);
    if (parent.href === folder.href) throw new Error(`no package.json above ${fileURLToPath(moduleUrl)}`);
    folder = parent;
  }
  return JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')).version;
}

/** A commander program that throws what is wrong with the command line as UsageError instead of ending the process.
 *  @param moduleUrl `import.meta.url` of the command, for `--version` */
export function createProgram(name: string, moduleUrl: string): Command {
  return new Command(name)
    .version(readVersion(moduleUrl), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ outputError: () => {} });
}

/** Runs a command to its end: one place that turns whatever was thrown into one clear line and an exit code.
 *  @param name name of the command, which begins each line
 *  @param main does the work; an exit code that it returns is used */
export async function runCommand(name: string, main: () => Promise<number | undefined>): Promise<void> {
  process.on('uncaughtException', error => end(name, error));
  endQuietlyOnClosedStdout();
  try {
    process.exitCode = (await main()) ?? EXIT_OK;
  } catch (error) {
    end(name, error);
  }
}

function end(name: string, error: unknown): never {
  const { code, text } = describeFailure(name, error);
  process.stderr.write(concealKeys(text));
  process.exit(code);
}

/** @returns the exit code for `error` and what to tell the operator; a bug of ours keeps its stack */
export function describeFailure(name: string, error: unknown): { readonly code: number; readonly text: string } {
  if (error instanceof CommanderError) return describeCommanderError(name, error);
  if (error instanceof UsageError) return { code: EXIT_USAGE, text: prefixLines(name, error.message) };
  if (error instanceof OperationalError) return { code: EXIT_FAILED, text: prefixLines(name, error.message) };
  if (isSystemError(error)) return { code: EXIT_FAILED, text: prefixLines(name, describeSystemError(error)) };
  const stack = error instanceof Error ? error.stack : String(error);
  return { code: EXIT_FAILED, text: `${name}: this is a bug, please report it with the lines below\n${stack}\n` };
}

function describeCommanderError(name: string, error: CommanderError): { readonly code: number; readonly text: string } {
  // Help and version that were asked for: commander has printed them.
  if (error.exitCode === 0) return { code: EXIT_OK, text: '' };
  // A command that needs a subcommand and got none: commander has printed its help.
  if (error.code === 'commander.help') return { code: EXIT_USAGE, text: '' };
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return { code: EXIT_USAGE, text: prefixLines(name, `${message}; see ${name} --help`) };
}

function describeSystemError(error: NodeJS.ErrnoException): string {
  const { address, port } = error as { address?: string; port?: number };
  const object = error.path ?? (address === undefined ? '' : `${address}${port === undefined ? '' : `:${port}`}`);
  return `${[error.syscall, object].filter(Boolean).join(' ')}: ${explainSystemError(error)}`;
}

const prefixLines = (name: string, message: string): string =>
  message
    .split('\n')
    .map(line => `${name}: ${printable(line)}\n`)
    .join('');

/** `nano-probe … | head` has had enough: that is not an error. */
function endQuietlyOnClosedStdout(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_OK);
    throw error;
  });
}
