import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type ReplayOptions, type Run, replay, type Transcript, transcriptOf } from '../src/harness/index.ts';
import {
  addingBlock,
  block,
  CONTINUATION,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  headers,
  hello,
  PADDED,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  request,
  response,
  settings,
  u32,
} from './http2-kit.ts';

type Fields = { readonly [field: string]: unknown };
type Turns = Parameters<typeof transcriptOf>[0];

const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;

const play = (transcript: Transcript, more: Partial<ReplayOptions> = {}): Run =>
  replay(transcript, { protocols: PROTOCOLS, ...more });
/** A connection from its start. */
const talk = (...turns: Turns): Run => play(transcriptOf([[0, hello], [1, settings], ...turns]));
const summariesOf = (run: Run): string[] => run.reported.map(({ exchange }) => exchange.summary);
const fieldsOf = (run: Run): Fields[] => run.reported.map(({ exchange }) => exchange.fields);

test('joins answers with their requests by stream, in whatever order they come', () => {
  const run = talk(
    [0, headers(1, request('/1'))],
    [0, headers(3, request('/3'))],
    [1, headers(3, response(404))],
    [1, headers(1, response(200))],
  );
  expect(summariesOf(run)).toEqual(['GET /3 404', 'GET /1 200']);
});

test('puts a body together out of frames among those of other streams, without padding', () => {
  const padded = frame(
    0,
    PADDED | END_STREAM,
    1,
    Buffer.concat([Buffer.from([3]), Buffer.from('end'), Buffer.alloc(3)]),
  );
  const run = talk(
    [0, headers(1, request('/1'))],
    [0, headers(3, request('/3'))],
    [1, Buffer.concat([headers(1, response(200), 0), headers(3, response(200), 0), data(1, 'begin ', 0)])],
    [1, Buffer.concat([data(3, 'other'), padded])],
  );
  expect(fieldsOf(run)).toMatchObject([
    { URL: '/3', RSP_BODY: 'other' },
    { URL: '/1', RSP_BODY: 'begin end', RSP_BODY_BYTES: 9 },
  ]);
});

test('reads headers behind padding and priority, and in several frames', () => {
  const fields = block(request('/padded', ['host', 'site.example']));
  const payload = Buffer.concat([Buffer.from([2]), u32(0), Buffer.from([15]), fields.subarray(0, 5), Buffer.alloc(2)]);
  const first = frame(HEADERS, END_STREAM | PADDED | PRIORITY, 1, payload);
  const second = frame(CONTINUATION, 0, 1, fields.subarray(5, 9));
  const last = frame(CONTINUATION, END_HEADERS, 1, fields.subarray(9));
  const run = talk([0, Buffer.concat([first, second, last])], [1, headers(1, response(204))]);
  expect(fieldsOf(run)).toMatchObject([{ URL: '/padded', DOMAIN: 'site.example', REQ_HEADER: 'host: site.example' }]);
});

test('measures from the last byte of the request to the first of the answer, and the answer itself', () => {
  const run = talk(
    [0, headers(1, request('/'), 0)],
    [0, data(1, 'body')],
    [1, headers(1, response(200), 0)],
    [1, data(1, 'a', 0)],
    [1, data(1, 'b')],
  );
  expect(fieldsOf(run)).toMatchObject([{ HTTP_RESPONSE: 1, PAGELOAD: 2, REQ_BODY: 'body', RSP_BODY: 'ab' }]);
});

test('takes interim answers for what they are, and trailers too', () => {
  const run = talk(
    [0, headers(1, request('/'), 0)],
    [1, headers(1, response(103, ['link', '</a>']), 0)],
    [0, data(1, 'up', 0)],
    [0, headers(1, [['x-up', 'yes']])],
    [1, headers(1, response(200), 0)],
    [1, data(1, 'down', 0)],
    [1, headers(1, [['x-down', 'yes']])],
  );
  expect(fieldsOf(run)).toMatchObject([{ RETCODE: 200, REQ_TRAILER: 'x-up: yes', RSP_TRAILER: 'x-down: yes' }]);
});

test('ends a message with trailers that say nothing', () => {
  const empty = frame(HEADERS, END_HEADERS | END_STREAM, 1);
  const run = talk(
    [0, headers(1, request('/'))],
    [1, headers(1, response(200), 0)],
    [1, data(1, 'body', 0)],
    [1, empty],
  );
  expect(fieldsOf(run)).toMatchObject([{ RETCODE: 200, RSP_BODY: 'body' }]);
  expect(fieldsOf(run)[0]).not.toHaveProperty('ERR');
});

