// cold. npm run bench -- [--packets N] [--rounds N] [--row WORD] [--out FILE]
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { root } from '../root.ts';
import { trafficFile } from './generator.ts';
import type { Mix } from './mixes.ts';
import { type Measured, reportPage } from './report.ts';
import { type Row, rows } from './rows.ts';
import { compare } from './runner.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    row: { type: 'string', default: '' },
    out: { type: 'string', default: `${root}docs/bench.md` },
  },
});
const packets = wholeNumber('packets', values.packets);
const rounds = wholeNumber('rounds', values.rounds);

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  console.error(`bench: --${name}: expected a whole number above 0, got ${text}`);
  process.exit(2);
}

const fileOf = (mix: Mix): string => trafficFile(mix, `${root}.nano/bench`);

async function measure(row: Row): Promise<Measured> {
  const all = [{ contestant: row.ours, mix: row.mix }, ...row.peers.map(peer => ({ mix: row.mix, ...peer }))];
  const entries = all.map(({ contestant, mix }) => ({ contestant, file: fileOf(mix), packets: mix.packets }));
  console.log(`bench: ${row.title}: ${entries.map(({ contestant }) => contestant.name).join(', ')}, ${rounds} rounds`);
  return { row, outcomes: await compare(entries, rounds) };
}

/** @returns the commit, marked when the working tree differs from it */
function commitOf(): string {
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  return git('describe', '--always', '--dirty');
}

const chosen = rows(packets).filter(({ title }) => title.includes(values.row));
if (chosen.length === 0) {
  console.error(`bench: --row: no row has ${values.row} in its title`);
  process.exit(2);
}
const measured: Measured[] = [];
for (const row of chosen) measured.push(await measure(row));
const page = reportPage(measured, { commit: commitOf(), rounds, packets });
console.log(`\n${page}`);
writeFileSync(values.out, page);
console.log(`bench: written to ${values.out}`);
if (measured.some(({ outcomes }) => outcomes.some(({ failure }) => failure !== undefined))) process.exitCode = 1;
