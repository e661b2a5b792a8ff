import { expect, test } from '@jest/globals';
import { Encoder } from '@msgpack/msgpack';
import fc from 'fast-check';
import { decodeMessagePack, MAX_ARRAY, MAX_MAP, MAX_NESTING, MAX_STRING_BYTES } from '../../src/index.ts';

const encoder = new Encoder();
const bytes = (...values: number[]) => Uint8Array.from(values);
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

const scalar = fc.oneof(
  fc.maxSafeInteger(),
  // The library writes -0 as the integer 0.
  fc.double({ noNaN: true }).filter(value => !Object.is(value, -0)),
  fc.string({ unit: 'grapheme' }),
  fc.boolean(),
  fc.constant(null),
);
const record = fc.dictionary(
  fc.string().filter(key => key !== '__proto__'),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 20 })),
  { noNullPrototype: true },
);

test('what @msgpack/msgpack writes is read the same', () => {
  fc.assert(
    fc.property(record, value => {
      expect(decodeMessagePack(encoder.encode(value))).toEqual({ ok: true, value });
    }),
  );
});

test('64-bit integers and single floats are read', () => {
  expect(decodeMessagePack(bytes(0xcf, 0, 0, 0, 1, 0, 0, 0, 2))).toEqual({ ok: true, value: 2 ** 32 + 2 });
  expect(decodeMessagePack(bytes(0xd3, 255, 255, 255, 254, 255, 255, 255, 255))).toEqual({
    ok: true,
    value: -(2 ** 32) - 1,
  });
  expect(decodeMessagePack(bytes(0xca, 0x3f, 0xc0, 0, 0))).toEqual({ ok: true, value: 1.5 });
  expect(decodeMessagePack(bytes(0xc5, 0, 2, 7, 8))).toEqual({ ok: true, value: Buffer.from([7, 8]) });
});

test('each limit itself is allowed', () => {
  const map = Object.fromEntries(Array.from({ length: MAX_MAP }, (_, i) => [`k${i}`, i]));
  for (const value of [new Array(MAX_ARRAY).fill(1), map, 'x'.repeat(MAX_STRING_BYTES), nested(MAX_NESTING)]) {
    expect(decodeMessagePack(encoder.encode(value)).ok).toBe(true);
  }
});

test.each([
  ['array_length', encoder.encode(new Array(MAX_ARRAY + 1).fill(1))],
  ['array_length', bytes(0xdd, 255, 255, 255, 255)],
  ['map_length', bytes(0xde, 1, 1)],
  ['map_length', bytes(0xdf, 255, 255, 255, 255)],
  ['string_length', encoder.encode('x'.repeat(MAX_STRING_BYTES + 1))],
  ['string_length', bytes(0xdb, 255, 255, 255, 255)],
  ['nesting', encoder.encode(nested(MAX_NESTING + 1))],
  ['nesting', new Uint8Array(100_000).fill(0x91)],
  ['extension', bytes(0xd4, 1, 0)],
  ['extension', bytes(0xc7, 1, 0, 0)],
  ['reserved', bytes(0xc1)],
  ['utf8', bytes(0xa1, 0xff)],
  ['key', bytes(0x81, 1, 1)],
  ['key', bytes(0x81, 0xa9, ...Buffer.from('__proto__'), 0x80)],
  ['trailing', bytes(1, 1)],
  ['truncated', bytes()],
  ['truncated', bytes(0xc6, 255, 255, 255, 255)],
])('refuses with the reason %s', (reason, input) => {
  expect(decodeMessagePack(input)).toEqual({ ok: false, reason });
});

test('a replacement character that was sent as such is text', () => {
  expect(decodeMessagePack(encoder.encode('a\ufffdb'))).toEqual({ ok: true, value: 'a\ufffdb' });
});

test('every cut of a valid message is refused as truncated', () => {
  const whole = encoder.encode([{ SRC_IP: '192.0.2.1', NET_DELAY: 1.25, RESULT_IP: ['a'], big: 2 ** 40, neg: -70000 }]);
  for (let end = 0; end < whole.length; end++) {
    expect(decodeMessagePack(whole.subarray(0, end))).toEqual({ ok: false, reason: 'truncated' });
  }
});

test('random bytes never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), input => typeof decodeMessagePack(input).ok === 'boolean'));
});
