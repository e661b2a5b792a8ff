import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { type Direction, replay, transcriptOf } from '../src/harness/index.ts';

const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap(value => [value >> 8, value & 255]));
const block = (content: Uint8Array, prefixBytes: number): Buffer => {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUIntBE(content.length, 0, prefixBytes);
  return Buffer.concat([prefix, content]);
};
const extension = (type: number, content: Uint8Array): Buffer => Buffer.concat([u16(type), block(content, 2)]);
const record = (type: number, content: Uint8Array): Buffer => Buffer.concat([Buffer.of(type, 3, 1), block(content, 2)]);
const handshake = (type: number, body: Uint8Array): Buffer => Buffer.concat([Buffer.of(type), block(body, 3)]);

const sni = (name: string): Buffer =>
  extension(0, block(Buffer.concat([Buffer.of(0), block(Buffer.from(name), 2)]), 2));
const alpn = (...names: string[]): Buffer =>
  extension(16, block(Buffer.concat(names.map(name => block(Buffer.from(name), 1))), 2));

interface Offer {
  readonly version?: number;
  readonly suites: readonly number[];
  readonly extensions: readonly Buffer[];
}
const clientHello = ({ version = 0x0303, suites, extensions }: Offer): Buffer =>
  handshake(
    1,
    Buffer.concat([
      u16(version),
      Buffer.alloc(32, 7),
      block(Buffer.alloc(0), 1),
      block(u16(...suites), 2),
      Buffer.of(1, 0),
      block(Buffer.concat(extensions), 2),
    ]),
  );

const run = (...turns: [Direction, Uint8Array | string | number][]) =>
  replay(transcriptOf(turns), { protocols: PROTOCOLS });
const fieldsOf = (...turns: [Direction, Uint8Array | string | number][]): Record<string, unknown> =>
  run(...turns).reported[0]?.exchange.fields ?? {};

// The hello that JA4's specification explains, built from the lists it prints.
const CHROME_SUITES = [
  0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
  0x002f, 0x0035,
];
const ALGORITHMS = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
const CHROME: Offer = {
  suites: CHROME_SUITES,
  extensions: [
    extension(0x1a1a, Buffer.alloc(0)),
    sni('example.com'),
    ...[0x0017, 0xff01, 0x0023, 0x0005, 0x0012, 0x0033, 0x002d, 0x001b, 0x4469].map(type =>
      extension(type, Buffer.alloc(0)),
    ),
    extension(0x000a, block(u16(0x3a3a, 29, 23, 24), 2)),
    extension(0x000b, Buffer.of(1, 0)),
    alpn('h2', 'http/1.1'),
    extension(0x000d, block(u16(...ALGORITHMS), 2)),
    extension(0x002b, block(u16(0x4a4a, 0x0304, 0x0303), 1)),
    extension(0x0015, Buffer.alloc(8)),
  ],
};

test("JA4 is the one that its specification prints for Chrome's hello, GREASE or not", () => {
  const ja4 = 't13d1516h2_8daaf6152771_e5627efa2ab1';
  expect(fieldsOf([0, record(22, clientHello(CHROME))])).toMatchObject({ JA4: ja4, SNI: 'example.com' });
  const plain = { ...CHROME, suites: CHROME_SUITES.slice(1), extensions: CHROME.extensions.slice(1) };
  expect(fieldsOf([0, record(22, clientHello(plain))])).toMatchObject({ JA4: ja4 });
});

test('JA4 of an old client: no name, no protocols, no signature algorithms', () => {
  const hello = clientHello({ version: 0x0301, suites: [0x0035, 0x002f], extensions: [] });
  const { JA4, SNI } = fieldsOf([0, record(22, hello)]);
  expect([JA4, SNI]).toEqual([expect.stringMatching(/^t10i020000_[0-9a-f]{12}_000000000000$/), undefined]);
});

test("a protocol's name that is no text gives JA4 its hex digits", () => {
  const hello = clientHello({ suites: [1], extensions: [alpn('\xab')] });
  // The test's text is UTF-8, so the name's bytes are c2 ab.
  expect(fieldsOf([0, record(22, hello)]).JA4).toMatch(/^t12i0101cb_/);
});