test('gives back what it held, exchange for exchange', () => {
  const turns = Array.from({ length: 3000 }, (_, i): Turns => {
    const id = i * 2 + 1;
    const answer = Buffer.concat([headers(id, response(200), 0), data(id, 'body', 0), headers(id, [['x-sum', '4']])]);
    return [
      [0, headers(id, request(`/${i}`, ['x-odd', 'y'.repeat(500)]))],
      [1, answer],
    ];
  });
  const run = talk(...turns.flat());
  expect(fieldsOf(run).at(-1)).toMatchObject({ URL: '/2999', RSP_BODY: 'body', RSP_TRAILER: 'x-sum: 4' });
  expect(run.stats.held_full).toBeUndefined();
});

test('decodes content codings', () => {
  const zipped = gzipSync('unzipped');
  const run = talk(
    [0, headers(1, request('/'))],
    [1, Buffer.concat([headers(1, response(200, ['content-encoding', 'gzip']), 0), data(1, zipped)])],
  );
  expect(fieldsOf(run)).toMatchObject([{ RSP_BODY: 'unzipped', RSP_BODY_BYTES: zipped.length }]);
});

test('tells what the server pushed, with the request that it promised', () => {
  const promise = Buffer.concat([u32(2), block(request('/style.css'))]);
  const run = talk(
    [0, headers(1, request('/'))],
    [1, frame(PUSH_PROMISE, END_HEADERS, 1, promise)],
    [1, headers(1, response(200))],
    [1, Buffer.concat([headers(2, response(200), 0), data(2, 'css')])],
  );
  expect(summariesOf(run)).toEqual(['GET / 200', 'GET /style.css 200']);
  expect(fieldsOf(run)[1]).toMatchObject({ PUSHED: 1, HTTP2_STREAM: 2, RSP_BODY: 'css' });
});

test('says who reset a stream and why, and hears no more of it', () => {
  const run = talk(
    [0, headers(1, request('/'))],
    [1, headers(1, response(200), 0)],
    [0, frame(RST_STREAM, 0, 1, u32(CANCEL))],
    [1, data(1, 'late')],
    [1, headers(1, response(500))],
  );
  expect(fieldsOf(run)).toMatchObject([{ RETCODE: 200, ERR: ['incomplete', 'reset_by_client', 'CANCEL'] }]);
});

test('reports what a GOAWAY refuses at once, and goes on with the others', () => {
  const run = talk(
    [0, headers(1, request('/1'))],
    [0, headers(3, request('/3'))],
    [1, frame(GOAWAY, 0, 0, u32(1, ENHANCE_YOUR_CALM))],
    [1, headers(1, response(200))],
  );
  expect(summariesOf(run)).toEqual(['GET /3 -', 'GET /1 200']);
  expect(fieldsOf(run)[0]).toMatchObject({ ERR: ['no_response', 'goaway', 'ENHANCE_YOUR_CALM'] });
});

test('gives the target of a tunnel, and leaves its bytes alone', () => {
  const connect = [
    [':method', 'CONNECT'],
    [':authority', 'inner.example:80'],
  ] as const;
  const run = talk(
    [0, headers(1, connect, 0)],
    [1, headers(1, response(200), 0)],
    [0, data(1, 'text')],
    [1, data(1, 'x')],
  );
  expect(fieldsOf(run)).toMatchObject([{ METHOD: 'CONNECT', URL: 'inner.example:80', REQ_BODY_BYTES: 4 }]);
  expect(fieldsOf(run)[0]).not.toHaveProperty('REQ_BODY');
});

const upgrade =
  'POST /up HTTP/1.1\r\nHost: old.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
  'HTTP2-Settings: \r\nContent-Length: 4\r\n\r\n';
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';

test('answers the request that asked for HTTP/2 in HTTP/1 on stream 1', () => {
  const answer = Buffer.concat([Buffer.from(switching), settings, headers(1, response(200), 0), data(1, 'new')]);
  const run = play(
    transcriptOf([
      [0, `${upgrade}body`],
      [1, answer],
      [0, Buffer.concat([hello, headers(3, request('/3'))])],
      [1, headers(3, response(404))],
    ]),
  );
  expect(summariesOf(run)).toEqual(['POST /up 200', 'GET /3 404']);
  expect(fieldsOf(run)[0]).toMatchObject({ DOMAIN: 'old.example', REQ_BODY: 'body', RSP_BODY: 'new', HTTP2_STREAM: 1 });
});

test('lets the request come to its end before the upgrade that was granted early', () => {
  const run = play(
    transcriptOf([
      [0, `${upgrade}bo`],
      [1, Buffer.concat([Buffer.from(switching), settings])],
      [0, Buffer.concat([Buffer.from('dy'), hello])],
      [1, headers(1, response(204))],
    ]),
  );
  expect(fieldsOf(run)).toMatchObject([{ URL: '/up', REQ_BODY: 'body', RETCODE: 204 }]);
});

