import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type Direction, type ReplayOptions, replay, type Talk, transcriptOf } from '../src/harness/index.ts';

type Turn = readonly [Direction, Uint8Array | string | number];

const run = (turns: readonly Turn[], more: Partial<ReplayOptions> = {}, talk: Partial<Talk> = {}) =>
  replay(transcriptOf(turns, talk), { protocols: PROTOCOLS, ...more });
const fieldsOf = (turns: readonly Turn[], more: Partial<ReplayOptions> = {}) =>
  run(turns, more).reported.map(({ exchange }): { readonly [field: string]: unknown } => exchange.fields);
const summariesOf = (turns: readonly Turn[], talk: Partial<Talk> = {}): string[] =>
  run(turns, {}, talk).reported.map(({ exchange }) => exchange.summary);

const u8 = (...values: number[]): Buffer => Buffer.from(values);
const u16 = (value: number): Buffer => u8(value >> 8, value & 255);
const u32 = (value: number): Buffer => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);
const u64 = (value: number): Buffer => Buffer.concat([u32(0), u32(value)]);
const short = (text: string): Buffer => Buffer.concat([u8(Buffer.byteLength(text)), Buffer.from(text)]);
const long = (text: string): Buffer => Buffer.concat([u32(Buffer.byteLength(text)), Buffer.from(text)]);
const EMPTY_TABLE = u32(0);

const frame = (type: number, channel: number, payload: Buffer): Buffer =>
  Buffer.concat([u8(type), u16(channel), u32(payload.length), payload, u8(0xce)]);
const method = (channel: number, classId: number, id: number, ...args: Buffer[]): Buffer =>
  frame(1, channel, Buffer.concat([u16(classId), u16(id), ...args]));
/** The content header of a message, with its content-type. */
const header = (channel: number, bodyBytes: number, contentType = 'text/plain'): Buffer =>
  frame(2, channel, Buffer.concat([u16(60), u16(0), u64(bodyBytes), u16(0x8000), short(contentType)]));
const body = (channel: number, text: string): Buffer => frame(3, channel, Buffer.from(text));

const HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');
const HEARTBEAT = frame(8, 0, Buffer.alloc(0));
const openChannel = (channel: number): Turn[] => [
  [0, method(channel, 20, 10, short(''))],
  [1, method(channel, 20, 11, long(''))],
];
/** The beginning of every talk here; its records are left out by {@link later}. */
const BEGIN: readonly Turn[] = [[0, HEADER], [1, HEARTBEAT], ...openChannel(1)];
const later = <T>(told: readonly T[]): readonly T[] => told.slice(1);

const publish = (channel: number, key: string, text: string): Buffer =>
  Buffer.concat([publishMethod(channel, key), header(channel, Buffer.byteLength(text)), body(channel, text)]);
const publishMethod = (channel: number, key: string): Buffer =>
  method(channel, 60, 40, u16(0), short(''), short(key), u8(0));
const ack = (channel: number, tag: number, multiple = false): Buffer =>
  method(channel, 60, 80, u64(tag), u8(multiple ? 1 : 0));
const nack = (channel: number, tag: number): Buffer => method(channel, 60, 120, u64(tag), u8(0));
const confirmSelect = (channel: number): Turn[] => [
  [0, method(channel, 85, 10, u8(0))],
  [1, method(channel, 85, 11)],
];
const declare = (channel: number, queue: string, bits = 0): Buffer =>
  method(channel, 50, 10, u16(0), short(queue), u8(bits), EMPTY_TABLE);
const declared = (channel: number, queue: string, messages: number): Buffer =>
  method(channel, 50, 11, short(queue), u32(messages), u32(0));