test('a hello over several records and segments is one', () => {
  const hello = clientHello(CHROME);
  const records = [hello.subarray(0, 3), hello.subarray(3, 100), hello.subarray(100)].map(part => record(22, part));
  const bytes = Buffer.concat(records);
  for (const at of [1, 6, 9, 40, 110, bytes.length - 1]) {
    const whole = fieldsOf([0, bytes.subarray(0, at)], [0, bytes.subarray(at)]);
    expect(whole).toMatchObject({ SNI: 'example.com', RESP: 0 });
  }
});

test('a hello whose lists lie about their lengths is counted, not believed', () => {
  const hello = clientHello(CHROME);
  hello.writeUInt16BE(0xffff, 4 + 2 + 32 + 1);
  const { reported, stats } = run([0, record(22, hello)]);
  expect(reported).toEqual([]);
  expect(stats['tls.parse_error.client_hello']).toBe(1);
});

test('a message longer than any is given up, and its bytes are not kept', () => {
  const long = Buffer.concat([Buffer.of(22, 3, 1), u16(16_000), Buffer.of(1, 0, 255, 255), Buffer.alloc(15_996)]);
  const { stats } = run([0, long], [0, Buffer.concat([Buffer.of(22, 3, 1), u16(16_000), Buffer.alloc(16_000)])]);
  expect(stats.held_bytes).toBeLessThanOrEqual(32_000);
});

test.each([
  ['SMTP', 'EHLO me\r\nSTARTTLS\r\n', '220 mail ready\r\n250-mail\r\n250 STARTTLS\r\n220 go ahead\r\n'],
  ['IMAP', 'a1 CAPABILITY\r\na2 STARTTLS\r\n', '* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\na2 OK\r\n'],
  ['POP3', 'CAPA\r\nSTLS\r\n', '+OK ready\r\n+OK list follows\r\nSTLS\r\n.\r\n+OK go ahead\r\n'],
  ['FTP', 'FEAT\r\nAUTH TLS\r\n', '220 ready\r\n211-Features\r\n AUTH TLS\r\n211 End\r\n234 go ahead\r\n'],
])('TLS behind STARTTLS of %s is found, in one piece and line by line', (name, client, server) => {
  const hello = record(22, clientHello(CHROME));
  const lines = (text: string, direction: Direction): [Direction, string][] =>
    text.split(/(?<=\n)/).map(line => [direction, line]);
  const inPieces: [Direction, string | Buffer][] = [...lines(server, 1), ...lines(client, 0), [0, hello]];
  for (const turns of [inPieces, [[1, server] as const, [0, Buffer.concat([Buffer.from(client), hello])] as const]]) {
    expect(fieldsOf(...(turns as [Direction, string | Buffer][]))).toMatchObject({
      STARTTLS: name,
      SNI: 'example.com',
    });
  }
});

test('mail in clear is not TLS', () => {
  const { titles } = run([1, '220 mail\r\n'], [0, 'EHLO me\r\n'], [1, '250 mail\r\n'], [0, 'MAIL FROM:<a@b>\r\n']);
  expect(titles).toEqual([undefined]);
});

test.each([
  [0x00a7, 'TLS_DH_anon_WITH_AES_256_GCM_SHA384'],
  [0xc018, 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA'],
  [0xe0ff, '0xe0ff'],
])('suite %p has the name that IANA gives it, or its number', (suite, name) => {
  const body = Buffer.concat([u16(0x0303), Buffer.alloc(32, 7), block(Buffer.alloc(0), 1), u16(suite), Buffer.of(0)]);
  const answer = record(22, handshake(2, body));
  expect(fieldsOf([0, record(22, clientHello(CHROME))], [1, answer])).toMatchObject({ CIPHER: name });
});

test('alerts say who sent them', () => {
  const hello = record(22, clientHello(CHROME));
  expect(fieldsOf([0, hello], [1, record(21, Buffer.of(2, 40))])).toMatchObject({
    ALERT: ['DST handshake_failure'],
    RESP: 1,
  });
  expect(fieldsOf([0, hello], [0, record(21, Buffer.of(2, 48))])).toMatchObject({ ALERT: ['SRC unknown_ca'] });
});
