// Shapes that two servers may read differently: reported, and nothing after them is paired by guess.
import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type Run, replay, transcriptOf } from '../src/harness/index.ts';

const play = (turns: Parameters<typeof transcriptOf>[0]): Run =>
  replay(transcriptOf(turns), { protocols: PROTOCOLS, bodyLen: 4096 });
const summariesOf = (run: Run): string[] => run.reported.map(({ exchange }) => exchange.summary);
const errorsOf = (run: Run): unknown[] =>
  run.reported.map(({ exchange }) => (exchange.fields as { ERR?: unknown }).ERR);

const post = (...lines: readonly string[]): string => ['POST / HTTP/1.1', 'Host: h', ...lines, '', ''].join('\r\n');
const get = (url: string): string => `GET ${url} HTTP/1.1\r\nHost: h\r\n\r\n`;
const ok = (n: number): string => `HTTP/1.1 200 OK\r\nX-N: ${n}\r\nContent-Length: 0\r\n\r\n`;
const LAST_CHUNK = '0\r\n\r\n';

test.each([
  ['both_lengths', post('Content-Length: 3', 'Transfer-Encoding: chunked') + LAST_CHUNK],
  ['both_lengths', post('Transfer-Encoding: chunked', 'Content-Length: 3') + LAST_CHUNK],
  ['bad_length', post('Content-Length: 3', 'Content-Length: 4')],
  ['bad_length', post('Content-Length: +3')],
  ['bad_length', post('Content-Length: 0x3')],
  ['bad_length', `${post('Content-Length: 3, 3')}abc`],
  ['bad_length', post('Content-Length: 99999999999999999999')],
  ['bad_transfer_coding', post('Transfer-Encoding: xchunked') + LAST_CHUNK],
  ['bad_transfer_coding', post('Transfer-Encoding: chunked, identity')],
  ['bad_transfer_coding', post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + LAST_CHUNK],
  ['bad_transfer_coding', post('Transfer-Encoding: chunked').replace('/1.1', '/1.0') + LAST_CHUNK],
  ['odd_header', post('Content-Length : 3')],
  ['odd_header', post('Transfer-Encoding : chunked')],
  ['odd_header', post('Transfer-Encoding\x0b: chunked')],
  ['odd_header', post('no colon here')],
  ['wrapped_header', post('X: a', ' Content-Length: 3')],
  ['two_hosts', post('Host: other')],
])('names %s', (error, request) => {
  const run = play([
    [0, request],
    [1, ok(1)],
  ]);
  expect(summariesOf(run)).toEqual(['POST / 200']);
  expect(errorsOf(run)).toEqual([[error]]);
});

test('an answer to a request that was hidden in another is given to nobody', () => {
  // We read chunks, as RFC 9112 says; the server took the length, and so found a second request.
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n';
  const smuggling = `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`;
  const run = play([
    [0, smuggling],
    [1, ok(1) + ok(2)],
    [0, hidden],
    [1, ok(3)],
  ]);
  expect(summariesOf(run).slice(0, 2)).toEqual(['POST / 200', '? ? 200']);
  expect(
    run.reported.map(({ exchange }) => (exchange.fields as { RSP_HEADER?: string }).RSP_HEADER?.slice(0, 6)),
  ).toEqual(['X-N: 1', 'X-N: 2', 'X-N: 3']);
});

test('requests that are pipelined behind a doubtful one are not paired', () => {
  const run = play([
    [0, `${post('Content-Length: 3', 'Transfer-Encoding: chunked')}${LAST_CHUNK}${get('/2')}${get('/3')}`],
    [1, ok(1) + ok(2) + ok(3)],
  ]);
  expect(summariesOf(run)[0]).toBe('POST / 200');
  const paired = summariesOf(run).filter(summary => /^GET .* 200$/.test(summary));
  expect(paired).toEqual([]);
});

test.each(['0x10\r\n', '+1\r\na\r\n', '-1\r\n', 'g\r\n', ' \r\n', '5\r\nabcdefgh\r\n', '1fffffffffffffff\r\n'])(
  'a chunk of the size %j ends what can be told of the body',
  chunk => {
    const run = play([
      [0, post('Transfer-Encoding: chunked') + chunk],
      [1, ok(1)],
    ]);
    expect(errorsOf(run)).toEqual([['incomplete', 'bad_chunk']]);
    expect(run.stats['http.parse_error.bad_chunk']).toBe(1);
  },
);

test('takes what servers take', () => {
  const lenient = [
    'GET /1 HTTP/1.1\nHost: h\n\n',
    '\r\n\r\nGET /2 HTTP/1.1\r\nHost:h\r\n\r\n',
    'GET   /3   HTTP/1.1  \r\nhost:\th \r\n\r\n',
    'GET /4 HTTP/1.0\r\n\r\n',
    'BREW /5 HTTP/1.1\r\nHost: h\r\n\r\n',
    'GET /6?ä HTTP/1.1\r\nHost: h\r\n\r\n',
  ];
  const run = play(
    lenient.flatMap((request, i): [0 | 1, string][] => [
      [0, request],
      [1, ok(i)],
    ]),
  );
  expect(summariesOf(run)).toEqual([
    'GET /1 200',
    'GET /2 200',
    'GET /3 200',
    'GET /4 200',
    'BREW /5 200',
    'GET /6?ä 200',
  ]);
  expect(errorsOf(run)).toEqual(lenient.map(() => undefined));
});

test('reads values of wrapped lines', () => {
  const request =
    'GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: one\r\n two\r\n\tthree\r\nX-Forwarded-For:\r\n 192.0.2.7\r\n\r\n';
  const run = play([
    [0, request],
    [1, ok(1)],
  ]);
  expect(run.reported[0]?.exchange.fields).toMatchObject({ USER_AGENT: 'one two three', FORWARD: '192.0.2.7' });
});

test('a body that ends before its length says so', () => {
  const run = play([
    [0, get('/')],
    [1, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort'],
  ]);
  expect(run.reported[0]?.exchange.fields).toMatchObject({ RSP_BODY: 'short', ERR: ['incomplete'] });
});

test('what goes on behind the length of an answer is not taken for the next one', () => {
  const run = play([
    [0, get('/1')],
    [1, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger than it said'],
    [0, get('/2')],
    [1, ok(2)],
  ]);
  expect(summariesOf(run)).toEqual(['GET /1 200', 'GET /2 200']);
  expect(run.stats['http.parse_error.start_line']).toBe(1);
});
