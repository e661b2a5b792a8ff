// cold. The page that a run of the bench writes.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { memoryBudget, type Peer, type Row } from './rows.ts';
import { median, type Outcome } from './runner.ts';

/** One row with what came out of it: our outcome first, then the peers' in the row's order. */
export interface Measured {
  readonly row: Row;
  readonly outcomes: readonly Outcome[];
}

export interface Circumstances {
  readonly commit: string;
  readonly rounds: number;
  readonly packets: number;
}

/** @param sections what else was measured, as Markdown
 *  @returns the whole page as Markdown */
export function reportPage(
  measured: readonly Measured[],
  sections: readonly string[],
  { commit, rounds, packets }: Circumstances,
): string {
  return [
    '# What the work costs, measured',
    '',
    'Written by `npm run bench`; not edited by hand. CPU is user plus system time of the whole process, start-up',
    'included, per million packets: the median of the rounds, and the lowest and highest. Every round runs all programs',
    'of a row in turn on the same file. Times differ from machine to machine; the ratios within a row are what counts.',
    'The column "did" shows that each program did the work. A ratio is our CPU divided by theirs.',
    'In the live rows CPU is that of the running program, beginning 2 s after the traffic did; what was lost is what',
    'each program says itself, of all packets since it began.',
    '',
    `- Machine: ${machine()}`,
    `- Commit ${commit}, ${rounds} rounds, ${packets.toLocaleString('en')} packets`,
    `- Versions: ${versions(measured)}`,
    '',
    ...measured.flatMap(rowSection),
    ...sections,
  ].join('\n');
}

function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${system()}, Linux ${release()}`;
}

function system(): string {
  return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform;
}

function versions(measured: readonly Measured[]): string {
  const contestants = measured.flatMap(({ outcomes }) => outcomes.map(({ contestant }) => contestant));
  const lines = contestants.map(contestant => `${contestant.name.split(' ')[0]} ${contestant.version()}`);
  return [...new Set(lines)].join('; ');
}

function rowSection({ row, outcomes }: Measured): string[] {
  const [ours, ...others] = outcomes;
  if (ours === undefined) return [];
  return [
    `## ${row.title}`,
    '',
    '| program | CPU s / M packets | memory MB | did | ratio | goal | floor | |',
    '|---|---|---|---|---|---|---|---|',
    outcomeLine(ours, '', ours.contestant.name === 'nano-probe' ? memoryVerdict(ours) : ''),
    ...others.map((other, index) => peerLine(ours, other, row.peers[index])),
    '',
  ];
}

function peerLine(ours: Outcome, other: Outcome, { goal, floor }: Partial<Peer> = {}): string {
  const ratio = cpuPerMillion(ours) / cpuPerMillion(other);
  const cells = Number.isFinite(ratio) ? ratio.toFixed(2) : '';
  return outcomeLine(other, `${cells} | ${goal ?? ''} | ${floor ?? ''}`, verdict(ratio, goal, floor));
}

function outcomeLine(outcome: Outcome, comparison: string, words: string): string {
  const { contestant, packets, runs, failure } = outcome;
  const comparisonCells = comparison === '' ? ' | | ' : comparison;
  if (failure !== undefined) return `| ${contestant.name} | failed: ${failure} | | | ${comparisonCells} | |`;
  const perMillion = runs.map(run => (run.cpuS / packets) * 1e6);
  const cpu = `${median(perMillion).toFixed(2)} (${Math.min(...perMillion).toFixed(2)}-${Math.max(...perMillion).toFixed(2)})`;
  const memoryMb = median(runs.map(run => run.memoryMb)).toFixed(0);
  return `| ${contestant.name} | ${cpu} | ${memoryMb} | ${runs[0]?.result} | ${comparisonCells} | ${words} |`;
}

const cpuPerMillion = ({ runs, packets }: Outcome): number => (median(runs.map(run => run.cpuS)) / packets) * 1e6;

function memoryVerdict({ runs }: Outcome): string {
  const memoryMb = median(runs.map(run => run.memoryMb));
  const { goalMb, floorMb } = memoryBudget;
  return `memory ${verdict(memoryMb, goalMb, floorMb)} (goal ${goalMb}, floor ${floorMb} MB)`;
}

/** @returns what a row says of a measured value; nothing where none is wanted */
export function verdict(measured: number, goal: number | undefined, floor: number | undefined): string {
  if (goal === undefined || floor === undefined) return '';
  if (!Number.isFinite(measured)) return 'not measured';
  if (measured <= goal) return 'goal met';
  return measured <= floor ? 'floor kept' : '**missed**';
}
