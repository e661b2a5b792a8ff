// cold. The probe as a user runs it: on a host's loopback, while real clients talk to real servers there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Counters, latestCounters } from '../counters.ts';
import { type Host, type Program, pause } from '../hosts/index.ts';
import { NANO_PROBE } from '../programs.ts';

const SETTLE_MS = 500;
const COUNTERS_MS = 30_000; // a busy machine reads its ring late

export type Exchange = { readonly [field: string]: unknown };

export interface LiveRun {
  /** The exchanges' records in the order they were written, without those of conversations. */
  readonly exchanges: readonly Exchange[];
  readonly conversations: readonly Exchange[];
  readonly counters: Counters;
}

export class LiveProbe {
  readonly program: Program;
  readonly #output: string;

  constructor(program: Program, output: string) {
    this.program = program;
    this.#output = output;
  }

  /** Asks for counters until they stand still: whatever lay in the ring has been read. */
  async settle(): Promise<Counters> {
    for (let before = -1; ; ) {
      await pause(SETTLE_MS);
      const counters = await this.#count();
      const packets = counters['flow.packets'] ?? 0;
      if (before === packets) return counters;
      before = packets;
    }
  }

  /** Stops the probe when it has read everything.
   *  @throws when it did not end cleanly, or an analyzer threw */
  async finish(): Promise<LiveRun> {
    await this.settle();
    const status = await this.program.stop();
    const counters = latestCounters(this.program.stderr);
    const thrown = Object.keys(counters).filter(name => name.endsWith('.thrown'));
    if (status !== 0 || thrown.length > 0) throw new Error(`nano-probe: exit status ${status}, ${thrown.join(', ')}`);
    const records: Exchange[] = readFileSync(this.#output, 'utf8').split('\n').filter(Boolean).map(toRecord);
    return {
      exchanges: records.filter(({ STATE }) => STATE === undefined),
      conversations: records.filter(({ STATE }) => STATE !== undefined),
      counters,
    };
  }

  #count(): Promise<Counters> {
    const lines = this.program.stderr.length;
    this.program.child.kill('SIGUSR1');
    const fresh = () => this.program.stderr.slice(lines).find(line => line.includes('"counters"'));
    return this.program.until(fresh, 'counters', COUNTERS_MS).then(line => latestCounters([line]));
  }
}

const toRecord = (line: string): Exchange => JSON.parse(line);

/** Starts a probe on the host's loopback; returns when it captures.
 *  @param folder for the file it writes its records to
 *  @param options added to the command line */
export const watchLoopback = (host: Host, folder: string, options: readonly string[] = []): Promise<LiveProbe> =>
  watchDevice(host, 'lo', folder, options);

let started = 0;

/** The same on any device. */
export async function watchDevice(
  host: Host,
  device: string,
  folder: string,
  options: readonly string[] = [],
): Promise<LiveProbe> {
  const output = join(folder, `records-${host.namespace}-${++started}.ndjson`);
  const script = `exec node ${NANO_PROBE} --device ${device} --capture ring --stdout "$@" >${output}`;
  const program = host.start('sh', ['-c', script, 'sh', ...options]);
  await program.line(/"capturing"/);
  return new LiveProbe(program, output);
}
