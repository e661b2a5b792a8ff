import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  createReceiver,
  dearmor,
  decodeBatch,
  encodeGelf,
  keyPairOf,
  type PlainRecord,
  type ProbeKey,
  selectCipher,
  TYPE_BATCH,
  TYPE_HEARTBEAT,
} from '@nanogelf/codec';
import type { OutputConfig } from '../../src/config/config.ts';
import { count, listen, longText, open, record, toPort } from './kit.ts';

const KID = 7;
const probeSecret = new Uint8Array(32).fill(1);
const receiverSecret = new Uint8Array(32).fill(2);
const psk = new Uint8Array(32).fill(3);
const KEYS = {
  psk: { suite: 'psk', kid: KID, key: psk },
  sealed: { suite: 'sealed', kid: KID, secret: probeSecret, receiver: keyPairOf(receiverSecret).publicKey },
} as const satisfies { readonly [suite: string]: ProbeKey };

interface Delivery {
  readonly records: PlainRecord[];
  readonly sessions: ReadonlySet<number>;
  readonly heartbeats: number;
  readonly lost: number;
  readonly datagrams: readonly Uint8Array[];
}

/** Opens datagrams as a relay does. */
function openAll(datagrams: readonly Uint8Array[], suite: 'psk' | 'sealed'): Delivery {
  const key = suite === 'psk' ? psk : keyPairOf(probeSecret).publicKey;
  const registry = { secret: receiverSecret, rows: [{ kid: KID, name: 'web-1', suite, key }] };
  const opener = createReceiver({ registry, cipher: selectCipher(), startedAtMs: Date.now() - 60_000 });
  const records: PlainRecord[] = [];
  const sessions = new Set<number>();
  let heartbeats = 0;
  for (const datagram of datagrams) {
    const result = opener.receive(datagram, Date.now());
    if (result.kind === 'refused') throw new Error(result.reason);
    if (result.kind === 'pending') continue;
    sessions.add(result.t0);
    if (result.type === TYPE_HEARTBEAT) heartbeats++;
    if (result.type !== TYPE_BATCH) continue;
    const batch = decodeBatch(result.body);
    if (!batch.ok) throw new Error(batch.reason);
    records.push(...batch.value);
  }
  return { records, sessions, heartbeats, lost: opener.probeStats()[0]?.lost ?? -1, datagrams };
}

async function deliver(suite: 'psk' | 'sealed', records: readonly object[], config: Partial<OutputConfig> = {}) {
  const listener = await listen();
  const outputs = await open({ destinations: [toPort(listener.port)], key: KEYS[suite], ...config });
  for (const one of records) expect(outputs.sink.write(one as PlainRecord & object as never)).toBe(true);
  await outputs.sink.close();
  await listener.received(count(outputs, '.datagrams'));
  await listener.close();
  const envelopes = config.armor
    ? listener.datagrams.map(text => dearmor(text.toString()) ?? new Uint8Array())
    : listener.datagrams;
  return { ...openAll(envelopes, suite), outputs, raw: listener.datagrams };
}

const many = Array.from({ length: 300 }, (_, index) => record({ index, URL: `/secret-path/${index}` }));

test.each([
  ['psk', 'none'],
  ['psk', 'dict'],
  ['psk', 'unsafe-batch'],
  ['sealed', 'none'],
  ['sealed', 'dict'],
] as const)('what is sealed (%s, compress %s) is opened whole, in order, nothing lost', async (suite, compression) => {
  const { records, heartbeats, lost, raw, sessions } = await deliver(suite, many, { compression });
  expect(records).toEqual(many);
  expect({ heartbeats, lost, sessions: sessions.size }).toEqual({ heartbeats: 1, lost: 0, sessions: 1 });
  expect(raw.length).toBeLessThan(many.length / 3);
  expect(Math.max(...raw.map(({ length }) => length))).toBeLessThanOrEqual(1372);
  expect(Buffer.concat(raw).includes('secret-path')).toBe(false);
});

test('armor is text, and fits the path that mtu says', async () => {
  const { records, raw } = await deliver('psk', many, { armor: true, datagramBytes: 4000 });
  expect(records).toEqual(many);
  for (const text of raw) expect(text.toString()).toMatch(/^ne1\.[A-Za-z0-9_-]+$/);
  expect(Math.max(...raw.map(({ length }) => length))).toBeLessThanOrEqual(4000);
});

test('armor with the usual datagram size works too', async () => {
  expect((await deliver('psk', many, { armor: true })).records).toEqual(many);
});

test('a record over one datagram travels in fragments', async () => {
  const long = record({ RSP_BODY: longText(60_000) });
  const { records, raw } = await deliver('sealed', [record(), long, record()]);
  expect(records).toEqual([record(), long, record()]);
  expect(raw.length).toBeGreaterThan(40);
});

test.each([
  ['a text over the limit of the decoder', { RSP_BODY: longText(70_000) }],
  ['two-byte characters over it', { RSP_BODY: 'é'.repeat(40_000) }],
  [
    'texts that together are over the GELF behind the receiver',
    { A: longText(65_000), B: longText(65_000), C: longText(65_000) },
  ],
  ['text that grows when it is escaped', { RSP_BODY: '\u0001'.repeat(60_000) }],
  [
    'a list over the limit of the decoder',
    { RESULT_IP: Array.from({ length: 600 }, (_, n) => `2001:db8::${n.toString(16)}:ffff:ffff`) },
  ],
])('what the other end would refuse is cut and marked: %s', async (_, fields) => {
  const { records, outputs } = await deliver('psk', [record(fields), record()]);
  expect(records).toEqual([expect.objectContaining({ ...record(), TRUNCATED: 1 }), record()]);
  expect(encodeGelf(records[0] ?? {}).length).toBeLessThanOrEqual(128 * 1408);
  expect(count(outputs, 'truncated')).toBe(1);
});

test('a record does not wait for others for long', async () => {
  const listener = await listen();
  const outputs = await open({ destinations: [toPort(listener.port)], key: KEYS.psk });
  outputs.sink.write(record());
  await listener.received(1);
  expect(openAll(listener.datagrams, 'psk').records).toEqual([record()]);
  await outputs.sink.close();
  await listener.close();
});

test('after a restart within the same second the session is newer, where it can be kept', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'nano-state-'));
  const first = await deliver('psk', [record()], { stateDir });
  const second = await deliver('psk', [record()], { stateDir });
  const [before = 0] = first.sessions;
  const [after = 0] = second.sessions;
  expect(after).toBeGreaterThan(before);
  expect(statSync(join(stateDir, `session-${KID}`)).mode & 0o777).toBe(0o600);
  expect(openAll([...first.datagrams, ...second.datagrams], 'psk').records).toHaveLength(2);
});

test('a key that looks right but cannot work is one clear line', async () => {
  const key: ProbeKey = { ...KEYS.sealed, receiver: new Uint8Array(32) };
  await expect(open({ destinations: [toPort(9)], key })).rejects.toMatchObject({ name: 'UsageError' });
});
