// cold. npm run bench -- [--packets N] [--rounds N] [--row WORD] [--out FILE]
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { root } from '../root.ts';
import { type Contestant, probeFlows, probeHttp } from './contestants.ts';
import { trafficFile } from './generator.ts';
import { JRUBY_TITLE, jrubySection } from './jruby-costs.ts';
import { liveSection } from './live-report.ts';
import { liveRows } from './live-rows.ts';
import { type Mix, mixed, web } from './mixes.ts';
import { PROFILE_TITLE, profileSection } from './profile.ts';
import { PROTOCOLS_TITLE, protocolsSection } from './protocol-costs.ts';
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

const inputs = `${root}.nano/bench`;
const fileOf = (mix: Mix): string => trafficFile(mix, inputs);

async function measure(row: Row): Promise<Measured> {
  const all = [{ contestant: row.ours, mix: row.mix }, ...row.peers.map(peer => ({ mix: row.mix, ...peer }))];
  const entries = all.map(({ contestant, mix }) => ({
    contestant,
    file: fileOf(mix),
    packets: mix.packets * (contestant.passes ?? 1),
  }));
  console.log(`bench: ${row.title}: ${entries.map(({ contestant }) => contestant.name).join(', ')}, ${rounds} rounds`);
  return { row, outcomes: await compare(entries, rounds) };
}

/** @returns the commit, marked when the working tree differs from it */
function commitOf(): string {
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  return git('describe', '--always', '--dirty');
}

function profile(): string[] {
  const commandOf = (contestant: Contestant, mix: Mix) => contestant.command(fileOf(mix), '');
  const runs = { flows: commandOf(probeFlows, mixed(packets)), 'HTTP exchanges': commandOf(probeHttp, web(packets)) };
  return profileSection(runs, packets);
}

const isChosen = ({ title }: { title: string }): boolean => title.includes(values.row);
const chosen = rows(packets).filter(isChosen);
const live = liveRows(packets).filter(isChosen);
const profiles = isChosen({ title: PROFILE_TITLE });
const costsOfProtocols = isChosen({ title: PROTOCOLS_TITLE });
const costsOfPlugin = isChosen({ title: JRUBY_TITLE });
if (chosen.length + live.length === 0 && !profiles && !costsOfProtocols && !costsOfPlugin) {
  console.error(`bench: --row: no row has ${values.row} in its title`);
  process.exit(2);
}
const measured: Measured[] = [];
for (const row of chosen) measured.push(await measure(row));
const sections: string[] = [];
for (const row of live) {
  console.log(`bench: ${row.title}: ${row.ours.name}, ${row.peer.name}, ${rounds} rounds`);
  sections.push(...(await liveSection(row, row.mix === undefined ? '' : fileOf(row.mix), rounds)));
}
if (costsOfProtocols) sections.push(...(await protocolsSection(inputs, rounds)));
if (costsOfPlugin) sections.push(...(await jrubySection()));
if (profiles) sections.push(...profile());
const page = reportPage(measured, sections, { commit: commitOf(), rounds, packets });
console.log(`\n${page}`);
writeFileSync(values.out, page);
console.log(`bench: written to ${values.out}`);
if (measured.some(({ outcomes }) => outcomes.some(({ failure }) => failure !== undefined))) process.exitCode = 1;
