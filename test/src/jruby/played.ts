// cold. Datagrams that the probe itself seals while it plays the protocols' fixtures.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProbeKeyLine } from '@nanogelf/codec';
import { PROTOCOLS } from '@nanogelf/probe';
import { latestCounters } from '../counters.ts';
import { fixturesOf } from '../harness/index.ts';
import { Program } from '../hosts/index.ts';
import { NANO_PROBE } from '../programs.ts';
import { type Site, until } from '../relay/relay-process.ts';
import type { Case } from './cases.ts';

const SUITES = ['sealed', 'psk'] as const;
const BUFFER_BYTES = 4 << 20; // what a fixture's records need when nobody reads for a while

interface Play {
  readonly name: string;
  readonly path: string;
  readonly keyPath: string;
}

/** Every fixture of every protocol, each with a probe of its own in the site's registry. */
export function played(site: Site): () => Promise<Case[]> {
  const plays = PROTOCOLS.flatMap(({ id }) => fixturesOf(id)).map(({ folder, name: file, path }, index): Play => {
    const name = `${folder}-${file}`;
    const keyPath = join(site.folder, `${name}.key`);
    const key = site.add({ name, suite: SUITES[index % SUITES.length] ?? 'psk' });
    writeFileSync(keyPath, formatProbeKeyLine(key), { mode: 0o600 });
    return { name, path, keyPath };
  });
  return async () => {
    const cases: Case[] = [];
    for (const play of plays) cases.push({ name: play.name, datagrams: await seal(play), isCompared: true });
    return cases;
  };
}

/** @returns every datagram that the probe sent */
async function seal({ path, keyPath }: Play): Promise<Uint8Array[]> {
  const receiver = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES }).bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const datagrams: Uint8Array[] = [];
  receiver.on('message', datagram => datagrams.push(datagram));
  const output = ['--encrypt', keyPath, '--exp-domain', `127.0.0.1:${receiver.address().port}`, '--source', 'played'];
  const probe = new Program('node', [NANO_PROBE, '--play', path, ...output]);
  if ((await probe.exit()) !== 0) throw new Error(probe.stderr.join('\n'));
  const sealed = latestCounters(probe.stderr)['output.gelf.sealed'];
  await until(
    () => datagrams.length === sealed,
    () => [path, sealed, datagrams.length],
  );
  receiver.close();
  return datagrams;
}
