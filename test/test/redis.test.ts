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

/** A command as clients send it. */
const command = (...args: readonly string[]): string =>
  `*${args.length}\r\n${args.map(arg => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;
const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** @returns RES of a reply to HGETALL */
const shown = (reply: string | Uint8Array): unknown =>
  fieldsOf([
    [0, command('HGETALL', 'key')],
    [1, reply],
  ])[0]?.RES;

test.each([
  ['simple string', '+OK\r\n', 'OK'],
  ['integer', ':-7\r\n', '-7'],
  ['bulk string', bulk('Grüße'), 'Grüße'],
  ['empty string', '$0\r\n\r\n', ''],
  ['null bulk string', '$-1\r\n', '(nil)'],
  ['null array', '*-1\r\n', '(nil)'],
  ['null', '_\r\n', '(nil)'],
  ['array', `*3\r\n${bulk('a b')}:1\r\n*0\r\n`, '["a b", 1, []]'],
  ['double', ',3.14\r\n', '3.14'],
  ['infinite double', ',-inf\r\n', '-inf'],
  ['booleans', '*2\r\n#t\r\n#f\r\n', '[true, false]'],
  ['big number', '(3492890328409238509324850943850943825024385\r\n', '3492890328409238509324850943850943825024385'],
  ['verbatim string', '=15\r\ntxt:Some string\r\n', 'Some string'],
  ['map', `%2\r\n${bulk('a')}:1\r\n${bulk('b')}*1\r\n_\r\n`, '{a: 1, b: [(nil)]}'],
  ['set', `~2\r\n${bulk('x')}${bulk('y')}`, '[x, y]'],
  ['attribute before the reply', `|1\r\n+ttl\r\n:3600\r\n${bulk('value')}`, 'value'],
  ['attribute before an element', `*2\r\n:1\r\n|1\r\n+ttl\r\n*2\r\n:1\r\n:2\r\n:2\r\n`, '[1, 2]'],
  ['streamed string', '$?\r\n;4\r\nHell\r\n;5\r\no wor\r\n;2\r\nld\r\n;0\r\n', 'Hello world'],
  ['streamed array', '*?\r\n:1\r\n:2\r\n.\r\n', '[1, 2]'],
  ['streamed map', `%?\r\n${bulk('a')}:1\r\n${bulk('b')}:2\r\n.\r\n`, '{a: 1, b: 2}'],
  ['binary', Buffer.from('$3\r\n\x00\xff"\r\n', 'latin1'), '"\\x00\\xff\\""'],
])('shows a reply: %s', (_name, reply, text) => {
  expect(shown(reply)).toBe(text);
});

test('gives an error reply and its code, and that of a blob', () => {
  const talk: Turn[] = [
    [0, command('LPUSH', 'k', 'v') + command('GET', 'k')],
    [1, '-WRONGTYPE Operation against a key\r\n!21\r\nSYNTAX invalid syntax\r\n'],
  ];
  expect(fieldsOf(talk)).toMatchObject([
    { ERR: 'WRONGTYPE Operation against a key', RESP: 1, PIPELINED: 1 },
    { ERR: 'SYNTAX invalid syntax', RESP: 1, PIPELINED: 2 },
  ]);
});

test('measures from the last byte of the command to the first of the reply', () => {
  const [head, tail] = ['$6\r\nabc', 'def\r\n'];
  const talk: Turn[] = [
    [0, '*2\r\n$3\r\nGET\r\n'],
    [0, bulk('key')],
    [1, head],
    [1, tail],
  ];
  expect(fieldsOf(talk)).toMatchObject([{ REDIS_RESPONSE: 1, REQ: 'GET key', RES: 'abcdef' }]);
  expect(run(talk).reported).toMatchObject([{ exchange: { bytes: 22 + 12, endUs: 1e15 + 3000 } }]);
});

test('passes over what a large value has beyond its beginning', () => {
  const large = 'x'.repeat(5_000_000);
  const pieces = (text: string, direction: Direction): Turn[] =>
    Array.from({ length: Math.ceil(text.length / 60_000) }, (_, i) => [
      direction,
      text.slice(i * 60_000, (i + 1) * 60_000),
    ]);
  const talk = [...pieces(command('SET', 'k', large), 0), [1, '+OK\r\n'] as const];
  const stored = run(talk, { watchMemory: true });
  expect(stored.reported).toMatchObject([{ exchange: { summary: 'SET k OK', fields: { TRUNCATED: 1 } } }]);
  expect(String(stored.reported[0]?.exchange.fields.REQ)).toHaveLength(1024);
  const got = run([[0, command('GET', 'k')], ...pieces(bulk(large), 1)], { watchMemory: true });
  expect(got.reported[0]?.exchange).toMatchObject({ bytes: 5_000_000 + 32, fields: { TRUNCATED: 1 } });
  expect(Math.max(stored.peakBytes, got.peakBytes)).toBeLessThan(8192);
});

test('looks into a list of a million elements without keeping them', () => {
  const elements = bulk('element').repeat(10_000);
  const talk: Turn[] = [
    [0, command('LRANGE', 'l', '0', '-1')],
    [1, '*1000000\r\n'],
  ];
  for (let i = 0; i < 100; i++) talk.push([1, elements]);
  const { reported, peakBytes } = run(talk, { watchMemory: true });
  expect(reported.map(({ exchange }) => exchange.summary)).toEqual(['LRANGE l [1000000]']);
  expect(peakBytes).toBeLessThan(8192);
});

test('cuts texts between characters', () => {
  const [fields] = fieldsOf(
    [
      [0, command('SET', 'k', 'üüüüüüüüüü')],
      [1, '+OK\r\n'],
    ],
    { bodyLen: 13 },
  );
  expect(fields).toMatchObject({ REQ: 'SET k üüü', TRUNCATED: 1 });
});

test('leaves replies out where only headers are asked for', () => {
  const talk: Turn[] = [
    [0, command('GET', 'k')],
    [1, bulk('value')],
  ];
  const [fields] = fieldsOf(talk, { bodies: false });
  expect(fields).toMatchObject({ COMMAND: 'GET', REQ: 'GET k', RESP: 1 });
  expect(fields).not.toHaveProperty('RES');
});

test('pairs 20,000 commands that were sent before the first reply, within its memory', () => {
  const count = 20_000;
  const talk: Turn[] = [];
  for (let i = 0; i < count; i += 100)
    talk.push([0, Array.from({ length: 100 }, (_, n) => command('GET', `key${i + n}`)).join('')]);
  for (let i = 0; i < count; i += 100)
    talk.push([1, Array.from({ length: 100 }, (_, n) => bulk(`value${i + n}`)).join('')]);
  const { reported, peakBytes, stats } = run(talk, { watchMemory: true });
  const paired = reported.map(({ exchange }) => /^GET key(\d+) value(\d+)$/.exec(exchange.summary)).filter(Boolean);
  const replies = reported.filter(({ exchange }) => exchange.fields.RESP === 1);
  expect(paired.filter(match => match?.[1] !== match?.[2])).toEqual([]);
  expect(paired.length).toBeGreaterThan(4000);
  expect(replies).toHaveLength(count);
  expect(stats['redis.parse_error.command_not_held']).toBe(count - paired.length);
  expect(peakBytes).toBeLessThan(2 << 20);
});

test('goes on pairing bursts of commands after a loss', () => {
  const burst = (n: number): Turn[] => [
    [0, command('INCR', `a${n}`) + command('INCR', `b${n}`)],
    [1, `:${n}\r\n:${n}0\r\n`],
  ];
  expect(summariesOf([...burst(1), [0, command('INCR', 'lost')], [1, 6], ...burst(3)])).toEqual([
    'INCR a1 1',
    'INCR b1 10',
    'INCR lost -',
    'INCR a3 3',
    'INCR b3 30',
  ]);
});

test('reports apart what a client asks while replies are still coming, after a loss', () => {
  const talk: Turn[] = [
    [0, command('INCR', 'a') + command('INCR', 'b')],
    [1, ':1\r\n'],
    [0, command('INCR', 'c')],
    [1, ':2\r\n:3\r\n'],
    [1, 4],
    [0, command('INCR', 'd') + command('INCR', 'e')],
    [1, ':5\r\n'],
    [0, command('INCR', 'f')],
  ];
  const after = summariesOf(talk).slice(3);
  expect(after.every(summary => /^\? | -$/.test(summary))).toBe(true);
});

test('skips lost bytes inside a value, and says so', () => {
  const lost: Turn[] = [
    [0, command('GET', 'k')],
    [1, '$100\r\nabc'],
    [1, 90],
    [1, 'vwxyz!!\r\n'],
    [0, command('PING')],
    [1, '+PONG\r\n'],
  ];
  expect(fieldsOf(lost)).toMatchObject([{ RES: 'abc', LOST_BYTES: 90, TRUNCATED: 1 }, { RES: 'PONG' }]);
  expect(summariesOf(lost)).toEqual(['GET k -', 'PING PONG']);
});

test('takes no part of a broken list for the reply to what follows', () => {
  const talk: Turn[] = [
    [0, command('LRANGE', 'l', '0', '9')],
    [1, `*4\r\n${bulk('one')}`],
    [1, 9],
    [1, bulk('three') + bulk('four')],
    [0, command('GET', 'k')],
    [1, bulk('value')],
  ];
  expect(summariesOf(talk)).toEqual(['LRANGE l -', 'GET k value']);
});

test('reads inline commands as the server splits them', () => {
  const talk: Turn[] = [
    [0, 'SET  key "a \\"b\\"" EX \'10\'\r\n'],
    [1, '+OK\r\n'],
  ];
  expect(fieldsOf(talk)).toMatchObject([{ COMMAND: 'SET', REQ: 'SET key "a \\"b\\"" EX 10' }]);
});

test.each([
  ['POP3', 'USER joe\r\n', '+OK\r\n'],
  ['memcached', 'set k 0 0 5\r\nvalue\r\n', 'STORED\r\n'],
  ['memcached', 'get k\r\n', 'VALUE k 0 5\r\nvalue\r\nEND\r\n'],
  ['HTTP/0.9', 'GET /index\r\n', '<html></html>'],
  ['NATS', 'CONNECT {}\r\nPING\r\n', 'PONG\r\n'],
  ['SMTP', 'HELO me\r\n', '250 you\r\n'],
])('does not take %s for Redis', (_name, asked, answered) => {
  const { titles } = run([
    [0, asked],
    [1, answered],
  ]);
  expect(titles).toEqual([undefined]);
});

test('reports a script of a transaction with its first error', () => {
  const talk: Turn[] = [
    [0, command('MULTI')],
    [1, '+OK\r\n'],
    [0, command('INCR', 'k')],
    [1, '+QUEUED\r\n'],
    [0, command('EXEC')],
    [1, '*2\r\n:1\r\n-ERR not an integer\r\n'],
  ];
  expect(fieldsOf(talk)[2]).toMatchObject({ COMMAND: 'EXEC', ERR: 'ERR not an integer', RESP: 1 });
});

test('ends an unsubscription from everything with its last confirmation', () => {
  const confirmation = (kind: string, channel: string, left: number) =>
    `*3\r\n${bulk(kind)}${bulk(channel)}:${left}\r\n`;
  const talk: Turn[] = [
    [0, command('SUBSCRIBE', 'a', 'b')],
    [1, confirmation('subscribe', 'a', 1) + confirmation('subscribe', 'b', 2)],
    [0, command('PSUBSCRIBE', '*')],
    [1, confirmation('psubscribe', '*', 3)],
    [0, command('UNSUBSCRIBE')],
    [1, confirmation('unsubscribe', 'a', 2) + confirmation('unsubscribe', 'b', 1)],
    [0, command('PING')],
    [1, `*2\r\n${bulk('pong')}${bulk('')}`],
  ];
  expect(fieldsOf(talk).map(({ COMMAND, RES }) => [COMMAND, RES])).toEqual([
    ['SUBSCRIBE', '[subscribe, a, 1] [subscribe, b, 2]'],
    ['PSUBSCRIBE', '[psubscribe, *, 3]'],
    ['UNSUBSCRIBE', '[unsubscribe, a, 2] [unsubscribe, b, 1]'],
    ['PING', '[pong, ""]'],
  ]);
});

test('does not take a list that looks like a message for one', () => {
  const talk: Turn[] = [
    [0, command('LRANGE', 'l', '0', '2')],
    [1, `*3\r\n${bulk('message')}${bulk('news')}${bulk('hello')}`],
  ];
  expect(summariesOf(talk)).toEqual(['LRANGE l [3]']);
});

test('takes messages for what they are between the replies of RESP3', () => {
  const talk: Turn[] = [
    [0, command('HELLO', '3')],
    [1, `%1\r\n${bulk('proto')}:3\r\n`],
    [0, command('GET', 'a') + command('GET', 'b')],
    [1, `${bulk('1')}>3\r\n${bulk('message')}${bulk('news')}${bulk('x')}${bulk('2')}`],
  ];
  expect(summariesOf(talk)).toEqual(['HELLO 3 [1]', 'GET a 1', '? message news', 'GET b 2']);
});

test('never shows a secret', () => {
  const secrets: readonly (readonly string[])[] = [
    ['AUTH', 's3cret'],
    ['auth', 'user', 's3cret'],
    ['HELLO', '3', 'auth', 'user', 's3cret', 'SETNAME', 'me'],
    ['CONFIG', 'SET', 'requirepass', 's3cret', 'maxclients', '10', 'MASTERAUTH', 's3cret'],
    ['ACL', 'SETUSER', 'user', 'on', '>s3cret', '<s3cret', '#s3cret', '!s3cret', '>s3cret with blanks'],
    ['MIGRATE', 'h', '6379', '', '0', '9', 'AUTH', 's3cret', 'KEYS', 'a'],
    ['MIGRATE', 'h', '6379', 'k', '0', '9', 'REPLACE', 'AUTH2', 'user', 's3cret'],
    ['SENTINEL', 'SET', 'main', 'auth-pass', 's3cret'],
  ];
  const refused = "-ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'user' 's3cret' \r\n";
  const told = [
    ...fieldsOf(
      secrets.flatMap((args): Turn[] => [
        [0, command(...args)],
        [1, refused],
      ]),
    ),
    ...fieldsOf([[0, 'AUTH "s3cret with blanks"\r\nPING\r\nPING\r\n']]),
    ...fieldsOf([
      [0, command('CONFIG', 'GET', '*')],
      [1, `*4\r\n${bulk('requirepass')}${bulk('s3cret')}${bulk('masterauth')}${bulk('s3cret')}`],
    ]),
    ...fieldsOf([
      [0, command('ACL', 'GENPASS')],
      [1, bulk('s3cret')],
    ]),
    ...fieldsOf([
      [0, command('MONITOR')],
      [1, '+OK\r\n+1700000000.123456 [0 127.0.0.1:5000] "AUTH" "s3cret"\r\n'],
    ]),
  ];
  expect(told).toHaveLength(8 + 3 + 1 + 1 + 2);
  expect(JSON.stringify(told)).not.toContain('s3cret');
  expect(JSON.stringify(told)).not.toContain('blanks');
  expect(told.filter(fields => JSON.stringify(fields).includes('[redacted]'))).toHaveLength(8 + 1 + 1 + 1 + 1);
});

test('waits for no reply where the client wants none', () => {
  const talk: Turn[] = [
    [0, command('CLIENT', 'REPLY', 'SKIP') + command('SET', 'a', '1') + command('GET', 'a')],
    [1, bulk('1')],
    [0, command('CLIENT', 'REPLY', 'OFF') + command('SET', 'a', '2') + command('CLIENT', 'REPLY', 'ON')],
    [1, '+OK\r\n'],
  ];
  expect(summariesOf(talk)).toEqual([
    'CLIENT REPLY SKIP -',
    'SET a -',
    'GET a 1',
    'CLIENT REPLY OFF -',
    'SET a -',
    'CLIENT REPLY ON OK',
  ]);
});

test('leaves a replication stream alone, from its start and from its middle', () => {
  const talk: Turn[] = [
    [0, command('PSYNC', '?', '-1')],
    [1, '+FULLRESYNC 8de1787ba490483314a4d30f1c628bc5025eb761 0\r\n'],
    [1, '$5\r\nREDIS'],
    [1, command('SET', 'k', 'v')],
    [0, command('REPLCONF', 'ACK', '0')],
  ];
  expect(fieldsOf(talk)).toMatchObject([{ COMMAND: 'PSYNC', RESP: 1 }]);
  const middle: Turn[] = [
    [1, command('SET', 'k', 'v')],
    [0, command('REPLCONF', 'ACK', '31')],
    [1, command('SET', 'k', 'w')],
  ];
  expect(summariesOf(middle, { midStream: true })).toEqual([]);
});

test.each([
  ['a reply of another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['lists without end', '*1\r\n'.repeat(100)],
  ['a length that is none', '$12x\r\nabc\r\n'],
])('counts %s, and reads on', (_name, garbage) => {
  const { stats, reported } = run([
    [0, command('GET', 'a')],
    [1, bulk('1')],
    [0, command('GET', 'b')],
    [1, garbage],
    [0, command('GET', 'c')],
    [1, bulk('3')],
  ]);
  expect(stats['redis.parse_error.reply']).toBeGreaterThan(0);
  expect(reported.map(({ exchange }) => exchange.summary)).toEqual(['GET a 1', 'GET b -', 'GET c 3']);
});

test('shows no secret of a value either', () => {
  const talk: Turn[] = [
    [0, command('SET', 'session', '{"user":"ada","password":"s3cret"}')],
    [1, '+OK\r\n'],
    [0, command('GET', 'session')],
    [1, bulk('{"user":"ada","password":"s3cret"}')],
  ];
  const fields = fieldsOf(talk);
  expect(fields[1]).toMatchObject({ RES: '{"user":"ada","password":"[redacted]"}' });
  expect(JSON.stringify(run(talk).reported)).not.toContain('s3cret');
});
