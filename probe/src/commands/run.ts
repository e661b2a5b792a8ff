/** cold. `nano-probe [@FILE] [options]`: capture, and send or print records. */
import { createLog, type Log, listenForShutdown, UsageError } from '@nanogelf/cli';
import type { ProbeConfig } from '../config/config.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Running } from '../path.ts';
import { type RunOptions, run } from '../pipeline.ts';
import type { OptionValues } from './options.ts';
import { reload } from './reload.ts';

export interface RunInputs {
  /** Path of the configuration file, if there is one. */
  readonly file: string | undefined;
  readonly options: OptionValues;
  readonly version: string;
}

/** @throws UsageError for a configuration that cannot work, before any packet is touched */
export async function runProbe({ file, options, version }: RunInputs): Promise<void> {
  const log = createLog();
  const load = (): LoadedConfig => loadConfig({ file, env: process.env, options });
  const { config, notices } = load();
  for (const notice of notices) log.warn(notice);
  requireOutput(config);
  // Without a file SIGHUP means that the terminal went away.
  await runLogged(config, log, { version, ...(file === undefined ? {} : { load }) });
}

function requireOutput({ outputs }: LoadedConfig['config']): void {
  if (outputs.stdout || outputs.destinations.length > 0) return;
  throw new UsageError('ERR_NO_OUTPUT', 'nowhere to put records: give exp-domain HOST:PORT or stdout');
}

interface LoggedOptions extends Pick<RunOptions, 'version' | 'format'> {
  /** Reads the configuration again, on SIGHUP. */
  readonly load?: () => LoadedConfig;
}

/** Runs with the signals that an operator expects, and says at the end what was counted. */
export async function runLogged(config: ProbeConfig, log: Log, options: LoggedOptions): Promise<void> {
  const { load, ...rest } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([listenForShutdown(), stopping.signal]);
  let running: Running | undefined;
  const tellCounters = async (): Promise<void> => log.info('counters', (await running?.counts()) ?? {});
  const onStart = (started: Running): void => {
    running = started;
    process.on('SIGUSR1', tellCounters);
    if (load !== undefined) process.on('SIGHUP', () => reload(load, config, started.adopt, log));
    log.info('capturing', describe(config));
  };
  try {
    await run(config, { ...rest, log, signal, onStart, onClosed: () => stopping.abort() });
  } finally {
    if (running !== undefined) await tellCounters();
    log.flush();
  }
}

function describe({ capture, outputs }: ProbeConfig): { [name: string]: string | number } {
  const from: { [name: string]: string } =
    capture.playFile === '' ? { device: capture.devices.join(',') } : { play: capture.playFile };
  const to = outputs.destinations.map(({ host, port }) => `${host}:${port}`).join(',');
  return { ...from, ...(to === '' ? {} : { to, encrypted: outputs.key === undefined ? 'no' : outputs.key.suite }) };
}
