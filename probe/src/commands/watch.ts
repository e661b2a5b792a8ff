/** cold. `nano-probe watch [PROTOCOL…]`: one short line per conversation or exchange, for a person at a terminal. */
import { createLog, formatRecordLine, wantsColour } from '@nanogelf/cli';
import type { KeyName } from '../config/keys.ts';
import { loadConfig } from '../config/load.ts';
import type { LineSinkOptions } from '../outputs/line-sink.ts';
import { type RunInputs, runLogged } from './run.ts';

export interface WatchInputs extends RunInputs {
  /** Names of protocols; empty for everything, conversations included. */
  readonly protocols: readonly string[];
}

/** @throws UsageError for an unknown protocol or option */
export async function watch({ file, options, version, protocols }: WatchInputs): Promise<void> {
  const log = createLog();
  const { config, notices } = loadConfig({ file, env: process.env, options: watchOptions(options, protocols) });
  for (const notice of notices) log.warn(notice);
  const colour = process.stdout.isTTY === true && wantsColour();
  const format: LineSinkOptions['format'] = (record, summary) =>
    record.STATE === 'ACTIVE' ? undefined : formatRecordLine(record, summary, colour);
  await runLogged(config, log, { version, format });
}

/** Who names protocols wants their exchanges, not every conversation beside them. */
function watchOptions(given: RunInputs['options'], protocols: readonly string[]): Map<KeyName, string | true> {
  const options = new Map<KeyName, string | true>(given);
  options.set('stdout', true);
  // What the environment or a file wants to be sent is for the probe that sends.
  for (const key of ['exp-domain', 'encrypt', 'compress'] as const) options.set(key, '');
  if (protocols.length === 0) return options;
  options.set('proto', protocols.join(','));
  if (!options.has('l4-switch')) options.set('l4-switch', '');
  return options;
}
