import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeGelf, encodeGelf, gelfName, plainName, toGelf } from '../../src/index.ts';

const text = (value: unknown) => Buffer.from(JSON.stringify(value));
const valid = { version: '1.1', host: 'web-1', short_message: 'GET / 200' };

test('own names stay plain, others get an underscore, and _id is never used', () => {
  expect(toGelf({ host: 'web-1', short_message: 'x', timestamp: 1.5, level: 6, SRC_IP: '192.0.2.1', id: 7 })).toEqual({
    version: '1.1',
    host: 'web-1',
    short_message: 'x',
    timestamp: 1.5,
    level: 6,
    _SRC_IP: '192.0.2.1',
    _id_: 7,
  });
});

test('a value that is not there or no number is left out', () => {
  expect(Object.keys(toGelf({ host: 'h', a: undefined, b: null, c: Number.NaN, d: 0, e: '' }))).toEqual([
    'version',
    'host',
    '_d',
    '_e',
  ]);
});

test('every name becomes one that GELF allows, and never _id', () => {
  fc.assert(
    fc.property(fc.string(), name => {
      expect(gelfName(name)).toMatch(/^[\w.-]*$/);
      expect(gelfName(name)).not.toBe('_id');
    }),
  );
});

test('a plain name that GELF allows comes back as it was', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z][\w.-]*$/), name => name === 'id_' || plainName(gelfName(name)) === name),
  );
});

test('a sender cannot shadow an own field or reach the prototype', () => {
  expect(plainName('_host')).toBe('_host');
  const read = decodeGelf(Buffer.from('{"host":"h","short_message":"s","_host":"evil","___proto__":{"x":1}}'));
  expect(read).toEqual({ ok: true, value: { host: 'h', short_message: 's', _host: 'evil', proto: { x: 1 } } });
});

test('a record comes back as it went', () => {
  const record = {
    host: 'web-1',
    short_message: 'dns ä 漢 🙂',
    timestamp: 1700000000.123,
    'message-type': 'comm',
    RESULT_IP: ['192.0.2.1', '2001:db8::1'],
    ANSWERS: [{ type: 'A', data: '192.0.2.1', ttl: 60 }],
    NET_DELAY: 12.345,
  };
  expect(decodeGelf(encodeGelf(record))).toEqual({ ok: true, value: record });
});

test.each([
  ['not_json', Buffer.from('{"host":')],
  ['not_json', Buffer.alloc(0)],
  ['not_object', text(['a'])],
  ['not_object', text(null)],
  ['version', text({ ...valid, version: '2.0' })],
  ['host', text({ ...valid, host: undefined })],
  ['host', text({ ...valid, host: '' })],
  ['host', text({ ...valid, host: 7 })],
  ['short_message', text({ ...valid, short_message: undefined })],
  ['short_message', text({ ...valid, short_message: {} })],
  ['timestamp', text({ ...valid, timestamp: '1' })],
  ['timestamp', Buffer.from('{"host":"h","short_message":"s","timestamp":1e400}')],
  ['level', text({ ...valid, level: 'high' })],
  ['depth', Buffer.from(`{"host":"h","short_message":"s","_x":${'['.repeat(5000)}${']'.repeat(5000)}}`)],
])('refuses with the reason %s', (reason, bytes) => {
  expect(decodeGelf(bytes)).toEqual({ ok: false, reason });
});

test('null, and a number too large for any, are as if they were not there', () => {
  const read = decodeGelf(
    Buffer.from(
      '{"version":null,"host":"h","short_message":"s","timestamp":null,"level":null,"_A":null,"_B":-1e400,"_C":0}',
    ),
  );
  expect(read.ok && Object.entries(read.value)).toEqual([
    ['host', 'h'],
    ['short_message', 's'],
    ['C', 0],
  ]);
});

test('a message that ends in a NUL is read', () => {
  expect(decodeGelf(Buffer.concat([text(valid), Buffer.from([0])])).ok).toBe(true);
});

test.each([
  ['\\ud800', '\ufffd'],
  ['\\uDFFF!', '\ufffd!'],
  ['\\ud800\\ud83d\\ude00', '\ufffd😀'],
  ['\\ude00\\ud83d', '\ufffd\ufffd'],
  ['\\\\ud800', '\\ud800'],
])('half a pair of surrogates is no character: %s', (escaped, value) => {
  const read = decodeGelf(Buffer.from(`{"host":"h","short_message":"s","_A":"${escaped}"}`));
  expect(read).toEqual({ ok: true, value: { host: 'h', short_message: 's', A: value } });
});

test('random bytes never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => typeof decodeGelf(bytes).ok === 'boolean'));
});
