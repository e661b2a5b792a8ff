import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  BatchWriter,
  compress,
  encodeGelf,
  expand,
  type OpenedMessage,
  type PlainRecord,
  type RecordCompression,
  recordIdOf,
  TYPE_BATCH,
  TYPE_GELF,
  TYPE_HEARTBEAT,
  toDatagrams,
  toGelf,
} from '../../src/index.ts';

const name = { kid: 7, t0: 1, sid: 2, seq: 3 };
const message = (type: number, body: Uint8Array, more: Partial<OpenedMessage> = {}): OpenedMessage => ({
  ...name,
  type,
  body,
  name: 'web',
  hosts: undefined,
  isStale: false,
  ...more,
});
const record = { host: 'web-1', short_message: 'hello', BYTES: 1 };
const pack = (compression: RecordCompression, records: readonly PlainRecord[]): Uint8Array => {
  const writer = new BatchWriter({ maxBytes: 10_000, compression });
  for (const each of records) writer.add(each);
  return writer.take() ?? new Uint8Array(0);
};
const batch = (...records: PlainRecord[]) => pack('none', records);
const dictBatch = (...records: PlainRecord[]) => pack('dict', records);

test('a heartbeat delivers nothing', () => {
  expect(expand(message(TYPE_HEARTBEAT, new Uint8Array(0)))).toEqual({ deliveries: [], refused: [] });
});

test('raw GELF is delivered as the same bytes, even when it is no GELF', () => {
  const body = Buffer.from([1, 2, 3]);
  const { deliveries } = expand(message(TYPE_GELF, body));
  body.fill(0);
  expect(deliveries).toMatchObject([{ kind: 'datagram', origin: { probe: 'web', record_id: recordIdOf(name, 0) } }]);
  expect(deliveries[0]).toHaveProperty('datagram', Uint8Array.of(1, 2, 3));
});

test('each record of a batch is decorated, with an id of its own', () => {
  const { deliveries } = expand(message(TYPE_BATCH, batch(record, record), { isStale: true }));
  const origin = { envelope: 'stale', probe: 'web', kid: 7, seq: 3 };
  expect(deliveries).toEqual([
    { kind: 'record', record: { ...record, ...origin, record_id: recordIdOf(name, 0) } },
    { kind: 'record', record: { ...record, ...origin, record_id: recordIdOf(name, 1) } },
  ]);
});

test('a sender cannot set what the receiver vouches for, under no spelling', () => {
  const forged = { ...record, record_id: 'a', 'record id': 'b', probe: 'c', kid: 'd', envelope: 'e', seq: 'f' };
  const [delivery] = expand(message(TYPE_BATCH, batch(forged))).deliveries;
  const gelf = toGelf(delivery?.kind === 'record' ? delivery.record : {});
  expect(gelf).toMatchObject({
    _record_id: recordIdOf(name, 0),
    _probe: 'web',
    _kid: 7,
    _envelope: 'opened',
    _seq: 3,
  });
});

test('a host that the kid may not use is refused, record by record', () => {
  const body = batch(record, { ...record, host: 'bank' }, { short_message: 'none' });
  const { deliveries, refused } = expand(message(TYPE_BATCH, body, { hosts: ['web-1'] }));
  expect([deliveries.length, refused]).toEqual([1, ['host', 'host']]);
});

test.each([
  ['passed when its host is allowed', encodeGelf(record), []],
  ['passed when it is compressed', compress(encodeGelf(record), 'gzip'), []],
  ['refused when its host is not', encodeGelf({ ...record, host: 'bank' }), ['host']],
  ['refused when it cannot be read', Buffer.from('{'), ['not_json']],
  ['refused when it is a chunk', toDatagrams(encodeGelf(record), 40, () => new Uint8Array(8))[0], ['host_chunk']],
] as const)('raw GELF of a kid with allowed hosts is %s', (_, body, refused) => {
  const expansion = expand(message(TYPE_GELF, body ?? new Uint8Array(0), { hosts: ['web-1'] }));
  expect(expansion.refused).toEqual(refused);
  expect(expansion.deliveries.length).toBe(1 - refused.length);
});

test('a damaged batch is refused as a whole', () => {
  expect(expand(message(TYPE_BATCH, batch(record).subarray(0, -1)))).toEqual({
    deliveries: [],
    refused: ['truncated'],
  });
});

test('an authentic message with any bytes changed in it never throws', () => {
  const bodies = [
    batch(record, { ...record, RESULT_IP: ['a', 'b'] }),
    dictBatch(record),
    compress(encodeGelf(record), 'zlib'),
  ];
  const change = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.nat({ max: 2 }), change, (which, changes) => {
      const body = Uint8Array.from(bodies[which] ?? []);
      for (const [at, byte] of changes) body[at % body.length] = byte;
      const type = which === 2 ? TYPE_GELF : TYPE_BATCH;
      const { deliveries, refused } = expand(message(type, body, { hosts: ['web-1'] }));
      expect(deliveries.length + refused.length).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});