test('puts a body together out of frames between those of another channel', () => {
  const talk: Turn[] = [
    ...BEGIN,
    ...openChannel(2),
    [0, Buffer.concat([publishMethod(1, 'a'), publishMethod(2, 'b'), header(1, 10), header(2, 6)])],
    [0, Buffer.concat([body(1, 'first'), body(2, 'second'), body(1, ' half')])],
  ];
  expect(fieldsOf(talk).slice(2)).toMatchObject([
    { CHANNEL: 2, ROUTING_KEY: 'b', TEXT: 'second', BODY_BYTES: 6, CONTENTTYPE: 'text/plain' },
    { CHANNEL: 1, ROUTING_KEY: 'a', TEXT: 'first half', BODY_BYTES: 10 },
  ]);
});

test('ignores heartbeats wherever they come', () => {
  const talk: Turn[] = [...BEGIN, [0, Buffer.concat([HEARTBEAT, declare(1, 'q'), HEARTBEAT])]];
  expect(later(summariesOf([...talk, [1, HEARTBEAT], [1, declared(1, 'q', 3)]]))).toEqual(['queue.declare q q 3']);
});

test('passes over what a large message has beyond its beginning', () => {
  const part = body(1, 'x'.repeat(100_000));
  const talk: Turn[] = [...BEGIN, [0, Buffer.concat([publishMethod(1, 'large'), header(1, 5_000_000)])]];
  for (let i = 0; i < 50; i++)
    for (let at = 0; at < part.length; at += 60_000) talk.push([0, part.subarray(at, at + 60_000)]);
  const { reported, peakBytes } = run(talk, { watchMemory: true });
  expect(reported.at(-1)?.exchange.fields).toMatchObject({
    BODY_BYTES: 5_000_000,
    TRUNCATED: 1,
    TEXT: 'x'.repeat(1024),
  });
  expect(peakBytes).toBeLessThan(16_384);
});

test('gives each publish its confirm, one by one, several at once, or refused', () => {
  const talk: Turn[] = [
    ...BEGIN,
    ...confirmSelect(1),
    [0, Buffer.concat(['a', 'b', 'c', 'd'].map(key => publish(1, key, key)))],
    [1, ack(1, 2)],
    [1, nack(1, 4)],
    [1, ack(1, 3, true)],
  ];
  expect(later(summariesOf(talk))).toEqual([
    'confirm.select ok',
    'basic.publish (default)/b "b" ack',
    'basic.publish (default)/d "d" nack',
    'basic.publish (default)/a "a" ack',
    'basic.publish (default)/c "c" ack',
  ]);
  expect(fieldsOf(talk)[3]).toMatchObject({ RESP: 1, ERR: 'nack', AMQ_RESPONSE: 2 });
});

test('says nothing of an answer to a publish that needs none, and 0 where a confirm did not come', () => {
  expect(fieldsOf([...BEGIN, [0, publish(1, 'a', 'a')]]).at(-1)).not.toHaveProperty('RESP');
  expect(fieldsOf([...BEGIN, ...confirmSelect(1), [0, publish(1, 'a', 'a')]]).at(-1)).toMatchObject({ RESP: 0 });
});

test('does not count on after a loss where it cannot know how many were lost', () => {
  const talk: Turn[] = [
    ...BEGIN,
    ...confirmSelect(1),
    [0, publish(1, 'a', 'a')],
    [0, 60],
    [0, publish(1, 'c', 'c')],
    [1, ack(1, 3, true)],
    [0, publish(1, 'd', 'd')],
    [1, ack(1, 4)],
  ];
  expect(summariesOf(talk).slice(2)).toEqual([
    'basic.publish (default)/c "c" -',
    'basic.publish (default)/a "a" ack',
    'basic.publish (default)/d "d" ack',
  ]);
});

test('gives the method that is to blame the error of the close, and gives up the others', () => {
  const close = method(1, 20, 40, u16(404), short('NOT_FOUND - no queue'), u16(50), u16(10));
  const talk: Turn[] = [...BEGIN, [0, declare(1, 'missing')], [1, close], [0, method(1, 20, 41)], ...openChannel(1)];
  expect(later(fieldsOf(talk))).toMatchObject([
    { METHOD: 'queue.declare', QUEUE: 'missing', RESP: 1, ERR: '404 NOT_FOUND - no queue', AMQ_RESPONSE: 1 },
    { METHOD: 'channel.close', RESP: 1, ERR: '404 NOT_FOUND - no queue' },
    { METHOD: 'channel.open', RESP: 1 },
  ]);
});

