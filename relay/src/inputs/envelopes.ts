// cold. The encrypted port: everything that opening envelopes needs, and the reports of what probes lost.
import { type Log, OperationalError } from '@nanogelf/cli';
import { createReceiver, type Receiver, type Registry, selectCipher } from '@nanogelf/codec';
import type { Counters } from '../counters.ts';
import type { RelayOptions } from '../options.ts';
import type { Output } from '../outputs/output.ts';
import { createPipeline, deliver } from '../pipeline.ts';
import { loadRegistry } from '../registry-file.ts';
import { watchRegistry } from '../registry-watch.ts';
import { Reporter } from '../report.ts';
import { keepState, readStateFile } from '../state-file.ts';
import type { Input } from './input.ts';
import { bindUdp, readKernelDrops } from './udp-socket.ts';

/** @throws OperationalError for a registry, a state or a port that cannot be used */
export async function openEnvelopes(
  options: RelayOptions,
  outputs: readonly Output[],
  counters: Counters,
  log: Log,
): Promise<Input> {
  const addresses = options.listens.filter(({ scheme }) => scheme === 'udp');
  const receiver = openReceiver(options, loadRegistry(options.registry));
  const now = () => Date.now();
  const source = { export: () => receiver.exportState(now()), saved: () => receiver.stateSaved() };
  const keeper = await keepState(options.state, source, log);
  const pipeline = createPipeline({ receiver, outputs, counters, armor: options.armor, now });
  const sockets = await Promise.all(addresses.map(address => bindUdp(address, log, pipeline)));
  const watch = watchRegistry(options.registry, log, changed => receiver.setRegistry(changed));
  const reports = startReports(options.reportIntervalS, receiver, outputs);

  let kernelDropped = 0;
  /** The kernel forgets its count with the socket. */
  function readCounters(): { readonly [name: string]: number } {
    gather(counters, receiver);
    kernelDropped = Math.max(kernelDropped, ...addresses.map(({ port }) => readKernelDrops(port)));
    return { kernel_dropped: kernelDropped };
  }
  async function close(): Promise<void> {
    readCounters();
    clearInterval(reports);
    watch.close();
    for (const socket of sockets) socket.close();
    await keeper.close();
  }
  return { reload: () => watch.reload(), counters: readCounters, close };
}

function openReceiver({ clock, dropStale, state }: RelayOptions, registry: Registry): Receiver {
  const saved = readStateFile(state) ?? new Uint8Array(0);
  const options = { registry, cipher: selectCipher(), clock, dropStale, startedAtMs: Date.now(), state: saved };
  try {
    return createReceiver(options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OperationalError(
      'ERR_STATE',
      `--state ${state} is damaged; to start without it, so that what was received before could pass again: rm ${state}`,
    );
  }
}

function startReports(intervalS: number, receiver: Receiver, outputs: readonly Output[]): NodeJS.Timeout | undefined {
  if (intervalS === 0) return undefined;
  const reporter = new Reporter();
  return setInterval(() => {
    for (const delivery of reporter.report(receiver.probeStats(), Date.now())) deliver(outputs, delivery);
  }, intervalS * 1000).unref();
}

/** The receiver counts for itself; that is taken over when someone looks. */
function gather(counters: Counters, receiver: Receiver): void {
  const { refused, ...taken } = receiver.takeCounters();
  for (const [name, count] of Object.entries(taken)) counters.add(name, count);
  for (const [reason, count] of Object.entries(refused)) counters.add(`refused.${reason}`, count);
}