test('skips what is lost inside a DATA frame and says so', () => {
  const content = Buffer.from('x'.repeat(1000));
  const answer = Buffer.concat([headers(1, response(200), 0), data(1, content)]);
  const run = talk(
    [0, headers(1, request('/1'))],
    [1, answer.subarray(0, 200)],
    [1, 500],
    [1, answer.subarray(700)],
    [0, headers(3, request('/3'))],
    [1, headers(3, response(200))],
  );
  expect(fieldsOf(run)).toMatchObject([
    { URL: '/1', RSP_BODY_BYTES: 1000, ERR: ['lost_bytes'], TRUNCATED: 1 },
    { URL: '/3', RETCODE: 200 },
  ]);
});

test('skips a header block that was lost in part, and shows what later ones take out of it as *', () => {
  const lost = frame(HEADERS, END_HEADERS | END_STREAM, 1, addingBlock(request('/lost', ['user-agent', 'browser'])));
  const second = Buffer.concat([block(request('/2')), Buffer.from([0xbe])]);
  const run = talk(
    [0, lost.subarray(0, 20)],
    [0, 15],
    [0, lost.subarray(35)],
    [0, frame(HEADERS, END_HEADERS | END_STREAM, 3, second)],
    [1, headers(1, response(200))],
    [1, headers(3, response(200))],
  );
  expect(summariesOf(run)).toEqual(['? ? 200', 'GET /2 200 *']);
  expect(fieldsOf(run)[1]).toMatchObject({ REQ_HEADER: '*: *', ERR: ['unseen_headers'] });
});

test('gives an answer whose headers were lost to its request, marked', () => {
  const run = talk([0, headers(1, request('/1'))], [1, 40], [1, data(1, 'rest', 0)], [1, data(1, ' of it')]);
  expect(summariesOf(run)).toEqual(['GET /1 ? *']);
  expect(fieldsOf(run)).toMatchObject([{ RSP_BODY_BYTES: 10 }]);
});

test('takes up a connection in its middle, either side first, and turns it round where it must', () => {
  const [asked, answered] = [headers(7, request('/7')), headers(7, response(200))];
  const late = transcriptOf(
    [
      [0, asked],
      [1, answered],
    ],
    { midStream: true },
  );
  const turned = transcriptOf(
    [
      [1, asked],
      [0, answered],
    ],
    { midStream: true },
  );
  expect(summariesOf(play(late))).toEqual(['GET /7 200']);
  expect(summariesOf(play(turned))).toEqual(['GET /7 200']);
  expect(play(turned).clients[0]?.srcPort).toBe(8000);
});

test('finds the next frame behind a loss in a large body', () => {
  const body = Buffer.alloc(40_000, 'text without any frame in it. ');
  const frames = Buffer.concat([data(1, body.subarray(0, 16_000), 0), data(1, body.subarray(16_000, 32_000), 0)]);
  const run = talk(
    [0, headers(1, request('/1'))],
    [1, headers(1, response(200), 0)],
    [1, frames.subarray(0, 15_000)],
    [1, 2_000],
    [1, Buffer.concat([frames.subarray(17_000), data(1, 'end')])],
    [0, headers(3, request('/3'))],
    [1, headers(3, response(200))],
  );
  expect(summariesOf(run)).toEqual(['GET /1 200', 'GET /3 200']);
  expect(fieldsOf(run)[0]).toMatchObject({ ERR: ['lost_bytes'] });
});

test('ends a flood of CONTINUATION frames at its limit, and knows the next request', () => {
  const filler = frame(CONTINUATION, 0, 1, block(Array.from({ length: 30 }, (_, i) => [`x-${i}`, 'y'.repeat(500)])));
  const flood = Array.from({ length: 200 }, (): [0, Buffer] => [0, filler]);
  const begin = frame(HEADERS, END_STREAM, 1, block(request('/flood')));
  const turns: Turns = [[0, begin], ...flood, [0, frame(CONTINUATION, END_HEADERS, 1)], [0, headers(3, request('/3'))]];
  const run = play(transcriptOf([[0, hello], ...turns]), { watchMemory: true });
  expect(summariesOf(run)).toEqual(['GET /flood - *', 'GET /3 -']);
  expect(run.stats['http2.parse_error.header_limit']).toBe(1);
  expect(run.peakBytes).toBeLessThan(150_000);
});

test('stops reading a header list that a few bytes blow up', () => {
  const large = addingBlock([['x-large', 'v'.repeat(3900)]]);
  const bomb = Buffer.concat([block(request('/bomb')), large, Buffer.alloc(16_000 - large.length, 0xbe)]);
  const run = talk([0, frame(HEADERS, END_HEADERS | END_STREAM, 1, bomb)], [1, headers(1, response(431))]);
  expect(summariesOf(run)).toEqual(['GET /bomb 431']);
  expect(fieldsOf(run)).toMatchObject([{ ERR: ['header_limit'], TRUNCATED: 1 }]);
  expect(run.stats['http2.parse_error.header_limit']).toBe(1);
});