test('ends what waits on any channel when the connection is closed for an error', () => {
  const close = method(0, 10, 50, u16(530), short('NOT_ALLOWED'), u16(50), u16(20));
  const bind = method(2, 50, 20, u16(0), short('q'), short('x'), short('k'), u8(0), EMPTY_TABLE);
  const talk: Turn[] = [...BEGIN, ...openChannel(2), [0, declare(1, 'q')], [0, bind], [1, close]];
  expect(summariesOf(talk).slice(2)).toEqual(['queue.declare q -', 'queue.bind x q k 530', 'connection.close 530 -']);
});

test('waits for no answer where none is wanted', () => {
  const talk: Turn[] = [
    ...BEGIN,
    [0, Buffer.concat([declare(1, 'silent', 16), declare(1, 'asked')])],
    [1, declared(1, 'asked', 0)],
  ];
  const fields = later(fieldsOf(talk));
  expect(fields).toMatchObject([{ QUEUE: 'silent' }, { QUEUE: 'asked', RESP: 1 }]);
  expect(fields[0]).not.toHaveProperty('RESP');
});

test.each([
  ['PLAIN', '\0ada\0s3cret'],
  ['AMQPLAIN', `\x05LOGINS${u32(3).toString('latin1')}ada\x08PASSWORDS${u32(6).toString('latin1')}s3cret`],
])('tells who logged in with %s, where, and no password', (mechanism, response) => {
  const start = method(0, 10, 10, u8(0, 9), EMPTY_TABLE, long('PLAIN AMQPLAIN'), long('en_US'));
  const startOk = method(0, 10, 11, EMPTY_TABLE, short(mechanism), long(response), short('en_US'));
  const talk: Turn[] = [
    [0, HEADER],
    [1, start],
    [0, startOk],
    [0, method(0, 10, 40, short('shop'), short(''), u8(0))],
    [1, method(0, 10, 41, short(''))],
  ];
  const fields = fieldsOf(talk);
  expect(fields).toMatchObject([
    { METHOD: 'connection.start', USER: 'ada', RESP: 1 },
    { METHOD: 'connection.open', USER: 'ada', HOST: 'shop', RESP: 1 },
  ]);
  expect(JSON.stringify(fields)).not.toContain('s3cret');
});

test('knows the queue of a consumer whose tag the server made', () => {
  const consume = method(1, 60, 20, u16(0), short('q'), short(''), u8(0), EMPTY_TABLE);
  const deliver = method(1, 60, 60, short('tag-1'), u64(1), u8(0), short('x'), short('k'));
  const talk: Turn[] = [
    ...BEGIN,
    [0, consume],
    [1, method(1, 60, 21, short('tag-1'))],
    [1, Buffer.concat([deliver, header(1, 2), body(1, 'hi')])],
  ];
  expect(fieldsOf(talk).at(-1)).toMatchObject({ METHOD: 'basic.deliver', QUEUE: 'q', EXCHANGE: 'x', TEXT: 'hi' });
});

test('skips lost bytes inside a body, and says so', () => {
  const whole = Buffer.concat([publishMethod(1, 'a'), header(1, 300), body(1, 'abc'.repeat(100))]);
  const talk: Turn[] = [
    ...BEGIN,
    [0, whole.subarray(0, whole.length - 250)],
    [0, 200],
    [0, whole.subarray(whole.length - 50)],
    [0, publish(1, 'b', 'next')],
  ];
  expect(later(fieldsOf(talk))).toMatchObject([{ BODY_BYTES: 300, LOST_BYTES: 200 }, { TEXT: 'next' }]);
  expect(later(summariesOf(talk))).toEqual(['basic.publish (default)/a ? -', 'basic.publish (default)/b "next" -']);
});

