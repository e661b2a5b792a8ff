/** cold. The sinks that a configuration asks for, as one. */
import type { Log } from '@nanogelf/cli';
import type { OutputConfig } from '../config/config.ts';
import { FanOut } from './fan-out.ts';
import { formatJson, LineSink, type LineSinkOptions } from './line-sink.ts';
import type { Sink } from './sink.ts';
import { type MarkPath, UdpGroup } from './udp-group.ts';

const STDOUT_FD = 1;

export interface OutputOptions {
  readonly log: Log;
  /** See {@link LineSinkOptions}. */
  readonly lossless: boolean;
  readonly onClosed: () => void;
  /** How a record becomes a line on standard output; JSON unless told. */
  readonly format?: LineSinkOptions['format'];
}

export interface Outputs {
  readonly sink: Sink;
  /** Calls `mark` for each path that our own datagrams take now. */
  eachOwnPath(mark: MarkPath): void;
}

/** @throws OperationalError when a destination's socket cannot be made */
export async function openOutputs(config: OutputConfig, options: OutputOptions): Promise<Outputs> {
  const sinks = new Map<string, Sink>();
  if (config.stdout) {
    const { lossless, onClosed, format = formatJson } = options;
    sinks.set('stdout', new LineSink({ fd: STDOUT_FD, format, lossless, onClosed }));
  }
  const group = new UdpGroup(config.destinations, options.log);
  if (config.destinations.length > 0) sinks.set('gelf', await openNetworkSink(config, group, options.log));
  await group.open();
  return { sink: new FanOut(sinks), eachOwnPath: mark => group.eachPath(mark) };
}

/** Loads what it needs: the envelope's code and its libraries are a third of the probe's start. */
async function openNetworkSink(config: OutputConfig, group: UdpGroup, log: Log): Promise<Sink> {
  const { key, compression, armor, datagramBytes, stateDir } = config;
  if (key === undefined) {
    const { GelfSink } = await import('./gelf-sink.ts');
    return new GelfSink(group, compression === 'gzip' || compression === 'zlib' ? compression : 'none', datagramBytes);
  }
  const { SealedSink } = await import('./sealed-sink.ts');
  const { SessionTime } = await import('./session-time.ts');
  return new SealedSink(group, {
    key,
    compression: compression === 'dict' || compression === 'unsafe-batch' ? compression : 'none',
    armor,
    datagramBytes,
    sessionTime: new SessionTime(stateDir, key.kid, log),
  });
}
