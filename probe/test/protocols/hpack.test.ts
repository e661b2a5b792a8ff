import { once } from 'node:events';
import { type ClientHttp2Session, connect, createServer, type OutgoingHttpHeaders } from 'node:http2';
import { duplexPair } from 'node:stream';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HpackDecoder } from '../../src/protocols/http2/hpack.ts';
import { decodedLimit, decodeHuffman } from '../../src/protocols/http2/hpack-huffman.ts';
import { TABLE_LIMIT_BYTES } from '../../src/protocols/http2/hpack-table.ts';

const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** @returns the block's fields, with `failed` behind them when it is no HPACK */
function decode(decoder: HpackDecoder, block: Uint8Array): string[] {
  const lines: string[] = [];
  const isWell = decoder.decode(block, 0, block.length, {
    addField: ({ name, value }) => lines.push(`${name}: ${value}`),
  });
  return isWell ? lines : [...lines, 'failed'];
}

/** A literal field that is added to the table, without Huffman code. */
function literal(name: string, value: string): Buffer {
  const string = (text: string) => Buffer.concat([integer(0x00, 7, text.length), Buffer.from(text, 'latin1')]);
  return Buffer.concat([Buffer.from([0x40]), string(name), string(value)]);
}

/** Source: RFC 7541 section 5.1. */
function integer(first: number, prefixBits: number, value: number): Buffer {
  const mask = 2 ** prefixBits - 1;
  if (value < mask) return Buffer.from([first | value]);
  const bytes = [first | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

const indexed = (index: number): Buffer => integer(0x80, 7, index);
const resize = (maxBytes: number): Buffer => integer(0x20, 5, maxBytes);

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
];
const DATE = 'Mon, 21 Oct 2013 20:13:2';
const RESPONSES = [
  [':status: 302', 'cache-control: private', `date: ${DATE}1 GMT`, 'location: https://www.example.com'],
  [':status: 307', 'cache-control: private', `date: ${DATE}1 GMT`, 'location: https://www.example.com'],
  [
    ':status: 200',
    'cache-control: private',
    `date: ${DATE}2 GMT`,
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

test.each([
  [
    'C.3, requests without Huffman code',
    [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ],
    REQUESTS,
    [57, 110, 164],
  ],
  [
    'C.4, requests with it',
    [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ],
    REQUESTS,
    [57, 110, 164],
  ],
  [
    'C.6, responses, in a table of 256 bytes',
    [
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
    RESPONSES,
    [222, 222, 215],
  ],
])('reads the examples of RFC 7541 %s', (_name, blocks, expected, tableBytes) => {
  const decoder = new HpackDecoder();
  if (expected === RESPONSES) decode(decoder, resize(256));
  for (const [index, block] of blocks.entries()) {
    expect(decode(decoder, fromHex(block))).toEqual(expected[index]);
    expect(decoder.tableBytes).toBe(tableBytes[index]);
  }
});

// Bytes that no header field may hold, and so no encoder sends, as Appendix B has them.
test.each([
  [0, 0x1ff8, 13],
  [1, 0x7fffd8, 23],
  [9, 0xffffea, 24],
  [10, 0x3ffffffc, 30],
  [13, 0x3ffffffd, 30],
  [22, 0x3ffffffe, 30],
  [31, 0xffffffb, 28],
  [127, 0xffffffc, 28],
])('knows the Huffman code of byte %i', (byte, code, bits) => {
  const padded = ((BigInt(code) << BigInt(40 - bits)) | ((1n << BigInt(40 - bits)) - 1n))
    .toString(16)
    .padStart(10, '0');
  const coded = fromHex(padded).subarray(0, Math.ceil(bits / 8));
  const into = new Uint8Array(decodedLimit(coded.length));
  expect(decodeHuffman(coded, 0, coded.length, into)).toBe(1);
  expect(into[0]).toBe(byte);
});

test.each([
  ['ends in zeros', '18'],
  ['is padded with a whole byte', '1fff'],
  ['holds the end of a string', 'ffffffff'],
])('refuses a Huffman string that %s', (_name, hex) => {
  const coded = fromHex(hex);
  expect(decodeHuffman(coded, 0, coded.length, new Uint8Array(decodedLimit(coded.length)))).toBe(-1);
});

test.each([
  ['index 0', '80'],
  ['an index behind the table', 'be'],
  ['an index without an end', 'ffffffff'],
  ['an index of many digits', 'ff80808080808080808001'],
  ['a string longer than the block', '400a6162'],
  ['a name without a value', '400161'],
  ['a table size among the fields', '8220'],
])('refuses %s, and knows from then on that entries are not known', (_name, hex) => {
  const decoder = new HpackDecoder();
  expect(decode(decoder, fromHex(hex)).at(-1)).toBe('failed');
  expect(decode(decoder, indexed(62))).toEqual(['*: *']);
});

test('shows what was added before the capture began as *, and what came later in full', () => {
  const decoder = new HpackDecoder();
  decoder.lose();
  const block = Buffer.concat([indexed(2), indexed(70), literal('x-new', 'seen'), indexed(62), indexed(63)]);
  expect(decode(decoder, block)).toEqual([':method: GET', '*: *', 'x-new: seen', 'x-new: seen', '*: *']);
});

test('has a name out of the unseen table shown as *, also when it is added anew', () => {
  const decoder = new HpackDecoder();
  decoder.lose();
  const named = Buffer.concat([integer(0x40, 6, 80), Buffer.from([0x02]), Buffer.from('42')]);
  expect(decode(decoder, Buffer.concat([named, indexed(62)]))).toEqual(['*: 42', '*: 42']);
});

test('knows everything again when the table was emptied', () => {
  const decoder = new HpackDecoder();
  decoder.lose();
  expect(decode(decoder, Buffer.concat([resize(0), resize(4096), literal('a', 'b')]))).toEqual(['a: b']);
  expect(decode(decoder, indexed(63))).toEqual(['failed']);
});

test('keeps no more than its limit of a table without one, and says which entries it does not know', () => {
  const decoder = new HpackDecoder();
  decode(decoder, resize(2 ** 31));
  const value = 'v'.repeat(10_000);
  for (let i = 0; i < 100; i++) decode(decoder, literal(`n${i}`, value));
  expect(decoder.tableBytes).toBeLessThanOrEqual(TABLE_LIMIT_BYTES);
  expect(decode(decoder, indexed(62))).toEqual([`n99: ${value}`]);
  expect(decode(decoder, indexed(62 + 50))).toEqual(['*: *']);
});

test('takes any bytes without throwing, within its limit', () => {
  const decoder = new HpackDecoder();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), block => {
      decode(decoder, block);
      return decoder.tableBytes <= TABLE_LIMIT_BYTES;
    }),
    { numRuns: 5000 },
  );
});

const HEADERS = 0x01;

/** Node's client and server, over no network; what the client wrote is kept. */
async function makeNodePair(headerTableSize: number): Promise<{ session: ClientHttp2Session; sent: Buffer[] }> {
  const [near, far] = duplexPair();
  const sent: Buffer[] = [];
  far.prependListener('data', (bytes: Buffer) => sent.push(Buffer.from(bytes)));
  const server = createServer({ settings: { headerTableSize } });
  server.on('stream', stream => stream.respond({ ':status': 200 }, { endStream: true }));
  server.emit('connection', far);
  const session = connect('http://node.example', { createConnection: () => near });
  await once(session, 'remoteSettings');
  return { session, sent };
}

/** @returns the header blocks in what a client sent, which holds no CONTINUATION and no padding */
function* blocksIn(bytes: Buffer): Generator<Buffer> {
  for (let at = 24; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    const hasPriority = ((bytes[at + 4] ?? 0) & 0x20) !== 0;
    if (bytes[at + 3] === HEADERS) yield bytes.subarray(at + 9 + (hasPriority ? 5 : 0), end);
    at = end;
  }
}

test.each([0, 100, 4096, 65_536])('reads what nghttp2 (in Node) encodes with a table of %i bytes', async tableBytes => {
  const { session, sent } = await makeNodePair(tableBytes);
  const decoder = new HpackDecoder();
  const text = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map(code => String.fromCharCode(code)),
    maxLength: 60,
  });
  const names = fc.constantFrom('x-one', 'x-two', 'user-agent', 'cookie', 'authorization', 'x-a-much-longer-name');
  const lists = fc.sample(fc.dictionary(names, text, { maxKeys: 6 }), { numRuns: 60, seed: 7541 });
  const asked: string[][] = [];
  for (const [index, fields] of lists.entries()) {
    const headers: OutgoingHttpHeaders = { ':path': `/${index}`, ...fields };
    asked.push(Object.entries(headers).map(([name, value]) => `${name}: ${value}`));
    const stream = session.request(headers);
    stream.resume();
    await once(stream, 'close');
  }
  session.destroy();
  const decoded = [...blocksIn(Buffer.concat(sent))].map(block => decode(decoder, block));
  expect(decoded).toHaveLength(asked.length);
  for (const [index, lines] of asked.entries()) expect(decoded[index]).toEqual(expect.arrayContaining(lines));
});
