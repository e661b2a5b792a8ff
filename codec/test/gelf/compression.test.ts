import { deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { compress, decompress, encodeGelf, MAX_INFLATED_BYTES, readMessage } from '../../src/index.ts';

const record = { host: 'h', short_message: 'x'.repeat(1000) };

test.each(['none', 'gzip', 'zlib'] as const)('%s is read back', compression => {
  expect(readMessage(compress(encodeGelf(record), compression))).toEqual({ ok: true, value: record });
});

test('every zlib level is known by its header, not by 78 9c alone', () => {
  for (const level of [0, 1, 6, 9]) {
    expect(readMessage(deflateSync(encodeGelf(record), { level, windowBits: 12 })).ok).toBe(true);
  }
});

test.each([
  ['gzip', gzipSync],
  ['zlib', deflateSync],
])('a %s bomb stops at the cap', (_, pack) => {
  expect(decompress(pack(Buffer.alloc(64 * 1024 * 1024)))).toEqual({ ok: false, reason: 'inflated_too_long' });
  expect(decompress(pack(Buffer.alloc(MAX_INFLATED_BYTES))).ok).toBe(true);
});

test('every cut of a compressed message is refused as inflate', () => {
  const whole = compress(encodeGelf(record), 'zlib');
  for (let end = 2; end < whole.length; end++) {
    expect(readMessage(whole.subarray(0, end))).toEqual({ ok: false, reason: 'inflate' });
  }
});
