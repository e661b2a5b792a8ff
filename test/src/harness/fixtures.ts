// cold. Finds the fixtures of every protocol's folder.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Protocol } from '@nanogelf/probe';
import { readTranscript, type Transcript } from './transcript.ts';

const ROOT = fileURLToPath(new URL('../../../../probe/src/protocols/', import.meta.url));
const COMPILED = fileURLToPath(new URL('../../../../probe/dist/src/protocols/', import.meta.url));
const updates = process.env.UPDATE_GOLDEN === '1';

export interface Fixture {
  readonly folder: string;
  /** Without `.pcap`. */
  readonly name: string;
  readonly transcript: Transcript;
  /** What the README beside it says of it; empty when nothing. */
  readonly origin: string;
  readonly path: string;
  readonly goldenPath: string;
}

/** @param folder of the protocol; the template's starts with an underscore */
export function fixturesOf(folder: string): Fixture[] {
  const path = `${ROOT}${folder}/fixtures/`;
  const readme = existsSync(`${path}README.md`) ? readFileSync(`${path}README.md`, 'utf8') : '';
  return readdirSync(path)
    .filter(file => file.endsWith('.pcap'))
    .map(file => ({
      folder,
      name: file.slice(0, -'.pcap'.length),
      transcript: readTranscript(path + file),
      origin: readme.split('\n').find(line => line.includes(file)) ?? '',
      path: path + file,
      goldenPath: `${path}${file.replace('.pcap', '.golden.ndjson')}`,
    }));
}

/** @returns the lines that the fixture must give; with UPDATE_GOLDEN=1 they are `lines`, written down */
export function golden(fixture: Fixture, lines: readonly string[]): readonly string[] {
  if (updates) writeFileSync(fixture.goldenPath, lines.map(line => `${line}\n`).join(''));
  return readFileSync(fixture.goldenPath, 'utf8').trimEnd().split('\n');
}

/** @returns every folder that holds a protocol, with what it exports, as it was compiled */
export async function loadProtocols(): Promise<ReadonlyMap<string, Protocol>> {
  const found = new Map<string, Protocol>();
  for (const entry of readdirSync(ROOT, { withFileTypes: true })) {
    if (!existsSync(`${ROOT}${entry.name}/protocol.ts`)) continue;
    const exported: object = await import(`${COMPILED}${entry.name}/protocol.js`);
    for (const protocol of Object.values(exported).filter(isProtocol)) found.set(entry.name, protocol);
  }
  return found;
}

const isProtocol = (value: object): value is Protocol => 'detect' in value && 'open' in value;
