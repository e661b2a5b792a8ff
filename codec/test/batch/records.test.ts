import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { Encoder } from '@msgpack/msgpack';
import {
  BatchWriter,
  DICTIONARY,
  DICTIONARY_ADLER32,
  decodeBatch,
  encodeRecord,
  MAX_BATCH_BYTES,
  type PlainRecord,
} from '../../src/index.ts';

const encoder = new Encoder();
const record = (i: number): PlainRecord => ({
  host: 'web-1',
  short_message: `GET /${i} 200`,
  timestamp: 1_700_000_000.5 + i,
  RESULT_IP: ['192.0.2.1'],
  NET_DELAY: i / 7,
});
const shipped = readFileSync(new URL('../../../vectors/dictionary-1.bin', import.meta.url));
const batchOf = (...elements: unknown[]) => encoder.encode(elements);
const packed = (value: unknown, dictionary = DICTIONARY) => deflateSync(encoder.encode(value), { dictionary });

test.each(['none', 'dict'] as const)('records come back from batches with compression %s', compression => {
  const writer = new BatchWriter({ maxBytes: 1300, compression });
  const records = Array.from({ length: 100 }, (_, i) => record(i));
  const bodies = [...records.map(each => writer.add(each)), writer.take()].filter(body => body !== undefined);
  expect(Math.max(...bodies.map(body => body.length))).toBeLessThanOrEqual(1300);
  expect(bodies.flatMap(body => (decodeBatch(body) as { value: PlainRecord[] }).value)).toEqual(records);
  expect(writer.take()).toBeUndefined();
});

test('a budget is used up: one more record would not have fitted', () => {
  const writer = new BatchWriter({ maxBytes: 1000, compression: 'none' });
  let body: Uint8Array | undefined;
  for (let i = 0; body === undefined; i++) body = writer.add(record(i));
  expect(body.length + encodeRecord(record(50), 'none').length).toBeGreaterThan(995);
});

test('a record longer than the budget is a batch of its own', () => {
  const writer = new BatchWriter({ maxBytes: 100, compression: 'none' });
  const long = { host: 'h', short_message: 'x'.repeat(500) };
  expect(writer.add(record(1))).toBeUndefined();
  expect(writer.add(long)).toBeDefined();
  expect(decodeBatch(writer.add(record(2)) ?? shipped)).toEqual({ ok: true, value: [long] });
});

test('a batch holds at most 512 records', () => {
  const writer = new BatchWriter({ maxBytes: 1e6, compression: 'none' });
  const bodies = Array.from({ length: 513 }, () => writer.add({ a: 1 }));
  expect(decodeBatch(bodies[512] ?? shipped)).toMatchObject({ value: { length: 512 } });
  expect(writer.count).toBe(1);
});

test('an undefined field is left out', () => {
  expect(decodeBatch(batchOf()).ok).toBe(true);
  const writer = new BatchWriter({ maxBytes: 100, compression: 'dict' });
  writer.add({ a: 1, b: undefined });
  expect(decodeBatch(writer.take() ?? shipped)).toEqual({ ok: true, value: [{ a: 1 }] });
});

test.each([
  ['not_array', encoder.encode({ a: 1 })],
  ['not_record', batchOf(1)],
  ['not_record', batchOf([])],
  ['not_record', batchOf(packed(7))],
  ['not_record', batchOf({ a: [Buffer.from('x')] })],
  ['not_record', batchOf(packed({ a: Buffer.from('x') }))],
  ['dict', batchOf(Buffer.from('no zlib'))],
  ['dict', batchOf(packed({ a: 1 }, Buffer.from('another dictionary')))],
  ['dict', batchOf(packed({ a: 1 }).subarray(0, -1))],
  ['dict', batchOf(Buffer.concat([packed({ a: 1 }), Buffer.from('x')]))],
  ['inflated_too_long', batchOf(deflateSync(Buffer.alloc(MAX_BATCH_BYTES + 1), { dictionary: DICTIONARY }))],
  ['inflated_too_long', batchOf(...new Array(100).fill(packed({ a: 'x'.repeat(60_000) })))],
  ['extension', batchOf({ a: new Date() })],
])('refuses with the reason %s', (reason, body) => {
  expect(decodeBatch(body)).toEqual({ ok: false, reason });
});

test('the dictionary is the one that was published', () => {
  let a = 1;
  let b = 0;
  for (const byte of DICTIONARY) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  expect(Buffer.from(DICTIONARY).equals(shipped)).toBe(true);
  expect(b * 65_536 + a).toBe(DICTIONARY_ADLER32);
});

test('a compressed record names the dictionary and is read by another inflater', () => {
  const element = Buffer.from(encodeRecord(record(1), 'dict')).subarray(2);
  expect([(element[1] ?? 0) & 0x20, element.readUInt32BE(2)]).toEqual([0x20, DICTIONARY_ADLER32]);
  const script = `import sys, zlib
d = zlib.decompressobj(zdict=bytes.fromhex(sys.argv[1]))
print(d.decompress(bytes.fromhex(sys.argv[2])).hex())`;
  const out = execFileSync('python3', ['-c', script, shipped.toString('hex'), element.toString('hex')]);
  expect(out.toString().trim()).toBe(Buffer.from(encoder.encode(record(1))).toString('hex'));
});
