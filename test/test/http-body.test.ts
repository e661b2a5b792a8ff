import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type ReplayOptions, replay, type Transcript, transcriptOf } from '../src/harness/index.ts';

type Fields = { readonly [field: string]: unknown };

const fieldsOf = (transcript: Transcript, more: Partial<ReplayOptions> = {}): Fields[] =>
  replay(transcript, { protocols: PROTOCOLS, ...more }).reported.map(({ exchange }) => exchange.fields);

/** @returns the record of one answer with this body */
function answered(headers: string, body: Uint8Array | string, more: Partial<ReplayOptions> = {}): Fields {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${bytes.length}\r\n\r\n`;
  const talk = transcriptOf([
    [0, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'],
    [1, Buffer.concat([Buffer.from(head), bytes])],
  ]);
  return fieldsOf(talk, more)[0] ?? {};
}

/** @returns the record of one request with this body, in segments of `step` bytes */
function posted(headers: string, body: Uint8Array | string, step = 65_536, more: Partial<ReplayOptions> = {}): Fields {
  const bytes = Buffer.from(body);
  const head = Buffer.from(`POST /up HTTP/1.1\r\n${headers}Content-Length: ${bytes.length}\r\n\r\n`);
  const whole = Buffer.concat([head, bytes]);
  const count = Math.ceil(whole.length / step);
  const segments = Array.from({ length: count }, (_, i): [0, Buffer] => [0, whole.subarray(i * step, (i + 1) * step)]);
  const talk = transcriptOf([...segments, [1, 'HTTP/1.1 204 No Content\r\n\r\n']]);
  return fieldsOf(talk, more)[0] ?? {};
}

test.each([
  ['utf-8', 'Grüße €', Buffer.from('Grüße €')],
  ['iso-8859-1', 'Grüße', Buffer.from('Grüße', 'latin1')],
  ['windows-1252', '€ “x”', Buffer.from([0x80, 0x20, 0x93, 0x78, 0x94])],
  ['utf-16le', 'Grüße €', Buffer.from('Grüße €', 'utf16le')],
  ['utf-16', 'hi', Buffer.from([0xfe, 0xff, 0, 0x68, 0, 0x69])],
  ['shift_jis', 'テスト', Buffer.from([0x83, 0x65, 0x83, 0x58, 0x83, 0x67])],
  ['gbk', '中文', Buffer.from([0xd6, 0xd0, 0xce, 0xc4])],
  ['koi8-r', 'Привет', Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4])],
  ['no-such-charset', 'plain', Buffer.from('plain')],
])('reads text in %s', (charset, text, bytes) => {
  expect(answered(`Content-Type: text/plain; Charset="${charset}"\r\n`, bytes)).toMatchObject({ RSP_BODY: text });
});

test('cuts between characters in any character set, by their length in UTF-8', () => {
  const japanese = Buffer.from([0x83, 0x65, 0x83, 0x58, 0x83, 0x67]);
  const cut = answered('Content-Type: text/plain; charset=shift_jis\r\n', japanese, { bodyLen: 5 });
  expect(cut).toMatchObject({ RSP_BODY: 'テ', TRUNCATED: 1 });
  const latin = answered('Content-Type: text/plain; charset=latin1\r\n', Buffer.from('äöü', 'latin1'), { bodyLen: 5 });
  expect(latin).toMatchObject({ RSP_BODY: 'äö', TRUNCATED: 1 });
});

test('leaves out bodies of media types, and what is no text', () => {
  expect(answered('Content-Type: image/png\r\n', 'looks like text')).not.toHaveProperty('RSP_BODY');
  expect(answered('Content-Type: text/plain\r\n', Buffer.from([1, 2, 3]))).not.toHaveProperty('RSP_BODY');
  expect(answered('Content-Type: image/svg+xml\r\n', '<svg/>')).toMatchObject({ RSP_BODY: '<svg/>' });
});

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

test('gives bodies of media types that are asked for, as data: URLs where they are no text', () => {
  const asked = (type: string, mediaTypes: readonly string[], body: Buffer | string = PNG) =>
    answered(`Content-Type: ${type}\r\n`, body, { mediaTypes, bodyLen: 1024 });
  const url = `data:image/png;base64,${PNG.toString('base64')}`;
  expect(asked('Image/PNG; q=1', ['image/png'])).toMatchObject({ RSP_BODY: url });
  expect(asked('image/png', ['image/*'])).toMatchObject({ RSP_BODY: url });
  expect(asked('image/png', ['*'])).toMatchObject({ RSP_BODY: url });
  expect(asked('image/png', ['image/gif', 'video/*'])).not.toHaveProperty('RSP_BODY');
  expect(asked('application/octet-stream', ['application/octet-stream'], '{"password":"x"}')).toMatchObject({
    RSP_BODY: '{"password":"[redacted]"}',
  });
  const cut = answered('Content-Type: image/png\r\n', PNG, { mediaTypes: ['image/*'], bodyLen: 6 });
  expect(cut).toMatchObject({ RSP_BODY: 'data:image/png;base64,iVBORw0K', TRUNCATED: 1 });
});

test('gives files of a form that are asked for', () => {
  const body = partsOf([field('n'), '1'], [file('photo', 'me.png', 'image/png'), 'P\u0001NG']);
  expect(posted(multipart, body, 65_536, { mediaTypes: ['image/png'] })).toMatchObject({
    REQ_BODY: 'n, 1 B: 1\nphoto, "me.png", image/png, 4 B: data:image/png;base64,UAFORw==',
  });
});

const zstd = (text: string | Buffer, ...options: string[]): Buffer =>
  execFileSync('zstd', ['-c', '-q', ...options], { input: text, maxBuffer: 2 ** 24 });

test.each([
  ['of one block', 'inside '.repeat(20), []],
  ['with a checksum and a long window', 'inside '.repeat(20), ['--check', '--ultra', '--long=27', '-22']],
  ['of many blocks', 'x'.repeat(900_000), ['--fast=5']],
  ['that hardly shrinks', 'äöü'.repeat(200), ['-1']],
])('undoes zstd %s', (_, text, options) => {
  const answer = answered('Content-Type: text/plain\r\nContent-Encoding: zstd\r\n', zstd(text, ...options));
  expect(String(answer.RSP_BODY)).toBe(
    Buffer.from(text)
      .subarray(0, 1024)
      .toString()
      .replace(/\ufffd$/, ''),
  );
  expect(answer.TRUNCATED).toBe(Buffer.byteLength(text) > 1024 ? 1 : undefined);
});

const CHECKSUM_BYTES = 4;

test('leaves out what claims to be zstd and is not, whole or cut anywhere', () => {
  const good = zstd('inside '.repeat(20));
  const heads = 'Content-Type: text/plain\r\nContent-Encoding: zstd\r\n';
  const wanted = [undefined, 'inside '.repeat(20)];
  for (let at = 0; at < good.length; at++) {
    const cut = answered(heads, good.subarray(0, at));
    expect(cut.RSP_BODY).toBe(at < good.length - CHECKSUM_BYTES ? undefined : wanted[1]);
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 0xff;
    const { RSP_BODY } = answered(heads, bad);
    if (at < 4) expect(wanted).toContain(RSP_BODY);
  }
});

test('undoes codings of the transfer, and gives what came after the chunks', () => {
  const body = gzipSync('inside');
  const chunked = Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nTrailer: X-Sum\r\n\r\n${body.length.toString(16)};a=b\r\n`,
    ),
    body,
    Buffer.from('\r\n0\r\nX-Sum: 18\r\nX-Auth-Token: abc\r\n\r\n'),
  ]);
  const talk = transcriptOf([
    [0, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'],
    [1, chunked],
  ]);
  expect(fieldsOf(talk)).toMatchObject([
    { RSP_BODY: 'inside', RSP_TRAILER: 'X-Sum: 18\r\nX-Auth-Token: [redacted]', RSP_BODY_BYTES: body.length },
  ]);
});

