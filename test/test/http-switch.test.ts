import { expect, test } from '@jest/globals';
import { PROTOCOLS } from '@nanogelf/probe';
import { fixturesOf, type Reported, type Run, replay, transcriptOf } from '../src/harness/index.ts';

const play = (turns: Parameters<typeof transcriptOf>[0]): Run =>
  replay(transcriptOf(turns, { dstPort: 3128 }), { protocols: PROTOCOLS });
const summariesOf = (run: Run): string[] => run.reported.map(({ exchange }) => exchange.summary);
const fieldsOf = (run: Run): Reported['exchange']['fields'][] => run.reported.map(({ exchange }) => exchange.fields);

const upgrade = 'GET /chat?token=abc HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const granted = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n';
const MASK = [0x12, 0x34, 0x56, 0x78];
const [TEXT, CONTINUATION, CLOSE, PING, PONG] = [1, 0, 8, 9, 10];

/** @param isFirst from the client, so masked */
function frame(isFirst: boolean, opcode: number, text: string | Uint8Array, isLast = true): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  const head = Buffer.from([(isLast ? 0x80 : 0) | opcode, ...length, ...(isFirst ? MASK : [])]);
  if (isFirst) head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([head, isFirst ? payload.map((byte, at) => byte ^ (MASK[at % 4] ?? 0)) : payload]);
}
const says = (opcode: number, text: string | Uint8Array, isLast?: boolean) => frame(true, opcode, text, isLast);
const hears = (opcode: number, text: string | Uint8Array, isLast?: boolean) => frame(false, opcode, text, isLast);
const closing = Buffer.from([1000 >> 8, 1000 & 255, ...Buffer.from('bye')]);

test('counts the messages of a WebSocket, fragments as one and control frames apart', () => {
  const run = play([
    [0, upgrade],
    [1, Buffer.concat([Buffer.from(granted), hears(TEXT, 'hello')])],
    [0, Buffer.concat([says(TEXT, 'one', false), says(PING, 'x'), says(CONTINUATION, 'two', false)])],
    [0, says(CONTINUATION, 'x'.repeat(300))],
    [1, Buffer.concat([hears(PONG, 'x'), hears(TEXT, '')])],
    [0, says(CLOSE, closing)],
    [1, hears(CLOSE, closing)],
  ]);
  expect(summariesOf(run)).toEqual(['GET /chat?token=[redacted] 101', 'WEBSOCKET /chat?token=[redacted] 1000']);
  expect(fieldsOf(run)[1]).toEqual({
    METHOD: 'WEBSOCKET',
    URL: '/chat?token=[redacted]',
    DOMAIN: 'h',
    HTTP_VERSION: '1.1',
    SRC_WS_MSGS: 1,
    DST_WS_MSGS: 2,
    WS_MSGS: 3,
    SRC_WS_BYTES: 306,
    DST_WS_BYTES: 5,
    WS_BYTES: 311,
    SRC_WS_CONTROLS: 2,
    DST_WS_CONTROLS: 2,
    WS_CONTROLS: 4,
    WS_CLOSE: 1000,
    WS_CLOSE_TEXT: 'bye',
  });
});

test('counts a WebSocket the same however its frames are cut', () => {
  const whole = Buffer.concat([says(TEXT, 'a'.repeat(200)), says(PING, ''), says(TEXT, 'b'), says(CLOSE, closing)]);
  const begin: [0 | 1, string][] = [
    [0, upgrade],
    [1, granted],
  ];
  const crumbs = [...whole].map((byte): [0, Uint8Array] => [0, Uint8Array.of(byte)]);
  const told = ({ reported }: Run) => reported.at(-1)?.exchange.fields;
  expect(told(play([...begin, ...crumbs]))).toEqual(told(play([...begin, [0, whole]])));
});

test('a loss inside of a message leaves the counts right, one in a header ends them', () => {
  const long = says(TEXT, 'x'.repeat(500));
  const inside = play([
    [0, upgrade],
    [1, granted],
    [0, long.subarray(0, 100)],
    [0, 300],
    [0, Buffer.concat([long.subarray(400), says(TEXT, 'y')])],
  ]);
  expect(fieldsOf(inside)[1]).toMatchObject({ SRC_WS_MSGS: 2, SRC_WS_BYTES: 501, ERR: ['lost_bytes'] });
  const over = play([
    [0, upgrade],
    [1, granted],
    [0, says(TEXT, 'y')],
    [0, long.length],
    [0, says(TEXT, 'z')],
    [1, hears(TEXT, 'w')],
  ]);
  expect(fieldsOf(over)[1]).toMatchObject({ SRC_WS_MSGS: 1, DST_WS_MSGS: 1, ERR: ['lost_bytes'] });
});

