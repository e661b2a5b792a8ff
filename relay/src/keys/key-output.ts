// cold. Hands a probe's key over: into a file of its own, or on stdout where that was asked for.
import { existsSync } from 'node:fs';
import { OperationalError, UsageError, writeFileAtomic } from '@nanogelf/cli';
import { formatProbeKeyLine, type ProbeKey } from '@nanogelf/codec';

export interface KeyOutputOptions {
  readonly out?: string;
  readonly stdout?: boolean;
}

/** Where a key goes; decided before it is made, so that a mistake changes nothing.
 *  @returns the file, or undefined for stdout
 *  @throws UsageError for both at once, OperationalError when the file is there already */
export function chooseKeyFile(
  { out, stdout }: KeyOutputOptions,
  name: string,
  isTerminal: boolean,
): string | undefined {
  if (out !== undefined && stdout) throw new UsageError('ERR_OUT_AND_STDOUT', '--out and --stdout: only one of them');
  if (stdout || (out === undefined && !isTerminal)) return undefined;
  const path = out ?? `${name}.key`;
  if (existsSync(path)) {
    throw new OperationalError('ERR_KEY_FILE_EXISTS', `${path} exists; a key is never overwritten, name another --out`);
  }
  return path;
}

/** @param path undefined: stdout */
export async function handOverKey(key: ProbeKey, name: string, path: string | undefined): Promise<void> {
  const line = formatProbeKeyLine(key);
  if (path === undefined) process.stdout.write(`${line}\n`);
  else await writeFileAtomic(path, `# nano-probe key of ${name}, suite ${key.suite}\n${line}\n`);
}
