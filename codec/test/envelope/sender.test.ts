import { randomBytes, randomFillSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createSender, type SenderOptions, TYPE_GELF, tweetnaclCipher } from '../../src/index.ts';

const NOW_MS = 1_800_000_000_000;
const at = (ms: number, monoMs = ms) => ({ wallMs: NOW_MS + ms, monoMs });
const body = Buffer.from('{"version":"1.1"}');

function makeSender(options: Partial<SenderOptions> = {}) {
  const key = { suite: 'psk', kid: 7, key: randomBytes(32) } as const;
  return createSender({ key, cipher: tweetnaclCipher, random: into => randomFillSync(into), ...options });
}

/** @returns how many sessions were opened by sealing once at each of the times */
function countSessions(times: { wallMs: number; monoMs: number }[]): number {
  const sender = makeSender();
  for (const clock of times) sender.seal(TYPE_GELF, body, clock);
  return sender.status()?.sessions ?? 0;
}

test('a session lasts just under an hour', () => {
  expect(countSessions([at(0), at(3_599_999)])).toBe(1);
  expect(countSessions([at(0), at(3_600_000)])).toBe(2);
});

test('a jump of the wall clock over 2 s, either way, starts a new session', () => {
  expect(countSessions([at(0), at(3_000, 1_000)])).toBe(1);
  expect(countSessions([at(0), at(3_001, 1_000)])).toBe(2);
  expect(countSessions([at(0), at(-1_001, 1_000)])).toBe(2);
});

test('a gap over 5 s between ticks starts a new session; without ticks, silence is no stall', () => {
  const sender = makeSender();
  sender.seal(TYPE_GELF, body, at(0));
  sender.seal(TYPE_GELF, body, at(60_000));
  expect(sender.status()?.sessions).toBe(1);
  sender.tick(at(60_001));
  sender.tick(at(65_001));
  sender.seal(TYPE_GELF, body, at(65_002));
  expect(sender.status()?.sessions).toBe(1);
  sender.tick(at(70_003));
  sender.seal(TYPE_GELF, body, at(70_004));
  expect(sender.status()?.sessions).toBe(2);
});

test('another machine id starts a new session, the same one does not', () => {
  const sender = makeSender();
  sender.tick(at(0), 'a');
  sender.seal(TYPE_GELF, body, at(0));
  sender.tick(at(1_000), 'a');
  sender.seal(TYPE_GELF, body, at(1_000));
  expect(sender.status()?.sessions).toBe(1);
  sender.tick(at(2_000), 'b');
  sender.seal(TYPE_GELF, body, at(2_000));
  expect(sender.status()?.sessions).toBe(2);
});

test('t0 strictly increases, within a second and over a restart', () => {
  const lastT0 = NOW_MS / 1000 + 10;
  const sender = makeSender({ lastT0 });
  sender.seal(TYPE_GELF, body, at(0));
  expect(sender.status()?.t0).toBe(lastT0 + 1);
  sender.tick(at(0), 'a');
  sender.tick(at(1), 'b');
  sender.seal(TYPE_GELF, body, at(2));
  expect(sender.status()?.t0).toBe(lastT0 + 2);
});

test('a body of maxBodyBytes is one datagram of mtu bytes, one byte more is two', () => {
  const sender = makeSender({ mtu: 1_400 });
  const [only, ...none] = sender.seal(TYPE_GELF, randomBytes(sender.maxBodyBytes), at(0));
  expect([only?.length, none.length]).toEqual([1_400, 0]);
  expect(sender.seal(TYPE_GELF, randomBytes(sender.maxBodyBytes + 1), at(0))).toHaveLength(2);
});

test('what a caller may not seal is a RangeError that names the argument', () => {
  const sender = makeSender();
  expect(() => sender.seal(3, body, at(0))).toThrow(/^type: expected/);
  expect(() => sender.seal(TYPE_GELF, new Uint8Array(sender.maxMessageBytes + 1), at(0))).toThrow(/^body: expected/);
  expect(() => makeSender({ mtu: 1_231 })).toThrow(/^mtu: expected 1232 to 65507, got 1231/);
  expect(() => makeSender({ key: { suite: 'psk', kid: 7, key: randomBytes(31) } })).toThrow(/^key: expected 32 bytes/);
});
