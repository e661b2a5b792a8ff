/** cold. `nano-probe check-config FILE`: every mistake of a configuration, before it is used. */
import { loadConfig } from '../config/load.ts';

/** Prints what is to be known, and that it can be used.
 *  @throws UsageError with a line for every mistake */
export function checkConfig(file: string): void {
  const { notices } = loadConfig({ file, env: {}, options: new Map() });
  for (const notice of notices) process.stderr.write(`${file}: ${notice}\n`);
  process.stdout.write(`${file}: configuration OK\n`);
}
