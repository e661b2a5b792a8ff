import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChunkStore, createMessageIds, maxMessageBytes, toDatagrams } from '../../src/index.ts';

const ids = () => createMessageIds(new Uint8Array(8).fill(0xff));
const message = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 255);

test('ids are unique and go on after the largest', () => {
  const next = ids();
  const seen = Array.from({ length: 1000 }, () => Buffer.from(next()).toString('hex'));
  expect(seen.slice(0, 2)).toEqual(['ffffffffffffffff', '0000000000000000']);
  expect(new Set(seen).size).toBe(1000);
});

test('a message that fits is one datagram, one byte more makes chunks', () => {
  expect(toDatagrams(message(1420), 1420, ids())).toEqual([message(1420)]);
  expect(toDatagrams(message(1421), 1420, ids()).map(d => d.length)).toEqual([1420, 25]);
});

test('128 chunks carry the longest message, and a longer one has no datagrams', () => {
  expect(toDatagrams(message(maxMessageBytes(100)), 100, ids())).toHaveLength(128);
  expect(toDatagrams(message(maxMessageBytes(100) + 1), 100, ids())).toEqual([]);
});

test('a datagram without room beside the header is the caller’s mistake', () => {
  expect(() => toDatagrams(message(20), 12, ids())).toThrow(/datagramBytes/);
});

test('any order of the chunks, with copies among them, gives the message once', () => {
  const shuffled = fc.tuple(fc.integer({ min: 101, max: 5000 }), fc.infiniteStream(fc.nat()));
  fc.assert(
    fc.property(shuffled, ([length, random]) => {
      const chunks = toDatagrams(message(length), 100, ids());
      const order = chunks.map(chunk => [random.next().value, chunk] as const).sort((a, b) => a[0] - b[0]);
      const store = new ChunkStore();
      const out = order
        .slice(0, -1)
        .flatMap(([, chunk]) => [chunk, chunk])
        .concat(order.slice(-1).map(([, chunk]) => chunk))
        .map(chunk => store.add(chunk, 0))
        .filter(whole => whole !== undefined);
      expect(out.map(whole => Buffer.from(whole))).toEqual([Buffer.from(message(length))]);
      expect([store.heldBytes, store.openMessages, store.counters.duplicate]).toEqual([0, 0, order.length - 1]);
    }),
  );
});

test('an empty last chunk, as gelf-pro may send it, is taken', () => {
  const first = toDatagrams(message(150), 100, ids())[0] ?? message(0);
  const last = Uint8Array.of(...first.subarray(0, 10), 1, 2);
  const store = new ChunkStore();
  expect(store.add(first, 0)).toBeUndefined();
  expect(store.add(last, 0)).toHaveLength(88);
});

test('a chunk is only lent: its buffer may be used again', () => {
  const store = new ChunkStore();
  const lent = Buffer.alloc(100);
  const whole = toDatagrams(message(170), 100, ids()).map(chunk => {
    lent.set(chunk);
    const out = store.add(lent.subarray(0, chunk.length), 0);
    lent.fill(0);
    return out;
  });
  expect(Buffer.from(whole[1] ?? [])).toEqual(Buffer.from(message(170)));
});

test('the same id from two senders is two messages', () => {
  const [a, b] = toDatagrams(message(150), 100, ids());
  const store = new ChunkStore();
  store.add(a ?? message(0), 0, 'one');
  expect(store.add(b ?? message(0), 0, 'two')).toBeUndefined();
  expect(store.openMessages).toBe(2);
});

test('a chunk that contradicts an earlier one is ignored, and the first stays', () => {
  const [a, b] = toDatagrams(message(150), 100, ids());
  if (!a || !b) throw new Error('two chunks expected');
  const forged = a.slice();
  forged[20] = 0xee;
  const otherCount = a.slice();
  otherCount[11] = 3;
  const store = new ChunkStore();
  for (const chunk of [a, forged, otherCount]) store.add(chunk, 0);
  expect(Buffer.from(store.add(b, 0) ?? [])).toEqual(Buffer.from(message(150)));
  expect(store.counters.contradicting).toBe(2);
});

test.each([
  ['shorter than its header', [0x1e, 0x0f, 1, 2, 3]],
  ['of no chunks', [0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 65]],
  ['numbered past its count', [0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 2, 2, 65]],
  ['of 129 chunks', [0x1e, 0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 0, 129, 65]],
])('a chunk %s is counted as bad_header and holds nothing', (_, bytes) => {
  const store = new ChunkStore();
  expect(store.add(Uint8Array.from(bytes), 0)).toBeUndefined();
  expect([store.counters.bad_header, store.heldBytes, store.openMessages]).toEqual([1, 0, 0]);
});

test('what is not complete after 5 s is given up', () => {
  const [a, b] = toDatagrams(message(150), 100, ids());
  const store = new ChunkStore();
  store.add(a ?? message(0), 0);
  expect(store.add(b ?? message(0), 5001)).toBeUndefined();
  expect([store.counters.expired, store.openMessages]).toEqual([1, 1]);
});

test('the number of messages and the bytes held stay under their bounds', () => {
  const store = new ChunkStore({ maxMessages: 10, maxBytes: 1000, maxMessageBytes: 200 });
  const next = ids();
  for (let i = 0; i < 500; i++) {
    store.add(toDatagrams(message(450), 100, next)[i % 5] ?? message(0), i);
    expect(store.openMessages).toBeLessThanOrEqual(10);
    expect(store.heldBytes).toBeLessThanOrEqual(1000);
  }
  expect(store.counters.evicted).toBeGreaterThan(400);
});

test('a message longer than allowed is given up', () => {
  const store = new ChunkStore({ maxMessageBytes: 200 });
  for (const chunk of toDatagrams(message(450), 100, ids()).slice(0, 3)) store.add(chunk, 0);
  expect([store.counters.too_long, store.heldBytes]).toEqual([1, 0]);
});
