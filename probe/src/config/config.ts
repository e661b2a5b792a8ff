/** cold. The configuration as the stations read it. */
import type { Address } from '@nanogelf/cli';
import type { NetRule } from '../dissect/net-filter.ts';
import type { Settings } from './keys.ts';
import type { ProtocolChoice } from './kinds.ts';
import type { ProbeKey } from './probe-key.ts';

export interface CaptureConfig {
  /** Interfaces to capture on; `any` is all of them. */
  readonly devices: readonly string[];
  readonly source: 'auto' | 'ring' | 'cap';
  /** Workers that share the devices' traffic; 1: all in one thread. */
  readonly threads: number;
  /** pcap filter, empty for none. */
  readonly filterBpf: string;
  readonly snapBytes: number;
  /** Whether records name the process of the local end; never for a file. */
  readonly processes: boolean;
  /** File to read instead of the devices, empty for none. */
  readonly playFile: string;
  /** 0 as fast as possible, 1 in the file's own timing, N times as fast. */
  readonly playSpeed: number;
}

export interface AnalysisConfig {
  readonly keep: readonly NetRule[];
  readonly drop: readonly NetRule[];
  /** Which conversations get network records. */
  readonly l4: 'net' | 'tcp' | 'udp' | 'off';
  /** What exchange records hold. */
  readonly l7: 'headers' | 'bodies' | 'off';
  /** Only these protocols are parsed; empty for all. A port, where given, is always that protocol's. */
  readonly protocols: readonly ProtocolChoice[];
  /** Ids of protocols that are not parsed. */
  readonly ignoredProtocols: readonly string[];
  readonly bodyBytes: number;
  /** Media types whose bodies are kept although they are no text. */
  readonly mediaTypes: readonly string[];
  /** Names of secrets besides the usual ones, and names that are none. */
  readonly secretNames: readonly string[];
  readonly plainNames: readonly string[];
  readonly intervalSeconds: number;
  /** One in so many conversations has exchange records. */
  readonly sampleRate: number;
}

export interface OutputConfig {
  readonly stdout: boolean;
  readonly destinations: readonly Address[];
  /** `gzip`, `zlib` without a key; `dict`, `unsafe-batch` with one. */
  readonly compression: 'none' | 'gzip' | 'zlib' | 'dict' | 'unsafe-batch';
  /** Datagrams as text; only with a key. */
  readonly armor: boolean;
  /** Seals what is sent; without it plain GELF is sent. */
  readonly key: ProbeKey | undefined;
  /** Longest datagram in bytes; 0 for the format's own default. */
  readonly datagramBytes: number;
  /** Folder for what is kept over restarts; empty for none. */
  readonly stateDir: string;
}

export interface IdentityConfig {
  /** Empty: not set, found out instead. */
  readonly source: string;
  readonly probeId: string;
  readonly hostAddress: string;
  readonly sysVersion: string;
}

export interface ProbeConfig {
  readonly capture: CaptureConfig;
  readonly analysis: AnalysisConfig;
  readonly outputs: OutputConfig;
  readonly identity: IdentityConfig;
}

/** @param key the probe's key, read from where `encrypt` said */
export function arrangeConfig(settings: Settings, key: ProbeKey | undefined, env: NodeJS.ProcessEnv): ProbeConfig {
  return {
    capture: {
      devices: settings.device,
      source: settings.capture,
      threads: settings.threads,
      filterBpf: settings['filter-bpf'],
      snapBytes: settings['max-length'],
      processes: settings.process,
      playFile: settings.play,
      playSpeed: settings['play-speed'],
    },
    analysis: {
      keep: settings['filter-net'],
      drop: settings.drop,
      l4: settings['l4-switch'],
      l7: settings['auto-check'],
      protocols: settings.proto,
      ignoredProtocols: settings.ignorel7,
      bodyBytes: settings.bodylen,
      mediaTypes: settings['media-bodies'],
      secretNames: settings.redact,
      plainNames: settings['redact-off'],
      intervalSeconds: settings.interval,
      sampleRate: settings.jsonsample,
    },
    outputs: {
      stdout: settings.stdout,
      destinations: settings['exp-domain'],
      compression: chooseCompression(settings.compress, key !== undefined),
      armor: settings.base64 && key !== undefined,
      key,
      datagramBytes: settings.mtu,
      // systemd makes the folder and names it here.
      stateDir: settings['state-dir'] || env.STATE_DIRECTORY?.split(':')[0] || '',
    },
    identity: {
      source: settings.source,
      probeId: settings['probe-id'],
      hostAddress: settings['host-address'],
      sysVersion: settings['sys-version'],
    },
  };
}

/** `compress=1` means the usual way: zlib in clear, and where length would leak, each record alone. */
function chooseCompression(written: Settings['compress'], sealed: boolean): OutputConfig['compression'] {
  if (written !== 'default') return written;
  return sealed ? 'dict' : 'zlib';
}
