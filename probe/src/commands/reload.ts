/** cold. A changed configuration while the probe runs: what can be taken over is, without losing a conversation. */
import { type Log, UsageError } from '@nanogelf/cli';
import type { AnalysisConfig, ProbeConfig } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';

/** What holds resources or state that began with the probe. */
const FIXED: { readonly [what: string]: (config: ProbeConfig) => unknown } = {
  'device, filter-bpf, max-length, process, capture, threads, play': ({ capture }) => capture,
  'exp-domain, encrypt, compress, base64, mtu, stdout, state-dir': ({ outputs }) => outputs,
  'source, probe-id, host-address, sys-version': ({ identity }) => identity,
  'proto, ignorel7': ({ analysis }) => [analysis.protocols, analysis.ignoredProtocols],
  interval: ({ analysis }) => analysis.intervalSeconds,
  'auto-check': ({ analysis }) => analysis.l7 === 'off',
};

/** @returns the keys whose change waits for a restart */
export const waitingKeys = (before: ProbeConfig, after: ProbeConfig): string[] =>
  Object.keys(FIXED).filter(keys => JSON.stringify(FIXED[keys]?.(before)) !== JSON.stringify(FIXED[keys]?.(after)));

/** Reads the configuration anew and hands over what can change; a bad one is told, and the old one stays.
 *  @param load reads it
 *  @param running the configuration that the probe was started with */
export function reload(load: () => LoadedConfig, running: ProbeConfig, adopt: (a: AnalysisConfig) => void, log: Log) {
  try {
    const { config, notices } = load();
    for (const notice of notices) log.warn(notice);
    adopt(config.analysis);
    const waiting = waitingKeys(running, config);
    if (waiting.length > 0) log.warn(`changes that wait for a restart: ${waiting.join('; ')}`);
    log.info('configuration reloaded');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    for (const line of error.message.split('\n')) log.error(line);
    log.error('the configuration was not reloaded, the old one stays');
  }
}
