import { expect, test } from '@jest/globals';
import { defineFields, type RecordOf } from '../src/fields.ts';

test('a field table gives the type of its record', () => {
  const table = defineFields({
    BYTES: { type: 'long', unit: 'B', doc: 'bytes' },
    RESULT_IP: { type: 'ip', many: true, doc: 'addresses' },
  });
  const record: RecordOf<typeof table> = { BYTES: 1, RESULT_IP: ['192.0.2.1'] };
  expect(Object.keys(table)).toEqual(Object.keys(record));
});