test('counts a client that takes its requests back as fast as it makes them', () => {
  const turns = Array.from({ length: 300 }, (_, i): [0, Buffer] => {
    const streamId = i * 2 + 1;
    return [0, Buffer.concat([headers(streamId, request(`/${i}`)), frame(RST_STREAM, 0, streamId, u32(CANCEL))])];
  });
  const run = talk(...turns);
  expect(run.reported).toHaveLength(300);
  expect(run.stats['http2.parse_error.rapid_reset']).toBe(200);
  expect(fieldsOf(run)[299]).toMatchObject({ ERR: ['no_response', 'reset_by_client', 'CANCEL', 'rapid_reset'] });
});

test('keeps a bounded number of streams open', () => {
  const turns = Array.from({ length: 1100 }, (_, i): [0, Buffer] => [0, headers(i * 2 + 1, request(`/${i}`))]);
  const run = talk(...turns, [1, headers(1, response(200))], [1, headers(2199, response(200))]);
  expect(run.stats['http2.parse_error.stream_limit']).toBe(76);
  expect(summariesOf(run)[0]).toBe('GET /0 -');
  expect(summariesOf(run)).toContain('GET /1099 200');
  expect(run.reported).toHaveLength(1100);
});

test('goes on after frames of a kind that it does not know', () => {
  const altSvc = frame(0x0a, 0, 0, 'h2=":443"');
  const unheardOf = frame(0x77, 0xff, 9, 'anything');
  const run = talk([0, headers(1, request('/'))], [1, Buffer.concat([altSvc, unheardOf, headers(1, response(200))])]);
  expect(summariesOf(run)).toEqual(['GET / 200']);
});

test('gives up a request after a while when its answer may be lost', () => {
  const { talks, happenings } = transcriptOf([
    [0, hello],
    [1, settings],
    [0, headers(1, request('/1'))],
    [1, 50],
  ]);
  const later = transcriptOf([[0, headers(3, request('/3'))]]).happenings.map(one => ({
    ...one,
    tsUs: one.tsUs + 60e6,
  }));
  const run = play({ talks, happenings: [...happenings, ...later] });
  expect(summariesOf(run)).toEqual(['GET /1 -', 'GET /3 -']);
  expect(fieldsOf(run)[0]).toMatchObject({ ERR: ['lost_bytes', 'no_response'] });
});

const message = (content: string): Buffer =>
  Buffer.concat([Buffer.from([0]), u32(content.length), Buffer.from(content)]);
const grpcCall = request('/shop.v1.Cart/Add', ['content-type', 'application/grpc+proto']);
const grpcAnswer = response(200, ['content-type', 'application/grpc']);

test('counts gRPC messages across frames, and gives the status out of the trailers', () => {
  const sent = Buffer.concat([message('one'), message(''), message('three')]);
  const failed = [
    ['grpc-status', '8'],
    ['grpc-message', 'too%20much'],
  ] as const;
  const run = talk(
    [0, headers(1, grpcCall, 0)],
    [0, data(1, sent.subarray(0, 7), 0)],
    [0, data(1, sent.subarray(7))],
    [1, Buffer.concat([headers(1, grpcAnswer, 0), data(1, message('answer'), 0), headers(1, failed)])],
  );
  expect(fieldsOf(run)).toMatchObject([
    {
      GRPC_SERVICE: 'shop.v1.Cart',
      GRPC_METHOD: 'Add',
      GRPC_STATUS: 8,
      GRPC_REQ_MSGS: 3,
      GRPC_REQ_MSG_BYTES: 8,
      GRPC_RSP_MSGS: 1,
      GRPC_RSP_MSG_BYTES: 6,
      ERR: ['too much'],
    },
  ]);
});

test('gives no counts of gRPC messages where some were lost', () => {
  const sent = Buffer.concat([message('one'), message('two')]);
  const body = data(1, sent);
  const run = talk(
    [0, Buffer.concat([headers(1, grpcCall, 0), body.subarray(0, 12)])],
    [0, 6],
    [0, body.subarray(18)],
    [1, Buffer.concat([headers(1, grpcAnswer, 0), headers(1, [['grpc-status', '0']])])],
  );
  expect(fieldsOf(run)).toMatchObject([{ GRPC_STATUS: 0, GRPC_RSP_MSGS: 0, ERR: ['lost_bytes'] }]);
  expect(fieldsOf(run)[0]).not.toHaveProperty('GRPC_REQ_MSGS');
});
