// cold. From the configuration to how packets are captured.
import type { Log } from '@nanogelf/cli';
import type { SourceOptions } from './capture/open-source.ts';
import type { CrewMember } from './capture/ring-source.ts';
import type { ProbeConfig } from './config/config.ts';
import { UDP_TUNNEL_PORTS } from './dissect/tunnel-udp.ts';

/** Headers of every link, of IP with options and of TCP with options fit, and so does nothing that is not counted. */
const HEADERS_BYTES = 128;

/** Without protocols to read, only headers are taken, of tunnels all: the largest single lever on the cost of capture. */
export function sourceOptions({ capture, analysis }: ProbeConfig, log: Log, crew?: CrewMember): SourceOptions {
  const { devices, source, filterBpf: filter, snapBytes, playFile, playSpeed } = capture;
  if (playFile !== '') return { file: playFile, playSpeed, filter, snapBytes };
  const snapPolicy = { fullPorts: UDP_TUNNEL_PORTS, snapBytes: HEADERS_BYTES, detectBytes: 0 };
  const headersOnly = analysis.l7 === 'off' ? { snapPolicy } : {};
  const engine = source === 'auto' ? {} : { engine: source };
  const share = crew === undefined ? {} : { crew };
  return { devices, filter, snapBytes, ...headersOnly, ...engine, ...share, onLog: line => log.warn(line) };
}
