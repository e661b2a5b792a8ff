// cold. Puts the parts of the relay together and takes them apart again.
import { isatty } from 'node:tty';
import { type Address, type Log, OperationalError, wantsColour } from '@nanogelf/cli';
import { createReceiver, type Receiver, type Registry, selectCipher } from '@nanogelf/codec';
import { Counters } from './counters.ts';
import { listen, readKernelDrops } from './listener.ts';
import type { RelayOptions } from './options.ts';
import type { Output } from './outputs/output.ts';
import { StdoutOutput } from './outputs/stdout.ts';
import { openUdpOutput } from './outputs/udp.ts';
import { createPipeline, deliver } from './pipeline.ts';
import { loadRegistry } from './registry-file.ts';
import { watchRegistry } from './registry-watch.ts';
import { Reporter } from './report.ts';
import { keepState, readStateFile } from './state-file.ts';

const STDOUT_FD = 1;

export interface Relay {
  /** Reads the registry again, changed or not. */
  reload(): void;
  /** @returns everything that was counted since the start, by name; what is 0 is left out */
  counters(): { readonly [name: string]: number };
  /** Stops receiving, passes on what is queued and saves the state. */
  close(): Promise<void>;
}

/** @throws OperationalError for a registry, a state, an output or a port that cannot be used */
export async function startRelay(options: RelayOptions, log: Log): Promise<Relay> {
  const registry = loadRegistry(options.registry);
  const counters = new Counters();
  const receiver = openReceiver(options, registry);
  const outputs = await Promise.all(options.outputs.map(output => openOutput(output, options, counters)));
  const now = () => Date.now();
  const source = { export: () => receiver.exportState(now()), saved: () => receiver.stateSaved() };
  const keeper = await keepState(options.state, source, log);
  const pipeline = createPipeline({ receiver, outputs, counters, armor: options.armor, now });
  const socket = await listen(options.listen, log, pipeline);
  const watch = watchRegistry(options.registry, log, changed => receiver.setRegistry(changed));
  const reports = startReports(options.reportIntervalS, receiver, outputs);

  let kernelDropped = 0;
  /** The kernel forgets its count with the socket. */
  function readCounters(): { readonly [name: string]: number } {
    kernelDropped = Math.max(kernelDropped, readKernelDrops(options.listen.port));
    return { ...gather(counters, receiver), kernel_dropped: kernelDropped };
  }
  async function close(): Promise<void> {
    readCounters();
    clearInterval(reports);
    watch.close();
    socket.close();
    await Promise.all(outputs.map(output => output.close()));
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

async function openOutput(output: Address | 'stdout', options: RelayOptions, counters: Counters): Promise<Output> {
  if (output !== 'stdout') return openUdpOutput(output, counters);
  const isTerminal = isatty(STDOUT_FD);
  return new StdoutOutput({
    stream: process.stdout,
    human: options.human ?? isTerminal,
    colour: isTerminal && wantsColour(),
    clock: () => performance.now(),
    counters,
  });
}

function startReports(intervalS: number, receiver: Receiver, outputs: readonly Output[]): NodeJS.Timeout | undefined {
  if (intervalS === 0) return undefined;
  const reporter = new Reporter();
  return setInterval(() => {
    for (const delivery of reporter.report(receiver.probeStats(), Date.now())) deliver(outputs, delivery);
  }, intervalS * 1000).unref();
}

/** The receiver counts for itself; that is taken over when someone looks. */
function gather(counters: Counters, receiver: Receiver): { readonly [name: string]: number } {
  const { refused, ...taken } = receiver.takeCounters();
  for (const [name, count] of Object.entries(taken)) counters.add(name, count);
  for (const [reason, count] of Object.entries(refused)) counters.add(`refused.${reason}`, count);
  return counters.read();
}
