// cold. The same capture through the whole program.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../probe/dist/src/main.js', import.meta.url));
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** @param path of a capture file
 *  @returns the exchanges' records that nano-probe writes for it, without those of conversations */
export function probeFile(path: string, more: readonly string[] = []): { readonly [field: string]: unknown }[] {
  const options = ['--play', path, '--play-speed', '0', '--stdout', '--auto-check', '1', ...more];
  const text = execFileSync(process.execPath, [MAIN, ...options], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_LIMIT_BYTES,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const records = text.trimEnd().split('\n');
  return records.map(line => JSON.parse(line)).filter(record => record.STATE === undefined);
}
