import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { writeFrames } from '../src/bench/generator.ts';
import { fixtureFrames, repeated } from '../src/bench/repeated.ts';
import { fixturesOf, golden, probeFile } from '../src/harness/index.ts';

const TIMES = 5;
const OWN_TO_COPY = ['SRC_IP', 'DST_IP', 'BEGIN_TIME', 'END_TIME'];

type Fields = { readonly [field: string]: unknown };

test.each(PROTOCOLS.map(({ id }) => id))('fixtures of %s repeated give their records so many times', id => {
  const fixtures = fixturesOf(id);
  const once: Fields[] = fixtures.flatMap(fixture => golden(fixture, []).map(line => JSON.parse(line)));
  const names = [...new Set(once.flatMap(Object.keys))].filter(name => !OWN_TO_COPY.includes(name));
  const content = (fields: Fields): string => JSON.stringify(names.map(name => [name, fields[name]]));
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-repeated-'));
  try {
    const file = join(folder, 'repeated.pcap');
    const frames = fixtures.map(({ path }) => fixtureFrames(path));
    writeFrames(repeated(frames, TIMES), file);
    const records = probeFile(file);
    expect(records.map(content).sort()).toEqual(once.flatMap(one => Array(TIMES).fill(content(one))).sort());
    expect(new Set(records.map(({ SRC_IP }) => SRC_IP)).size).toBeGreaterThanOrEqual(TIMES * fixtures.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the packets of repeated fixtures come in order of time', () => {
  const frames = fixturesOf('redis').map(({ path }) => fixtureFrames(path));
  const times = [...repeated(frames, 3)].map(({ tsUs }) => tsUs);
  expect(times).toEqual(times.toSorted((one, two) => one - two));
});
