import { expect, test } from '@jest/globals';
import { formatRecordLine } from '../src/record-line.ts';

const exchange = {
  timestamp: 1_700_000_000.5,
  L7_PROTOCOL: 'HTTP',
  SRC_IP: '10.0.0.1',
  SRC_PORT: 1025,
  DST_IP: '2001:db8::1',
  DST_PORT: 80,
  METHOD: 'GET',
  URL: '/a',
  RETCODE: 404,
  HTTP_RESPONSE: 1.5,
};
const lineOf = (record: object, summary?: string): string => formatRecordLine({ ...record }, summary, false);

test('a line says who asked whom for what, and how long it took', () => {
  expect(lineOf(exchange)).toMatch(
    /^\d\d:13:20\.500 HTTP {3}10\.0\.0\.1:1025 → \[2001:db8::1\]:80 GET \/a 404 1\.50 ms$/,
  );
});

test('a summary that is known beats one made from the fields', () => {
  expect(lineOf(exchange, 'GET /a ?')).toContain(' GET /a ? ');
});

test('an exchange without an answer says so', () => {
  expect(lineOf({ ...exchange, RETCODE: undefined })).toContain('GET /a - ');
});

test('a conversation is told by its state and its bytes', () => {
  const line = lineOf({ timestamp: 1, L4_PROTOCOL: 'TCP', STATE: 'SF', SRC_BYTES: 999, DST_BYTES: 12_345 });
  expect(line).toContain('TCP    SF 999 B ↑ 12.3 kB ↓');
});

test('whatever else a sender says is shown by its short message, without control characters', () => {
  const line = lineOf({ timestamp: 'x', probe: 'web', 'message-type': 'probe', short_message: 'a\u001b[2J\nb' });
  expect(line).toBe('--:--:--.--- web probe  a [2J b');
});

test('colour is used only where it is wanted', () => {
  expect(formatRecordLine(exchange, undefined, true)).toContain('\u001b[31m');
  expect(lineOf(exchange)).not.toContain('\u001b');
});