test('keeps no more of trailers than is asked for', () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `X-${i}: ${'y'.repeat(50)}\r\n`).join('');
  const answer = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${lines}\r\n`;
  const [fields] = fieldsOf(
    transcriptOf([
      [0, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'],
      [1, answer],
    ]),
  );
  expect(fields).toMatchObject({ TRUNCATED: 1 });
  expect(String(fields?.RSP_TRAILER)).toHaveLength(1024);
});

const multipart = 'Content-Type: multipart/form-data; boundary="-- a b"\r\n';
const partsOf = (...parts: readonly (readonly [head: string, content: string])[]): string =>
  `preamble${parts.map(([head, content]) => `\r\n---- a b\r\n${head}\r\n\r\n${content}`).join('')}\r\n---- a b--\r\n`;
const field = (name: string): string => `Content-Disposition: form-data; name="${name}"`;
const file = (name: string, filename: string, type: string): string =>
  `${field(name)}; filename="${filename}"\r\nContent-Type: ${type}`;

test.each([65_536, 1000, 7, 1])('lists the parts of a body that comes in pieces of %i bytes', step => {
  const body = partsOf(
    [field('user'), 'jürgen'],
    [field('empty'), ''],
    [field('password'), 'hunter2'],
    [file('photo', 'me.png', 'image/png'), `\r\n---- a \r\n-${'x'.repeat(3000)}`],
    [`${field('data')}\r\nContent-Type: application/json`, '{"token":"abc","n":1}'],
  );
  expect(posted(multipart, body, step)).toMatchObject({
    REQ_BODY: [
      'user, 7 B: jürgen',
      'empty, 0 B',
      'password, 7 B: [redacted]',
      'photo, "me.png", image/png, 3012 B',
      'data, application/json, 21 B: {"token":"[redacted]","n":1}',
    ].join('\n'),
    REQ_BODY_BYTES: Buffer.byteLength(body),
  });
});

test('says what it left out of a list of parts', () => {
  const many = partsOf(...Array.from({ length: 500 }, (_, i): [string, string] => [field(`f${i}`), 'value']));
  const listed = posted(multipart, many);
  expect(listed).toMatchObject({ TRUNCATED: 1 });
  expect(String(listed.REQ_BODY)).toMatch(/^f0, 5 B: value\nf1, 5 B: value\n/);
  const cut = posted(multipart, partsOf([field('long'), 'ä'.repeat(800)]), 65_536, { bodyLen: 100 });
  expect(cut).toMatchObject({ REQ_BODY: `long, 1600 B: ${'ä'.repeat(43)}`, TRUNCATED: 1 });
  expect(posted(multipart, '\r\n---- a b\r\nX: y').TRUNCATED).toBe(1);
});

test('reads a list of parts that was compressed, and nothing where the boundary is missing', () => {
  const body = partsOf([field('password'), 'hunter2']);
  const coded = posted(`${multipart}Content-Encoding: gzip\r\n`, gzipSync(body));
  expect(coded).toMatchObject({ REQ_BODY: 'password, 7 B: [redacted]' });
  expect(posted('Content-Type: multipart/form-data\r\n', body)).not.toHaveProperty('REQ_BODY');
});

test('replaces secrets in header lines, targets and bodies', () => {
  const talk = transcriptOf([
    [
      0,
      'POST /login?api_key=k1&page=2 HTTP/1.1\r\nHost: h\r\nCookie: sid=c1\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
        'Content-Length: 27\r\n\r\nuser=bob&password=hunter2!!',
    ],
    [
      1,
      'HTTP/1.1 200 OK\r\nSet-Cookie: sid=c2\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n{"token":"t1","user":"b"}',
    ],
  ]);
  const run = replay(talk, { protocols: PROTOCOLS });
  expect(run.reported[0]?.line).not.toMatch(/k1|c1|c2|t1|hunter2/);
  expect(run.reported[0]?.exchange).toMatchObject({
    summary: 'POST /login?api_key=[redacted]&page=2 200',
    fields: {
      URL: '/login?api_key=[redacted]&page=2',
      REQ_BODY: 'user=bob&password=[redacted]',
      RSP_BODY: '{"token":"[redacted]","user":"b"}',
    },
  });
  expect(run.stats.redacted).toBe(5);
});
