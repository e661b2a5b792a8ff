// cold. The tables of what was measured while traffic passed.
import { type LiveContestant, type LiveRun, runLive } from './live.ts';
import type { LiveRow } from './live-rows.ts';
import { verdict } from './report.ts';
import { median } from './runner.ts';

/** Measures a row, each round first us and then the peer, and says it as Markdown. */
export async function liveSection(row: LiveRow, file: string, rounds: number): Promise<string[]> {
  const ours: LiveRun[] = [];
  const peers: LiveRun[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await runLive(row.ours, row.load(file), row.device));
    peers.push(await runLive(row.peer, row.load(file), row.device));
  }
  const ratio = perMillion(ours) / perMillion(peers);
  const { goal, floor, cpuGoal, cpuFloor } = row;
  return [
    `## ${row.title}`,
    '',
    `${Math.round(median(ours.map(({ passed, seconds }) => passed / seconds))).toLocaleString('en')} packets/s passed.`,
    '',
    '| program | CPU % | CPU s / M packets | memory MB | lost | did | ratio | goal | floor | |',
    '|---|---|---|---|---|---|---|---|---|---|',
    line(
      row.ours,
      ours,
      ` | ${cpuGoal ?? ''}${percent(cpuGoal)} | ${cpuFloor ?? ''}${percent(cpuFloor)} | ${verdict(share(ours), cpuGoal, cpuFloor)}`,
    ),
    line(row.peer, peers, `${ratio.toFixed(2)} | ${goal ?? ''} | ${floor ?? ''} | ${verdict(ratio, goal, floor)}`),
    '',
  ];
}

const percent = (value: number | undefined): string => (value === undefined ? '' : ' %');

function line({ name }: LiveContestant, runs: readonly LiveRun[], comparison: string): string {
  const lost = runs.map(run => run.lost).join(', ');
  const memoryMb = median(runs.map(run => run.memoryMb)).toFixed(0);
  const [first] = runs;
  return `| ${name} | ${share(runs).toFixed(1)} | ${perMillion(runs).toFixed(2)} | ${memoryMb} | ${lost} of ${first?.packets} | ${first?.did} | ${comparison} |`;
}

const share = (runs: readonly LiveRun[]): number => median(runs.map(({ cpuS, seconds }) => (100 * cpuS) / seconds));
const perMillion = (runs: readonly LiveRun[]): number => median(runs.map(({ cpuS, passed }) => (cpuS / passed) * 1e6));
