// What bounds a receiver's memory, and what its state file is worth.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Fragments } from '../../src/envelope/fragments.ts';
import { Leads } from '../../src/envelope/leads.ts';
import { formatState, parseState, STATE_RECORD_BYTES } from '../../src/envelope/state.ts';
import { createReceiver, TYPE_BATCH, tweetnaclCipher } from '../../src/index.ts';
import { CIPHERS, clockAt, outcome, receiverOf, registryOf, rowOf, START_MS, senderOf } from './scene.ts';

const fragment = (index: number, count: number, sliceBytes: number) => {
  const body = new Uint8Array(2 + sliceBytes).fill(1);
  body.set([index, count]);
  return body;
};

/** @returns what was given up, by reason */
function collect() {
  const dropped: string[] = [];
  return { dropped, fragments: new Fragments(reason => dropped.push(reason)) };
}

test('one kid cannot hold more than 256 KiB of fragments', () => {
  const { dropped, fragments } = collect();
  const add = (seq: number, index: number, bytes: number) =>
    fragments.add({ row: 0, t0: 1, sid: 1, seq }, fragment(index, 9, bytes), 0);
  for (const message of [0, 1, 2, 3]) expect(add(message * 9, 0, 65_536)).toBeUndefined();
  expect(dropped).toEqual([]);
  expect(add(1, 1, 1)).toBeUndefined();
  expect(dropped).toEqual(['fragment_limit']);
  expect(add(10, 1, 65_535)).toBeUndefined();
  expect(dropped).toEqual(['fragment_limit']);
});

test('one message longer than 256 KiB is given up', () => {
  const { fragments } = collect();
  const add = (index: number) => fragments.add({ row: 0, t0: 1, sid: 1, seq: index }, fragment(index, 9, 65_535), 0);
  expect([0, 1, 2, 3].map(add)).toEqual([undefined, undefined, undefined, undefined]);
  expect(add(4)).toBe('fragment_limit');
});

test('all kids together cannot hold more than 64 MiB: the oldest messages go', () => {
  const { dropped, fragments } = collect();
  for (let row = 0; row < 1_100; row++) fragments.add({ row, t0: 1, sid: 1, seq: 0 }, fragment(0, 9, 60_000), 0);
  expect(dropped.length).toBe(1_100 - Math.floor((64 << 20) / (60_000 + 4_096)));
  expect(new Set(dropped)).toEqual(new Set(['fragment_limit']));
});

test('a message as long as a sender allows is put together; the longest is just below 256 KiB', () => {
  const sender = senderOf('psk', tweetnaclCipher, { mtu: 9_000 });
  const body = Buffer.alloc(sender.maxMessageBytes, 'x');
  expect(sender.maxMessageBytes).toBe(262_143);
  const receiver = receiverOf('psk', tweetnaclCipher);
  const results = sender
    .seal(TYPE_BATCH, body, clockAt(0))
    .map(datagram => outcome(receiver.receive(datagram, START_MS)));
  expect(results.pop()).toBe('opened');
});

test('state reads back as it was written', () => {
  const u32 = fc.nat(0xffffffff);
  const leadMs = fc.oneof(fc.integer({ min: -(2 ** 46), max: 2 ** 46 }), fc.constant(Number.NEGATIVE_INFINITY));
  const records = fc.array(fc.record({ kid: u32, floor: u32, t0: u32, sid: u32, next: u32, leadMs }), { maxLength: 5 });
  fc.assert(
    fc.property(records, fc.nat(4_000_000_000_000), (list, savedMs) => {
      const bytes = formatState({ savedMs, records: list });
      expect(bytes).toHaveLength(STATE_RECORD_BYTES * (1 + list.length));
      expect(parseState(bytes)).toEqual({ savedMs, records: list });
    }),
  );
});

test('state with any byte changed, or cut anywhere, is refused', () => {
  const bytes = formatState({ savedMs: START_MS, records: [{ kid: 1, floor: 2, t0: 3, sid: 4, next: 5, leadMs: 6 }] });
  for (let at = 0; at < bytes.length; at++) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    expect(parseState(changed)).toBeUndefined();
    expect(parseState(bytes.subarray(0, at))).toBeUndefined();
  }
  const options = { registry: registryOf(rowOf('psk')), cipher: tweetnaclCipher, startedAtMs: START_MS };
  expect(() => createReceiver({ ...options, state: bytes.subarray(1) })).toThrow(
    /^state: expected what exportState gave/,
  );
});

test('between an export and its save, the smaller bound of the two counts: a crash can leave either file', () => {
  const leads = new Leads('strict', START_MS, true);
  leads.grow(1);
  leads.restore(0, 100_000);
  expect(leads.isSaved(0, 101_000)).toBe(true);
  leads.export(0, 0);
  expect(leads.isSaved(0, 1_001)).toBe(false);
  leads.export(0, 200_000);
  expect([leads.isSaved(0, 101_000), leads.isSaved(0, 101_001)]).toEqual([true, false]);
  leads.markSaved();
  expect([leads.isSaved(0, 201_000), leads.isSaved(0, 201_001)]).toEqual([true, false]);
});

test('thousands of kids added and reloaded keep their windows', () => {
  const [cipher = tweetnaclCipher] = CIPHERS;
  const rows = Array.from({ length: 2_000 }, (_, at) => ({ kid: 1_000 + at, name: `p${at}`, suite: 'psk' as const }));
  const registry = (count: number) => ({
    ...registryOf(rowOf('psk'), ...rows.slice(0, count)),
    master: new Uint8Array(32),
  });
  const receiver = receiverOf('psk', cipher, { registry: registry(10) });
  const first = senderOf('psk', cipher).heartbeat(clockAt(0));
  expect(outcome(receiver.receive(first, START_MS))).toBe('opened');
  for (const count of [2_000, 5, 2_000]) receiver.setRegistry(registry(count));
  expect(outcome(receiver.receive(first, START_MS))).toBe('duplicate');
});
