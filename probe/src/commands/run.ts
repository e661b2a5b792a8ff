/** cold. `nano-probe [@FILE] [options]`: capture, and send or print records. */
import { createLog, type Log, listenForShutdown, UsageError } from '@nanogelf/cli';
import type { ProbeConfig } from '../config/config.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { type RunOptions, run } from '../pipeline.ts';
import type { Telemetry } from '../telemetry.ts';
import type { OptionValues } from './options.ts';

export interface RunInputs {
  /** Path of the configuration file, if there is one. */
  readonly file: string | undefined;
  readonly options: OptionValues;
  readonly version: string;
}

/** @throws UsageError for a configuration that cannot work, before any packet is touched */
export async function runProbe({ file, options, version }: RunInputs): Promise<void> {
  const log = createLog();
  const { config, notices } = loadConfig({ file, env: process.env, options });
  for (const notice of notices) log.warn(notice);
  requireOutput(config);
  await runLogged(config, log, { version });
}

function requireOutput({ outputs }: LoadedConfig['config']): void {
  if (outputs.stdout || outputs.destinations.length > 0) return;
  throw new UsageError('ERR_NO_OUTPUT', 'nowhere to put records: give exp-domain HOST:PORT or stdout');
}

/** Runs with the signals that an operator expects, and says at the end what was counted. */
export async function runLogged(
  config: ProbeConfig,
  log: Log,
  options: Pick<RunOptions, 'version' | 'format'>,
): Promise<void> {
  const stopping = new AbortController();
  const signal = AbortSignal.any([listenForShutdown(), stopping.signal]);
  let telemetry: Telemetry | undefined;
  process.on('SIGUSR1', () => log.info('counters', telemetry?.counts() ?? {}));
  const onStart = (started: Telemetry): void => {
    telemetry = started;
    log.info('capturing', describe(config));
  };
  try {
    await run(config, { ...options, log, signal, onStart, onClosed: () => stopping.abort() });
  } finally {
    if (telemetry !== undefined) log.info('counters', telemetry.counts());
    log.flush();
  }
}

function describe({ capture, outputs }: ProbeConfig): { [name: string]: string | number } {
  const from: { [name: string]: string } =
    capture.playFile === '' ? { device: capture.devices.join(',') } : { play: capture.playFile };
  const to = outputs.destinations.map(({ host, port }) => `${host}:${port}`).join(',');
  return { ...from, ...(to === '' ? {} : { to, encrypted: outputs.key === undefined ? 'no' : outputs.key.suite }) };
}
