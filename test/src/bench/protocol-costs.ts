// cold. What an exchange of each protocol costs the probe, on its own fixtures repeated.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { PROTOCOLS } from '@nanogelf/probe';
import { fixturesOf } from '../harness/index.ts';
import { probeExchanges } from './contestants.ts';
import { writeFrames } from './generator.ts';
import { fixtureFrames, repeated } from './repeated.ts';
import { compare, median, type Outcome } from './runner.ts';

export const PROTOCOLS_TITLE = 'An exchange of each of the protocols';
const EXCHANGES = 50_000; // at least, in each protocol's file

/** @param folder for the inputs, which are removed again: some are hundreds of megabytes
 *  @returns the section as Markdown */
export async function protocolsSection(folder: string, rounds: number): Promise<string[]> {
  const lines: string[] = [];
  for (const { id } of PROTOCOLS) {
    console.log(`bench: ${PROTOCOLS_TITLE}: ${id}, ${rounds} rounds`);
    lines.push(await protocolLine(id, folder, rounds));
  }
  return [
    `## ${PROTOCOLS_TITLE}`,
    '',
    'The fixtures of a protocol, repeated with other clients; headers and bodies are kept, all protocols are looked for,',
    'nothing but exchanges is recorded. CPU is less that of the probe on an empty file. What an exchange costs depends on',
    'what the fixtures hold: one packet each way, or a whole handshake and the data after it.',
    '',
    '| protocol | exchanges | CPU µs / exchange | packets | CPU µs / packet | memory MB |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ];
}

async function protocolLine(id: string, folder: string, rounds: number): Promise<string> {
  const file = `${folder}/protocol-${id}.pcap`;
  const empty = `${folder}/empty.pcap`;
  mkdirSync(folder, { recursive: true });
  try {
    const packets = writeFixtures(id, file);
    writeFrames([], empty);
    const entries = [empty, file].map(input => ({ contestant: probeExchanges, file: input, packets }));
    const [started, worked] = await compare(entries, rounds);
    return started === undefined || worked === undefined ? '' : costLine(id, started, worked);
  } finally {
    for (const input of [file, empty]) rmSync(input, { force: true });
  }
}

/** @returns packets in the file */
function writeFixtures(id: string, file: string): number {
  const fixtures = fixturesOf(id);
  const exchanges = fixtures.reduce((sum, { goldenPath }) => sum + linesIn(goldenPath), 0);
  const times = Math.ceil(EXCHANGES / exchanges);
  const frames = fixtures.map(({ path }) => fixtureFrames(path));
  writeFrames(repeated(frames, times), file);
  return times * frames.reduce((sum, { length }) => sum + length, 0);
}

const linesIn = (path: string): number => readFileSync(path, 'utf8').trimEnd().split('\n').length;

/** @param started what came of the empty file
 *  @returns a row of the table; a spread is the lowest and highest of the rounds */
function costLine(id: string, started: Outcome, worked: Outcome): string {
  const failure = started.failure ?? worked.failure;
  if (failure !== undefined) throw new Error(`${id}: ${failure}`);
  const exchanges = Number.parseInt(worked.runs[0]?.result ?? '', 10);
  const startS = median(started.runs.map(({ cpuS }) => cpuS));
  const workUs = worked.runs.map(({ cpuS }) => (cpuS - startS) * 1e6);
  const per = (count: number) => {
    const costs = workUs.map(us => us / count);
    return `${median(costs).toFixed(1)} (${Math.min(...costs).toFixed(1)}-${Math.max(...costs).toFixed(1)})`;
  };
  const memoryMb = median(worked.runs.map(run => run.memoryMb)).toFixed(0);
  return `| ${id} | ${exchanges} | ${per(exchanges)} | ${worked.packets} | ${per(worked.packets)} | ${memoryMb} |`;
}
