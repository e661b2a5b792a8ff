// cold. What the plugin's specs are given: datagrams, and what the relay makes of them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlainRecord } from '@nanogelf/codec';
import { RelayProcess, type Site } from '../relay/relay-process.ts';

export interface Case {
  readonly name: string;
  readonly datagrams: readonly Uint8Array[];
  /** False where only the plugin's own rules are looked at. */
  readonly isCompared: boolean;
}

interface Told {
  readonly datagrams: readonly string[];
  readonly records: readonly PlainRecord[] | null;
}

/** Lets a relay open each case, and writes `cases.json` into the site's folder.
 *  @param makeCases called when the relay runs: what was sealed before, it would refuse
 *  @returns what the relay made of all of them */
export async function writeCases(site: Site, makeCases: () => Case[] | Promise<Case[]>): Promise<PlainRecord[]> {
  const relay = await RelayProcess.start(site, ['--output', 'stdout', '--report-interval', '0']);
  const told: { [name: string]: Told } = {};
  let seen = 0;
  for (const { name, datagrams, isCompared } of await makeCases()) {
    const before = relay.records.length;
    await relay.send(...datagrams);
    seen += datagrams.length;
    await relay.seen(seen);
    const counts = await relay.counts(); // once more: the lines of a turn are written, and counted, at its end
    await relay.delivered(counts['stdout.sent'] ?? 0);
    const records = isCompared ? relay.records.slice(before) : null;
    told[name] = { datagrams: datagrams.map(bytes => Buffer.from(bytes).toString('base64')), records };
  }
  await relay.stop();
  writeFileSync(join(site.folder, 'cases.json'), JSON.stringify(told));
  return relay.records;
}
