// cold. Puts the parts of the relay together and takes them apart again.
import { isatty } from 'node:tty';
import { type Address, type Log, wantsColour } from '@nanogelf/cli';
import { Counters } from './counters.ts';
import { openEnvelopes } from './inputs/envelopes.ts';
import { openGelfUdp } from './inputs/gelf-udp.ts';
import type { Input } from './inputs/input.ts';
import { openTls } from './inputs/tls.ts';
import type { RelayOptions } from './options.ts';
import type { Output } from './outputs/output.ts';
import { StdoutOutput } from './outputs/stdout.ts';
import { TlsOutput } from './outputs/tls.ts';
import { openUdpOutput } from './outputs/udp.ts';
import { loadIdentity } from './tls/identity.ts';

const STDOUT_FD = 1;

export interface Relay {
  /** Reads the registry and the certificates again, changed or not. */
  reload(): void;
  /** @returns everything that was counted since the start, by name; what is 0 is left out */
  counters(): { readonly [name: string]: number };
  /** Stops receiving, passes on what is queued and saves the state. */
  close(): Promise<void>;
}

/** @throws OperationalError for a registry, a state, a certificate, an output or a port that cannot be used */
export async function startRelay(options: RelayOptions, log: Log): Promise<Relay> {
  const counters = new Counters();
  const outputs = await Promise.all(options.outputs.map(output => openOutput(output, options, counters, log)));
  const inputs = await openInputs(options, outputs, counters, log);
  async function close(): Promise<void> {
    await Promise.all(inputs.map(input => input.close()));
    await Promise.all(outputs.map(output => output.close()));
  }
  function readCounters(): { readonly [name: string]: number } {
    const own = Object.assign(
      {},
      ...inputs.map(input => input.counters()),
      ...outputs.map(output => output.counters?.()),
    );
    const counted = Object.entries<number>({ ...counters.read(), ...own });
    return Object.fromEntries(counted.filter(([, count]) => count !== 0));
  }
  return {
    reload: () => {
      for (const input of inputs) input.reload();
    },
    counters: readCounters,
    close,
  };
}

/** One for all encrypted ports: a key's replay window lives in one place. */
async function openInputs(
  options: RelayOptions,
  outputs: readonly Output[],
  counters: Counters,
  log: Log,
): Promise<Input[]> {
  const at = (scheme: string) => options.listens.filter(address => address.scheme === scheme);
  const inputs: Promise<Input>[] = at('udp').length > 0 ? [openEnvelopes(options, outputs, counters, log)] : [];
  inputs.push(...at('gelf+udp').map(address => openGelfUdp(address, outputs, counters, log)));
  inputs.push(...at('tls').map(address => openTls(address, options.tls, outputs, counters, log)));
  return Promise.all(inputs);
}

async function openOutput(
  output: Address | 'stdout',
  options: RelayOptions,
  counters: Counters,
  log: Log,
): Promise<Output> {
  if (output === 'stdout') return openStdout(options, counters);
  if (output.scheme === 'udp') return openUdpOutput(output, counters);
  const { delimiter, bufferBytes } = options;
  return new TlsOutput(output, { identity: loadIdentity(options.tls), delimiter, bufferBytes }, counters, log);
}

function openStdout(options: RelayOptions, counters: Counters): Output {
  const isTerminal = isatty(STDOUT_FD);
  return new StdoutOutput({
    stream: process.stdout,
    human: options.human ?? isTerminal,
    colour: isTerminal && wantsColour(),
    clock: () => performance.now(),
    counters,
  });
}
