import { expect, test } from '@jest/globals';
import { padme } from '../../src/envelope/padding.ts';
import { deriveMac1, deriveProbeKey, deriveSession, deriveStaticKey, keyPairOf } from '../../src/envelope/schedule.ts';
import {
  armor,
  createReceiver,
  dearmor,
  formatProbeKeyLine,
  type KeyKind,
  type Opened,
  type ProbeKey,
  parseKey,
  parseProbeKeyLine,
  type RegistryRow,
  recordIdOf,
} from '../../src/index.ts';
import { CIPHERS } from './scene.ts';
import { play, readVectors, type ScenarioFile } from './vector-runner.ts';

const FILES = ['damage', 'content', 'keys', 'order', 'time', 'restart', 'fragments'];
const SCENARIOS = FILES.flatMap(name => {
  const file = readVectors<ScenarioFile>(name);
  return file.scenarios.flatMap(scenario =>
    CIPHERS.map(cipher => ({ title: `${name}: ${scenario.name} (${cipher.name})`, file, scenario, cipher })),
  );
});

test.each(SCENARIOS)('$title', ({ file, scenario, cipher }) => {
  const outcomes = play(file, scenario, cipher);
  expect(outcomes.length).toBeGreaterThan(0);
  expect(outcomes.map(({ step, got }) => ({ step, is: got }))).toEqual(
    outcomes.map(({ step, expected }) => ({ step, is: expected })),
  );
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');

interface SessionVector {
  kid: number;
  suite: number;
  t0: number;
  sid: number;
  seq: number;
  prefix: string;
  E?: string;
  mac1?: string;
  K_ss?: string;
  K_probe: string;
  K_session: string;
  K_hedge: string;
  plaintext: string;
  datagram: string;
}
interface ScheduleFile {
  keys: { [name: string]: string };
  probeKeys: { kid: number; K_probe: string }[];
  sessions: SessionVector[];
}
const schedule = readVectors<ScheduleFile>('schedule');
const key = (name: string): Uint8Array => bytes(schedule.keys[name] as string);

test('a probe key comes from the master as the vectors say', () => {
  for (const { kid, K_probe } of schedule.probeKeys) expect(hex(deriveProbeKey(key('master'), kid))).toBe(K_probe);
});

test.each(schedule.sessions)('the keys of the session of kid $kid, seq $seq', session => {
  const prefix = bytes(session.prefix);
  expect(hex(deriveSession(bytes(session.K_probe), prefix))).toBe(session.K_session + session.K_hedge);
  if (session.K_ss === undefined) return;
  const publicKeys = [key('probePublic'), key('receiverPublic')] as const;
  const byProbe = deriveStaticKey(keyPairOf(key('probe')), key('receiverPublic'), ...publicKeys, session.kid);
  const byReceiver = deriveStaticKey(keyPairOf(key('receiver')), key('probePublic'), ...publicKeys, session.kid);
  expect([byProbe, byReceiver].map(found => found && hex(found))).toEqual([session.K_ss, session.K_ss]);
  expect(hex(deriveMac1(bytes(session.K_ss), prefix, bytes(session.E as string)))).toBe(session.mac1);
});

test.each(schedule.sessions)('the datagram of kid $kid, seq $seq opens', session => {
  const isPsk = session.suite === 1;
  const own = isPsk ? {} : { key: key('probePublic') };
  const row: RegistryRow = { kid: session.kid, name: 'x', suite: isPsk ? 'psk' : 'sealed', ...own };
  const shared = isPsk && session.K_probe === hex(key('psk')) ? { ...row, key: key('psk') } : row;
  const registry = { master: key('master'), secret: key('receiver'), rows: [shared] };
  for (const cipher of CIPHERS) {
    const nowMs = session.t0 * 1000 + 3_600_000;
    const receiver = createReceiver({ registry, cipher, startedAtMs: session.t0 * 1000 });
    const opened = receiver.receive(bytes(session.datagram), nowMs) as Opened;
    expect(opened).toMatchObject({
      kind: 'opened',
      kid: session.kid,
      t0: session.t0,
      sid: session.sid,
      seq: session.seq,
    });
    expect(session.plaintext.slice(14)).toMatch(new RegExp(`^${hex(opened.body)}0*$`));
  }
});

interface TextFile {
  keys: { kind: KeyKind; text: string; hex: string | null }[];
  lines: { text: string; kid: number | null; suite?: string }[];
  armor: { text: string; hex: string | null }[];
  padme: [number, number][];
  recordIds: { kid: number; t0: number; sid: number; seq: number; index: number; id: string }[];
}
const text = readVectors<TextFile>('text');

test('key texts mean what the vectors say', () => {
  const got = text.keys.map(vector => parseKey(vector.kind, vector.text));
  expect(got.map(({ value }) => value && hex(value))).toEqual(text.keys.map(vector => vector.hex ?? undefined));
});

test('probe key lines mean what the vectors say, and are written the same', () => {
  for (const line of text.lines) {
    const { value, error } = parseProbeKeyLine(line.text);
    expect(value?.kid ?? null).toBe(line.kid);
    if (line.kid === null) expect(error).toMatch(/expected/);
    else expect([value?.suite, formatProbeKeyLine(value as ProbeKey)]).toEqual([line.suite, line.text]);
  }
});

test('armor means what the vectors say, and is written the same', () => {
  for (const vector of text.armor) {
    const datagram = dearmor(vector.text);
    expect(datagram ? hex(datagram) : null).toBe(vector.hex);
    if (datagram) expect(armor(datagram)).toBe(vector.text);
  }
});

test('Padmé sizes and record ids are those of the vectors', () => {
  expect(text.padme.map(([length]) => [length, padme(length)])).toEqual(text.padme);
  expect(text.recordIds.map(name => recordIdOf(name, name.index))).toEqual(text.recordIds.map(({ id }) => id));
});
