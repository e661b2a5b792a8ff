// What is tuned is compared with its plain twin.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeGelf, toGelf } from '../../src/index.ts';

const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[\w.-]{1,12}$/),
  fc.constantFrom('version', 'host', 'id', '_id', '_id_', 'a b', 'a_b', 'a-b', '1'),
);
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.maxSafeInteger(),
  fc.jsonValue(),
  fc.constant(undefined),
);

test('a message is written as JSON.stringify writes it, whatever the names and values', () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), record =>
      expect(Buffer.from(encodeGelf(record)).toString()).toBe(JSON.stringify(toGelf(record))),
    ),
    { numRuns: 2000 },
  );
});

test('more names than are remembered change nothing', () => {
  for (let index = 0; index < 5000; index++) {
    const record = { [`name${index}`]: index };
    expect(Buffer.from(encodeGelf(record)).toString()).toBe(JSON.stringify(toGelf(record)));
  }
});
