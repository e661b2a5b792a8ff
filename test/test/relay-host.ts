// The relay on one of two hosts, and questions to it.
import { join } from 'node:path';
import { type Counters, latestCounters } from '../src/counters.ts';
import { type Host, type Program, pause } from '../src/hosts/index.ts';
import { NANO_RELAY } from '../src/programs.ts';

/** Envelopes tell the second in which their session began: a relay started in that same second cannot know what it
 *  missed of it. */
const NEXT_SECOND_MS = 1_100;
/** It reports each second. */
const REPORT_MS = 1_500;
const MOST_TRIES = 100;

export interface OpenedRecord {
  readonly [name: string]: unknown;
  readonly record_id: string;
  readonly seq: number;
}

/** nano-relay on a host. */
export class Relay {
  readonly program: Program;

  private constructor(program: Program) {
    this.program = program;
  }

  /** @param folder of the registry and the state */
  static async start(host: Host, address: string, folder: string): Promise<Relay> {
    const files = ['--registry', join(folder, 'registry'), '--state', join(folder, 'state')];
    const output = ['--output', 'stdout', '--no-human', '--report-interval', '1'];
    const program = host.start('node', [NANO_RELAY, '--listen', `udp://${address}`, ...files, ...output]);
    await program.line(/"listening/);
    await pause(NEXT_SECOND_MS);
    return new Relay(program);
  }

  get #lines(): OpenedRecord[] {
    return this.program.stdout.map(line => JSON.parse(line));
  }

  get records(): OpenedRecord[] {
    return this.#lines.filter(record => record['message-type'] !== 'probe');
  }

  /** @returns the sum over its reports */
  reported(name: string): number {
    return this.#lines.reduce((sum, record) => sum + Number(record[`relay_${name}`] ?? 0), 0);
  }

  /** Waits until that many datagrams have come, and for the report on them. */
  async seen(datagrams: number): Promise<Counters> {
    let counters = await this.#ask();
    for (let tries = 0; tries < MOST_TRIES && (counters.datagrams ?? 0) < datagrams; tries++) {
      await pause(100);
      counters = await this.#ask();
    }
    await pause(REPORT_MS);
    return this.#ask();
  }

  async #ask(): Promise<Counters> {
    const lines = this.program.stderr.length;
    this.program.child.kill('SIGUSR1');
    await this.program.until(
      () => this.program.stderr.slice(lines).find(line => line.includes('"counters"')),
      'counters',
    );
    return latestCounters(this.program.stderr);
  }
}