test('frames that the specification does not allow are told, and what is cut off', () => {
  const bad = play([
    [0, upgrade],
    [1, granted],
    [0, hears(TEXT, 'not masked')],
  ]);
  expect(fieldsOf(bad)[1]).toMatchObject({ SRC_WS_MSGS: 0, ERR: ['bad_frame'] });
  const cut = play([
    [0, upgrade],
    [1, granted],
    [0, says(TEXT, 'never ended', false)],
  ]);
  expect(fieldsOf(cut)[1]).toMatchObject({ SRC_WS_MSGS: 0, SRC_WS_BYTES: 11, ERR: ['incomplete'] });
  expect(summariesOf(cut)[1]).toBe('WEBSOCKET /chat?token=[redacted] -');
});

/** What the client and the server say in the first TLS handshake of a fixture, in turns. */
function handshake(): [0 | 1, Uint8Array][] {
  const fixture = fixturesOf('tls').find(({ name }) => name === 'tls13');
  const happenings = fixture?.transcript.happenings ?? [];
  return happenings.filter(({ slot }) => slot === 0).map(({ direction, bytes }) => [direction, bytes]);
}
const connect = 'CONNECT inner.example:443 HTTP/1.1\r\nHost: inner.example:443\r\n\r\n';
const established = 'HTTP/1.1 200 Connection established\r\n\r\n';

test('finds by its content what a tunnel carries', () => {
  const run = play([[0, connect], [1, established], ...handshake()]);
  const titles = run.reported.map(({ line }) => JSON.parse(line).L7_PROTOCOL);
  expect(titles).toEqual(['HTTP', 'TLS']);
  expect(fieldsOf(run)[0]).toMatchObject({ METHOD: 'CONNECT', URL: 'inner.example:443', RETCODE: 200 });
  expect(fieldsOf(run)[1]).not.toHaveProperty('STARTTLS');
  expect(run.titles).toEqual(['HTTP']);
});

test('leaves what a client says before its tunnel is granted to what the tunnel carries', () => {
  const [hello, ...rest] = handshake();
  const run = play([[0, connect], hello ?? [0, ''], [1, established], ...rest]);
  expect(run.reported.map(({ line }) => JSON.parse(line).L7_PROTOCOL)).toEqual(['HTTP', 'TLS']);
});

test('reads on in a tunnel that carries HTTP, and after one that was refused', () => {
  const get = 'GET /inner HTTP/1.1\r\nHost: i\r\n\r\n';
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  const tunnel: [0 | 1, string][] = [
    [0, connect],
    [1, established],
    [0, get],
    [1, ok],
  ];
  expect(summariesOf(play(tunnel))).toEqual(['CONNECT inner.example:443 200', 'GET /inner 200']);
  const refused = 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n';
  expect(summariesOf(play([[0, connect], [1, refused], ...tunnel]))).toEqual([
    'CONNECT inner.example:443 407',
    'CONNECT inner.example:443 200',
    'GET /inner 200',
  ]);
});

test('goes on with HTTP/1 where an upgrade is not granted', () => {
  const wish = 'GET /1 HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\n\r\n';
  const answers = ['1', '2'].map(n => `HTTP/1.1 200 OK\r\nX-N: ${n}\r\nContent-Length: 0\r\n\r\n`).join('');
  const run = play([
    [0, `${wish}GET /2 HTTP/1.1\r\nHost: h\r\n\r\n`],
    [1, answers],
  ]);
  expect(fieldsOf(run)).toMatchObject([
    { URL: '/1', RSP_HEADER: 'X-N: 1\r\nContent-Length: 0' },
    { URL: '/2', RSP_HEADER: 'X-N: 2\r\nContent-Length: 0' },
  ]);
});

test('tells an upgrade to HTTP/2 as it was where nobody reads that', () => {
  const turns: [0 | 1, string][] = [
    [0, 'GET /1 HTTP/1.1\r\nUpgrade: h2c\r\n\r\n'],
    [1, 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n'],
  ];
  const protocols = PROTOCOLS.filter(({ id }) => id !== 'http2');
  const run = replay(transcriptOf(turns), { protocols });
  expect(run.reported.map(({ exchange }) => exchange.summary)).toEqual(['GET /1 101']);
  expect(run.stats).toMatchObject({ sessions: 0, held_bytes: 0 });
});
