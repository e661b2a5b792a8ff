// cold. Runs contestants in turn on the same input and takes the CPU and memory of each whole process.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contestant, ENVIRONMENT } from './contestants.ts';

const LONGEST_RUN_S = 900; // tshark needs a minute per million packets; a program that hangs fails its row

/** One run of one contestant. */
export interface Run {
  /** User and system time, start-up and threads included. */
  readonly cpuS: number;
  readonly memoryMb: number;
  readonly result: string;
}

/** One contestant's runs on one input, or why there are none. */
export interface Outcome {
  readonly contestant: Contestant;
  readonly packets: number;
  readonly runs: readonly Run[];
  readonly failure?: string;
}

/** @param entries each contestant with its input; every round runs all of them, so that a slow spell of the machine
 *    meets all of them
 *  @returns one outcome per entry, in the same order */
export async function compare(
  entries: readonly { contestant: Contestant; file: string; packets: number }[],
  rounds: number,
): Promise<Outcome[]> {
  const runs: Run[][] = entries.map(() => []);
  const failures: (string | undefined)[] = entries.map(() => undefined);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { contestant, file }] of entries.entries()) {
      if (failures[index] !== undefined) continue;
      try {
        runs[index]?.push(await runOnce(contestant, file));
      } catch (error) {
        failures[index] = error instanceof Error ? error.message : String(error);
      }
    }
  }
  return entries.map(({ contestant, packets }, index) => {
    const failure = failures[index];
    return { contestant, packets, runs: runs[index] ?? [], ...(failure === undefined ? {} : { failure }) };
  });
}

async function runOnce(contestant: Contestant, file: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-bench-'));
  try {
    const [stdout, stderr] = ['stdout', 'stderr'].map(name => openSync(join(folder, name), 'w')) as [number, number];
    // GNU time waits for the program, so it is told what all its threads and children used.
    const args = ['-f', '%U %S %M', '-o', join(folder, 'usage'), ...contestant.command(file, folder)];
    const { status } = spawnSync('timeout', ['-k', '1', `${LONGEST_RUN_S}`, '/usr/bin/time', ...args], {
      stdio: ['ignore', stdout, stderr],
      env: ENVIRONMENT,
    });
    closeSync(stdout);
    closeSync(stderr);
    if (status !== 0) throw new Error(`exit status ${status}: ${lastLine(join(folder, 'stderr'))}`);
    const [userS = 0, systemS = 0, kilobytes = 0] = lastLine(join(folder, 'usage')).split(' ').map(Number);
    return { cpuS: userS + systemS, memoryMb: kilobytes / 1024, result: await contestant.result(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const lastLine = (file: string): string => readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';

/** @returns the middle of the values; the mean of the two middle ones when their number is even */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, two) => one - two);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
