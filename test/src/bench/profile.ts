// cold. Where the probe's time goes: a CPU profile of it, summed up by the stations that the code lies in.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** A .cpuprofile. Source: Chrome DevTools Protocol, Profiler.Profile. */
export interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  /** µs since the sample before. */
  readonly timeDeltas: readonly number[];
}

export const PROFILE_TITLE = 'Where the time goes';
const INTERVAL_US = '200';
const GARBAGE = 'garbage collection';
const START = 'start-up, and Node itself';

/** Where code of ours lies, and what it is called in the table; the first that fits counts. */
const STATIONS: readonly (readonly [RegExp, string])[] = [
  [/\/probe\/dist\/src\/capture\//, 'read'],
  [/\/probe\/dist\/src\/dissect\//, 'dissect'],
  [/\/probe\/dist\/src\/flow\/(streams|segment-store)\./, 'streams'],
  [/\/probe\/dist\/src\/(flow\/|pipeline\.)/, 'flow table'],
  [/\/probe\/dist\/src\/protocols\//, 'protocols'],
  [/\/probe\/dist\/src\/records\//, 'records'],
  [/\/(probe\/dist\/src\/outputs|codec\/dist\/src)\//, 'write'],
];
const PARTS = [...new Set([START, ...STATIONS.map(([, name]) => name), GARBAGE])];

/** @returns µs by part of the program */
export function timeByStation({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id] as const)));
  const byId = new Map(nodes.map(node => [node.id, node]));
  const station = (id: number | undefined): string => {
    const node = id === undefined ? undefined : byId.get(id);
    if (node === undefined) return START;
    if (node.callFrame.functionName === '(garbage collector)') return GARBAGE;
    if (node.callFrame.functionName === '(idle)') return '';
    // What Node does for us, as writing a file, belongs to whoever called it.
    return STATIONS.find(([url]) => url.test(node.callFrame.url))?.[1] ?? station(parents.get(node.id));
  };
  const times = new Map(PARTS.map(part => [part, 0]));
  samples.forEach((id, index) => {
    const part = station(id);
    if (part !== '') times.set(part, (times.get(part) ?? 0) + (timeDeltas[index] ?? 0));
  });
  return times;
}

function profileOf(command: readonly string[]): Profile {
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-bench-'));
  try {
    const [node = '', ...rest] = command;
    const options = ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', INTERVAL_US];
    execFileSync('sh', ['-c', `exec "$@" >${folder}/stdout 2>&1`, 'sh', node, ...options, ...rest]);
    const [file = ''] = readdirSync(folder).filter(name => name.endsWith('.cpuprofile'));
    return JSON.parse(readFileSync(join(folder, file), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param runs what the columns are called, and the probe's command line for each
 *  @returns the section as Markdown: µs of each part per packet */
export function profileSection(runs: Readonly<Record<string, readonly string[]>>, packets: number): string[] {
  const columns = Object.values(runs).map(command => timeByStation(profileOf(command)));
  const cells = (values: readonly number[]) => values.map(value => (value / packets).toFixed(3)).join(' | ');
  const sums = columns.map(times => [...times.values()].reduce((sum, value) => sum + value, 0));
  return [
    `## ${PROFILE_TITLE}`,
    '',
    'µs per packet in each part of the probe, by a profile of one run of it; being profiled costs something too.',
    '',
    `| part | ${Object.keys(runs).join(' | ')} |`,
    `|---${'|---'.repeat(columns.length)}|`,
    ...PARTS.map(part => `| ${part} | ${cells(columns.map(times => times.get(part) ?? 0))} |`),
    `| **all** | ${cells(sums)} |`,
    '',
  ];
}
