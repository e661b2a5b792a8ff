// The whole probe: capture → dissect → flow → protocols → records → outputs. Read this first.
import { randomInt } from 'node:crypto';
import type { Log } from '@nanogelf/cli';
import { turnCrank } from './capture/loop.ts';
import { openSource } from './capture/open-source.ts';
import type { CrewMember } from './capture/ring-source.ts';
import type { OnFrame, PacketSource } from './capture/source.ts';
import type { ProbeConfig } from './config/config.ts';
import { dissect } from './dissect/dissect.ts';
import { Duplicates } from './dissect/duplicates.ts';
import { Fragments } from './dissect/fragments.ts';
import { createNetFilter } from './dissect/net-filter.ts';
import { OwnTraffic } from './dissect/own-traffic.ts';
import { Packet } from './dissect/packet.ts';
import { DISSECTED, FRAGMENT } from './dissect/status.ts';
import { createFlowTable } from './flow/table.ts';
import type { LineSinkOptions } from './outputs/line-sink.ts';
import { openOutputs } from './outputs/outputs.ts';
import type { Outlet, Path, Running, StartPath } from './path.ts';
import { Engine } from './protocols/engine.ts';
import { PROTOCOLS } from './protocols/registry.ts';
import { selectProtocols } from './protocols/selection.ts';
import { openCommonFields } from './records/common.ts';
import { findIdentity, type Identity } from './records/identity.ts';
import { wantsNetworkRecord } from './records/network-choice.ts';
import { RecordMaker } from './records/record-maker.ts';
import { sourceOptions } from './source-options.ts';
import { prefixed, sumOf, Telemetry } from './telemetry.ts';

/** A frame lies in the ring for so long at most before it is seen; time must not pass it. */
const LATE_US = 250_000;

export interface RunOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly version: string;
  /** The reader of standard output went away. */
  readonly onClosed: () => void;
  readonly format?: LineSinkOptions['format'];
  /** Called when frames are about to come. */
  readonly onStart?: (running: Running) => void;
}

/** Runs until the file has ended or the signal says stop; then ends every open conversation and sends what is queued.
 *  @throws OperationalError when it cannot start or go on */
export async function run(config: ProbeConfig, options: RunOptions): Promise<void> {
  const { capture, outputs } = config;
  const isFile = capture.playFile !== '';
  const open = capture.threads > 1 ? (await import('./workers/crew.ts')).openCrew : openPath;
  const start = await open(config, options.log);
  const { sink, eachOwnPath } = await openOutputs(outputs, { ...options, lossless: isFile });
  const outlet: Outlet = {
    write: (record, summary) => sink.write(record, summary),
    congestion: () => sink.congestion(),
    eachOwnPath,
  };
  try {
    const path = await start(outlet, await findIdentity(config.identity, outputs.stateDir, options.version));
    const counts = async () => sumOf([await path.counts(), prefixed('output', sink.stats())]);
    options.onStart?.({ counts, adopt: path.adopt });
    await path.run(options.signal);
  } finally {
    await sink.close();
  }
}

/** Opens the source; what it captures is kept until the path runs.
 *  @param crew of which worker this is the path, where several share the traffic */
export async function openPath(config: ProbeConfig, log: Log, crew?: CrewMember): Promise<StartPath> {
  const source = await openSource(sourceOptions(config, log, crew));
  return (outlet, identity) => startPath(config, log, source, outlet, identity);
}

async function startPath(
  config: ProbeConfig,
  log: Log,
  source: PacketSource,
  outlet: Outlet,
  identity: Identity,
): Promise<Path> {
  const { capture } = config;
  let { analysis } = config;
  const isFile = capture.playFile !== '';
  const own = new OwnTraffic();

  const flows = createFlowTable({
    intervalUs: analysis.intervalSeconds * 1e6,
    // Nobody on the network can know which conversations share a place in the table.
    seed: isFile ? 0 : randomInt(2 ** 32),
    onBegin: slot => processes?.begin(slot),
    onRecord: (slot, final) => {
      if (!wantsNetworkRecord(analysis.l4, flows.protocolOf(slot))) return;
      outlet.write(records.network(slot, final, engine.titleOf(slot), nowUs));
    },
  });
  const selection = selectProtocols(PROTOCOLS, analysis.protocols, analysis.ignoredProtocols);
  const engine = new Engine(
    {
      ...selection,
      bodyLen: analysis.bodyBytes,
      bodies: analysis.l7 === 'bodies',
      mediaTypes: analysis.mediaTypes,
      secretNames: analysis.secretNames,
      plainNames: analysis.plainNames,
      sampleRate: analysis.sampleRate,
    },
    flows,
    (slot, title, exchange, protocol, sampleRate) =>
      outlet.write(records.exchange(slot, title, exchange, protocol, sampleRate), exchange.summary),
  );
  if (analysis.l7 !== 'off') flows.listen(engine);
  const common = await openCommonFields(identity);
  const processes =
    isFile || !capture.processes ? undefined : (await import('./host/open-processes.ts')).openProcesses(flows, log);
  const nic = isFile ? undefined : capture.devices.join(',');
  const records = new RecordMaker(flows, common, source.interfaces, nic, processes);

  const fragments = new Fragments();
  const duplicates = new Duplicates();
  const isOnSeveral = !isFile && (capture.devices.length > 1 || capture.devices.includes('any'));
  const telemetry = new Telemetry(source, fragments, flows, engine, processes);
  let isWanted = createNetFilter(analysis.keep, analysis.drop);
  const packet = new Packet();
  let nowUs = 0;
  const onFrame: OnFrame = (bytes, at, capturedBytes, wireBytes, tsUs, iface, vlanTci) => {
    const linkType = source.interfaces[iface]?.linkType ?? -1;
    let status = dissect(packet, bytes, at, capturedBytes, wireBytes, tsUs, iface, linkType, vlanTci);
    if (status === FRAGMENT) status = fragments.take(packet);
    if (status !== DISSECTED) return telemetry.countUndissected(status);
    if (own.has(packet)) return telemetry.countOwn();
    if ((isOnSeveral || source.interfaces.length > 1) && duplicates.has(packet)) return telemetry.countDuplicate();
    if (!isWanted(packet)) return telemetry.countFiltered();
    nowUs = tsUs;
    flows.packet(packet);
  };
  const onTurn = (): void => {
    own.clear();
    outlet.eachOwnPath((local, remote, host) => own.mark(local, remote, host));
    if (isFile) return;
    processes?.turn();
    nowUs = Date.now() * 1000 - LATE_US;
    flows.tick(nowUs);
  };

  return {
    counts: async () => telemetry.counts(),
    adopt(changed) {
      analysis = changed;
      isWanted = createNetFilter(analysis.keep, analysis.drop);
      engine.setBodies(analysis.bodyBytes, analysis.l7 === 'bodies', analysis.mediaTypes);
      engine.setSecrets(analysis.secretNames, analysis.plainNames);
      engine.setSampleRate(analysis.sampleRate);
    },
    async run(signal) {
      const congestion = () => (isFile ? outlet.congestion() : undefined);
      try {
        onTurn();
        await turnCrank({ source, onFrame, onTurn, congestion, signal });
      } finally {
        for (const _ of flows.finishing()) await outlet.congestion();
        source.close();
        processes?.close();
      }
    },
  };
}
