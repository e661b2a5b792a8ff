import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type ReplayOptions, replay, type Transcript, transcriptOf } from '../src/harness/index.ts';

type Fields = { readonly [field: string]: unknown };

const options: ReplayOptions = { protocols: PROTOCOLS };
const fieldsOf = (transcript: Transcript, more: Partial<ReplayOptions> = {}): Fields[] =>
  replay(transcript, { ...options, ...more }).reported.map(({ exchange }) => exchange.fields);
const summariesOf = (transcript: Transcript): string[] =>
  replay(transcript, options).reported.map(({ exchange }) => exchange.summary);

const get = (url: string): string => `GET ${url} HTTP/1.1\r\nHost: h\r\n\r\n`;
const ok = (body: string, headers = ''): string =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const withBody = (headers: string, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n`), body]);

test('pairs what is pipelined in one segment, in order', () => {
  const answers = `${ok('1')}HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n${ok('3')}`;
  const talk = transcriptOf([
    [0, get('/1') + get('/2') + get('/3')],
    [1, answers],
  ]);
  expect(summariesOf(talk)).toEqual(['GET /1 200', 'GET /2 404', 'GET /3 200']);
});

test('reports a request that claims a later version as the exchange that it is', () => {
  const talk = transcriptOf([
    [0, 'GET / HTTP/2.0\r\nHost: h\r\n\r\n'],
    [1, ok('done')],
    [0, get('/next')],
    [1, ok('done')],
  ]);
  expect(fieldsOf(talk)).toMatchObject([
    { URL: '/', HTTP_VERSION: '2.0', RETCODE: 200 },
    { URL: '/next', HTTP_VERSION: '1.1', RETCODE: 200 },
  ]);
});

test.each([
  ['HTTP/2', Buffer.from('000000040000000000', 'hex')],
  ['TLS', Buffer.from('15030100020246', 'hex')],
])('reports a request that a server of %s alone does not understand', (_, answer) => {
  const talk = transcriptOf([
    [0, get('/')],
    [1, answer],
  ]);
  expect(summariesOf(talk)).toEqual(['GET / -']);
});

test('does not take an interim answer for the final one', () => {
  const continued = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n';
  const talk = transcriptOf([
    [0, get('/')],
    [1, continued],
    [1, ok('done')],
  ]);
  expect(fieldsOf(talk)).toMatchObject([{ RETCODE: 200, RSP_BODY: 'done', HTTP_RESPONSE: 2 }]);
});

test('measures from the last byte of the request to the first of the answer, and the answer itself', () => {
  const post = 'POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n';
  const [head, tail] = ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n', '\r\nabcd'];
  const talk = transcriptOf([
    [0, post],
    [0, 'ab'],
    [0, 'cd'],
    [1, head],
    [1, tail],
  ]);
  expect(fieldsOf(talk)).toMatchObject([{ HTTP_RESPONSE: 1, PAGELOAD: 1, REQ_BODY: 'abcd', REQ_BODY_BYTES: 4 }]);
});

test('waits for the request to end where the answer comes early', () => {
  const post = 'POST /up HTTP/1.1\r\nContent-Length: 4\r\n\r\nab';
  const refused = 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n';
  const [fields] = fieldsOf(
    transcriptOf([
      [0, post],
      [1, refused],
      [0, 'cd'],
    ]),
  );
  expect(fields).toMatchObject({ RETCODE: 413, REQ_BODY_BYTES: 4 });
  expect(fields).not.toHaveProperty('HTTP_RESPONSE');
});

test('decodes what came of a compressed body', () => {
  const text = Array.from({ length: 300 }, (_, i) => `line ${i * 7919}\n`).join('');
  for (const [coding, bytes] of [
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
  ] as const) {
    const answer = withBody(`Content-Encoding: ${coding}\r\n`, bytes);
    const [whole] = fieldsOf(
      transcriptOf([
        [0, get('/')],
        [1, answer],
      ]),
    );
    expect(whole).toMatchObject({ RSP_BODY: text.slice(0, 1024), TRUNCATED: 1, RSP_BODY_BYTES: bytes.length });
    const [cut] = fieldsOf(
      transcriptOf([
        [0, get('/')],
        [1, answer.subarray(0, answer.length - 100)],
      ]),
    );
    expect(text.startsWith(String(cut?.RSP_BODY).slice(0, 300))).toBe(true);
    expect(cut).toMatchObject({ ERR: ['incomplete'] });
  }
});

test('undoes several codings', () => {
  const twice = gzipSync(brotliCompressSync('inside'));
  const talk = transcriptOf([
    [0, get('/')],
    [1, withBody('Content-Encoding: br, gzip\r\n', twice)],
  ]);
  expect(fieldsOf(talk)).toMatchObject([{ RSP_BODY: 'inside' }]);
});

test('leaves out a body that explodes', () => {
  const bomb = brotliCompressSync(Buffer.alloc(32 * 1024 * 1024));
  const [fields] = fieldsOf(
    transcriptOf([
      [0, get('/')],
      [1, withBody('Content-Encoding: br\r\n', bomb)],
    ]),
  );
  expect(fields).toMatchObject({ RETCODE: 200, RSP_BODY_BYTES: bomb.length });
  expect(fields).not.toHaveProperty('RSP_BODY');
});

test('cuts at bodylen, between characters', () => {
  const talk = transcriptOf([
    [0, get('/')],
    [1, ok('äöü')],
  ]);
  expect(fieldsOf(talk, { bodyLen: 5 })).toMatchObject([{ RSP_BODY: 'äö', RSP_BODY_BYTES: 6, TRUNCATED: 1 }]);
  expect(fieldsOf(talk, { bodyLen: 6 })).toMatchObject([{ RSP_BODY: 'äöü' }]);
});

test('gives no bodies where only headers are asked for', () => {
  const [fields] = fieldsOf(
    transcriptOf([
      [0, get('/')],
      [1, ok('secret')],
    ]),
    { bodies: false },
  );
  expect(fields).toMatchObject({ RSP_HEADER: 'Content-Length: 6', RSP_BODY_BYTES: 6 });
  expect(fields).not.toHaveProperty('RSP_BODY');
});

test('skips what is lost inside a body and says so', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin';
  const talk = transcriptOf([
    [0, get('/1')],
    [1, answer],
    [1, 900],
    [1, 'x'.repeat(95)],
    [0, get('/2')],
    [1, ok('2')],
  ]);
  expect(fieldsOf(talk)).toMatchObject([
    { URL: '/1', RSP_BODY: 'begin', RSP_BODY_BYTES: 1000, ERR: ['lost_bytes'], TRUNCATED: 1 },
    { URL: '/2', RSP_BODY: '2' },
  ]);
});

test('gives the answer after a lost one to the right request', () => {
  const talk = transcriptOf([
    [0, get('/1')],
    [1, 100],
    [0, get('/2')],
    [1, ok('2')],
  ]);
  expect(summariesOf(talk)).toEqual(['GET /1 -', 'GET /2 200']);
});

test('gives the answer to a lost request to nobody', () => {
  const talk = transcriptOf([
    [0, get('/1')],
    [1, ok('1')],
    [0, 50],
    [1, ok('2')],
    [0, get('/3')],
    [1, ok('3')],
  ]);
  expect(summariesOf(talk)).toEqual(['GET /1 200', '? ? 200', 'GET /3 200']);
});

test('goes on after a HEAD request that it did not see', () => {
  const headers = 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n';
  const talk = transcriptOf(
    [
      [1, headers],
      [0, get('/2')],
      [1, ok('2')],
    ],
    { midStream: true },
  );
  expect(summariesOf(talk)).toEqual(['? ? 200', 'GET /2 200']);
});

test('reports lengths that contradict each other', () => {
  const both = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n';
  const post = 'POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n';
  expect(
    fieldsOf(
      transcriptOf([
        [0, get('/')],
        [1, both],
      ]),
    ),
  ).toMatchObject([{ RSP_BODY: 'a', ERR: ['both_lengths'] }]);
  expect(
    fieldsOf(
      transcriptOf([
        [0, post],
        [1, ok('')],
      ]),
    ),
  ).toMatchObject([{ ERR: ['bad_length'] }]);
});

test('takes a length that an answer says twice for one', () => {
  const twice = 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok';
  const talk = transcriptOf([
    [0, get('/1')],
    [1, twice],
    [0, get('/2')],
    [1, ok('2')],
  ]);
  expect(summariesOf(talk)).toEqual(['GET /1 200', 'GET /2 200']);
  expect(fieldsOf(talk)[0]).not.toHaveProperty('ERR');
});

test.each([
  ['goes on', [0, get('/2')]],
  ['closes', undefined],
] as const)('a client that is refused the sending of its body leaves it out and %s', (_, next) => {
  const post = 'POST /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99\r\n\r\n';
  const talk = transcriptOf([[0, post], [1, ok('no')], ...(next === undefined ? [] : ([next, [1, ok('2')]] as const))]);
  const [first, second] = fieldsOf(talk);
  expect(first).toMatchObject({ URL: '/1', RSP_BODY: 'no' });
  expect(first).not.toHaveProperty('ERR');
  expect(second?.URL).toBe(next === undefined ? undefined : '/2');
});

test('a body that is sent though it was refused is one, whatever it says', () => {
  const body = 'x\r\nGET / HTTP/1.1\r\n\r\n';
  const post = `POST /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`;
  const talk = transcriptOf([
    [0, post],
    [1, ok('no')],
    [0, body],
    [0, get('/2')],
    [1, ok('2')],
  ]);
  expect(summariesOf(talk)).toEqual(['POST /1 200', 'GET /2 200']);
});

test('takes up again where a start line makes no sense', () => {
  const talk = transcriptOf([
    [0, get('/1')],
    [1, ok('1')],
    [0, `nonsense\r\n\r\n${get('/2')}`],
    [1, ok('2')],
  ]);
  const run = replay(talk, options);
  expect(run.reported.map(({ exchange }) => exchange.summary)).toContain('GET /1 200');
  expect(run.stats['http.parse_error.start_line']).toBe(1);
});

test('gives a header block that never ends up at its limit', () => {
  const endless = Array.from({ length: 200 }, (_, i): [0, string] => [0, `X-${i}: ${'y'.repeat(1000)}\r\n`]);
  const run = replay(transcriptOf([[0, 'GET / HTTP/1.1\r\n'], ...endless]), { ...options, watchMemory: true });
  expect(run.stats['http.parse_error.head_limit']).toBe(1);
  expect(run.peakBytes).toBeLessThan(300_000);
});

test.each(['MKCALENDAR', 'BASELINE-CONTROL', 'FOO', 'rpc_in'])('finds a conversation that begins with %s', method => {
  const request = `${method} /x HTTP/1.1\r\nHost: h\r\n\r\n`;
  for (let cut = 1; cut < request.length; cut++) {
    const talk = transcriptOf([
      [0, request.slice(0, cut)],
      [0, request.slice(cut)],
      [1, ok('1')],
    ]);
    expect(summariesOf(talk)).toEqual([`${method} /x 200`]);
  }
});

test('finds a conversation that begins with empty lines', () => {
  const talk = transcriptOf([
    [0, `\r\n\r\n${get('/x')}`],
    [1, ok('1')],
  ]);
  expect(summariesOf(talk)).toEqual(['GET /x 200']);
});

test.each([
  'EHLO there\r\n',
  'DESCRIBE rtsp://h/ RTSP/1.0\r\n',
  'REQMOD icap://h/ ICAP/1.0\r\n',
  `WORD ${'x'.repeat(600)}`,
])('leaves %p to others', line => {
  const alone = { ...options, protocols: PROTOCOLS.filter(({ id }) => id === 'http') };
  expect(replay(transcriptOf([[0, line]]), alone).titles).toEqual([undefined]);
});

test('leaves HTTP/2 with prior knowledge to others', () => {
  const alone = { ...options, protocols: PROTOCOLS.filter(({ id }) => id === 'http') };
  const run = replay(transcriptOf([[0, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']]), alone);
  expect(run.titles).toEqual([undefined]);
});

test('finds the domain, the client behind proxies and the trace', () => {
  const request =
    'GET http://user@site.example:81/a HTTP/1.1\r\nHost: other\r\nUser-Agent: t\r\nForwarded: for="[2001:db8::9]:80"\r\n' +
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n';
  expect(
    fieldsOf(
      transcriptOf([
        [0, request],
        [1, ok('')],
      ]),
    ),
  ).toMatchObject([
    {
      DOMAIN: 'site.example:81',
      FORWARD: '2001:db8::9',
      USER_AGENT: 't',
      TRACE_ID: '0af7651916cd43dd8448eb211c80319c',
    },
  ]);
});