test('finds its way in from the middle of a body', () => {
  const talk: Turn[] = [
    [0, 'the end of a body \x01 that was not seen'],
    [0, Buffer.concat([u8(0xce), declare(7, 'q')])],
    [1, declared(7, 'q', 5)],
  ];
  expect(summariesOf([...talk, [0, declare(7, 'r')], [1, declared(7, 'r', 6)]], { midStream: true })).toContain(
    'queue.declare r r 6',
  );
});

test('shows no secrets of a message in JSON', () => {
  const [, fields] = fieldsOf([...BEGIN, [0, publish(1, 'a', '{"user":"ada","password":"s3cret"}')]]);
  expect(fields?.TEXT).toBe('{"user":"ada","password":"[redacted]"}');
});

test('leaves bodies out where only headers are asked for', () => {
  const [, fields] = fieldsOf([...BEGIN, [0, publish(1, 'a', 'text')]], { bodies: false });
  expect(fields).toMatchObject({ ROUTING_KEY: 'a', BODY_BYTES: 4 });
  expect(fields).not.toHaveProperty('TEXT');
});

test.each([
  ['AMQP 1.0', Buffer.from('AMQP\0\x01\0\0', 'latin1')],
  ['AMQP 1.0 with SASL', Buffer.from('AMQP\x03\x01\0\0', 'latin1')],
  ['AMQP 0-10', Buffer.from('AMQP\x01\x01\0\x0a', 'latin1')],
  ['MQTT', Buffer.from('\x10\x11\0\x04MQTT\x04\x02\0\x3c\0\x05probe', 'latin1')],
  ['STOMP', Buffer.from('CONNECT\naccept-version:1.2\n\n\0')],
])('does not take %s for AMQP 0-9-1', (_name, bytes) => {
  expect(run([[0, bytes]]).titles).toEqual([undefined]);
});

test('counts frames that are none, and reads on', () => {
  const talk: Turn[] = [
    ...BEGIN,
    [0, Buffer.concat([frame(1, 1, Buffer.concat([u16(99), u16(1)])), declare(1, 'q')])],
    [1, declared(1, 'q', 0)],
  ];
  const { stats, reported } = run(talk);
  expect(stats['amqp.parse_error.method']).toBe(1);
  expect(reported.at(-1)?.exchange.summary).toBe('queue.declare q q 0');
});

test('passes over a method that is too large to be kept, and pairs on behind it', () => {
  const args = Buffer.concat([u16(0), short('large'), u8(0), u32(70_000), Buffer.alloc(70_000)]);
  const talk: Turn[] = [
    ...BEGIN,
    [0, method(1, 50, 10, args).subarray(0, 50_000)],
    [0, method(1, 50, 10, args).subarray(50_000)],
    [1, declared(1, 'large', 0)],
    [0, declare(1, 'q')],
    [1, declared(1, 'q', 0)],
  ];
  const { stats, reported } = run(talk);
  expect(stats['amqp.parse_error.frame_limit']).toBe(1);
  expect(later(reported).map(({ exchange }) => exchange.summary)).toEqual([
    '? queue.declare-ok large 0',
    'queue.declare q q 0',
  ]);
});

test('keeps no more channels than it may', () => {
  const turns: Turn[] = [[0, HEADER]];
  for (let channel = 1; channel <= 5000; channel++) turns.push(...openChannel(channel));
  const { stats, peakBytes } = run(turns, { watchMemory: true });
  expect(stats['amqp.parse_error.channel_not_held']).toBeGreaterThan(0);
  expect(peakBytes).toBeLessThan(2 << 20);
});

test('tells when the broker blocks a connection, why, and until when', () => {
  const talk: Turn[] = [...BEGIN, [1, method(0, 10, 60, short('low on memory'))], [1, method(0, 10, 61)]];
  expect(later(fieldsOf(talk))).toEqual([
    { METHOD: 'connection.blocked', CHANNEL: 0, ERR: 'low on memory' },
    { METHOD: 'connection.unblocked', CHANNEL: 0 },
  ]);
});
