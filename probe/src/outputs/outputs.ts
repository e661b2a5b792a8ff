/** cold. The sinks that a configuration asks for, as one. */
import type { Log } from '@nanogelf/cli';
import type { OutputConfig } from '../config/config.ts';
import { FanOut } from './fan-out.ts';
import { GelfSink } from './gelf-sink.ts';
import { formatJson, LineSink, type LineSinkOptions } from './line-sink.ts';
import { SealedSink } from './sealed-sink.ts';
import { SessionTime } from './session-time.ts';
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
  if (config.destinations.length > 0) sinks.set('gelf', createNetworkSink(config, group, options.log));
  await group.open();
  return { sink: new FanOut(sinks), eachOwnPath: mark => group.eachPath(mark) };
}

function createNetworkSink(config: OutputConfig, group: UdpGroup, log: Log): Sink {
  const { key, compression, armor, datagramBytes, stateDir } = config;
  if (key === undefined) {
    return new GelfSink(group, compression === 'gzip' || compression === 'zlib' ? compression : 'none', datagramBytes);
  }
  return new SealedSink(group, {
    key,
    compression: compression === 'dict' || compression === 'unsafe-batch' ? compression : 'none',
    armor,
    datagramBytes,
    sessionTime: new SessionTime(stateDir, key.kid, log),
  });
}
