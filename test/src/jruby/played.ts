// cold. Datagrams that the probe itself seals while it plays the protocols' fixtures.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProbeKeyLine } from '@nanogelf/codec';
import { PROTOCOLS } from '@nanogelf/probe';
import { fixturesOf, playCapture } from '../harness/index.ts';
import type { Site } from '../relay/relay-process.ts';
import type { Case } from './cases.ts';

const SUITES = ['sealed', 'psk'] as const;

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
    for (const { name, path, keyPath } of plays) {
      const datagrams = await playCapture(path, ['--encrypt', keyPath, '--source', 'played']);
      cases.push({ name, datagrams, isCompared: true });
    }
    return cases;
  };
}
