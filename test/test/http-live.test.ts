import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Chat, Outcome } from '../src/clients/node-http1-main.ts';
import { type Exchange, type LiveRun, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { NODE_HTTP1_CLIENT } from '../src/programs.ts';
import { makeCertificate } from '../src/servers/certificate.ts';
import { PAGES, serveNginx, serveNodeHttp1 } from '../src/servers/http1.ts';

const [PORT, PROXY_PORT] = [8080, 3128];
const origin = `http://127.0.0.1:${PORT}`;

let scene: LiveScene;
beforeEach(() => {
  scene = makeLiveScene();
});
afterEach(() => scene.remove());

const run = (command: string, ...args: readonly string[]): Promise<string> => scene.host.run(command, args);

/** Watches while `work` is done. */
async function watch<T>(
  work: () => Promise<T>,
  options: readonly string[] = [],
): Promise<{ result: T; probe: LiveRun }> {
  const probe = await watchLoopback(scene.host, scene.folder, options);
  const result = await work();
  return { result, probe: await probe.finish() };
}

/** @returns what Node's client says of each exchange */
async function askNode<T = Outcome>(manner: string, ...targets: readonly string[]): Promise<T[]> {
  const text = await run('node', NODE_HTTP1_CLIENT, String(PORT), manner, ...targets);
  return text.split('\n').map(line => JSON.parse(line));
}

const toldOf = ({ RETCODE, RSP_BODY_BYTES = 0 }: Exchange): string => `${RETCODE} ${RSP_BODY_BYTES}`;

test('what curl gets from nginx is told as curl tells it', async () => {
  await serveNginx(scene.host, scene.folder, PORT);
  const ask = (path: string, ...options: readonly string[]) =>
    run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code} %{size_download}\n', ...options, origin + path);
  const { result, probe } = await watch(async () => [
    await ask('/index.html'),
    await ask('/numbers.txt'),
    await ask('/numbers.txt', '--compressed', '--raw'),
    await ask('/missing?token=abc'),
    await ask('/gone', '-X', 'DELETE'),
    await ask('/moved'),
    await ask('/index.html', '-I'),
    await ask('/numbers.txt', '-r', '10-19'),
    await ask('/style.css', '-0'),
    await ask('/index.html', '-H', 'If-None-Match: *'),
    await ask('/index.html', '-d', 'user=bob&password=hunter2', '-b', 'sid=abc'),
    await ask('/style.css', '-x', origin),
  ]);
  // What curl counts of a compressed answer are its chunks.
  const isChunked = (at: number) => at === 2;
  const without = (lines: readonly string[]) => lines.filter((_, at) => !isChunked(at));
  expect(without(probe.exchanges.map(toldOf))).toEqual(without(result));
  expect(probe.exchanges).toMatchObject([
    {
      METHOD: 'GET',
      URL: '/index.html',
      RSP_BODY: PAGES['/index.html'],
      HTTP_VERSION: '1.1',
      DOMAIN: '127.0.0.1:8080',
    },
    { URL: '/numbers.txt', RSP_BODY: PAGES['/numbers.txt']?.slice(0, 1024), TRUNCATED: 1 },
    { URL: '/numbers.txt', RSP_BODY: PAGES['/numbers.txt']?.slice(0, 1024), TRUNCATED: 1 },
    { URL: '/missing?token=[redacted]' },
    { METHOD: 'DELETE', RSP_BODY: 'gone\n' },
    { URL: '/moved', RETCODE: 301 },
    { METHOD: 'HEAD', RETCODE: 200 },
    { RETCODE: 206, RSP_BODY: PAGES['/numbers.txt']?.slice(10, 20) },
    { HTTP_VERSION: '1.0', RSP_BODY: PAGES['/style.css'] },
    { RETCODE: 304 },
    {
      METHOD: 'POST',
      REQ_BODY: 'user=bob&password=[redacted]',
      REQ_HEADER: expect.stringContaining('Cookie: [redacted]'),
    },
    { URL: `${origin}/style.css`, DOMAIN: '127.0.0.1:8080', RSP_BODY: PAGES['/style.css'] },
  ]);
  expect(probe.exchanges.map(({ ERR }) => ERR)).toEqual(result.map(() => undefined));
}, 30_000);

test("what Node's clients get from Node's server is told as they tell it", async () => {
  await serveNodeHttp1(scene.host, PORT);
  const codings = ['gzip', 'deflate', 'raw', 'br', 'gzip, br'].map(
    coding => `/page?coding=${encodeURIComponent(coding)}`,
  );
  const { result, probe } = await watch(async () => [
    ...(await askNode('fetch', '/page', ...codings)),
    ...(await askNode(
      'http',
      '/chunks',
      '/empty',
      '/early',
      '+posted',
      '!continued',
      '/unchanged',
      '/latin1',
      '/close',
    )),
    ...(await askNode('form')),
  ]);
  // A body that ends with the connection is told when that has ended.
  const told = probe.exchanges.toSorted((one, other) => (String(one.BEGIN_TIME) < String(other.BEGIN_TIME) ? -1 : 1));
  expect(told.map(({ RETCODE }) => RETCODE)).toEqual(result.map(({ status }) => status));
  expect(told.map(({ RSP_BODY }) => RSP_BODY ?? '')).toEqual(
    result.map(({ body }) =>
      Buffer.from(body)
        .subarray(0, 1024)
        .toString()
        .replace(/\ufffd$/, ''),
    ),
  );
  expect(told.flatMap(({ RSP_TRAILER }) => RSP_TRAILER ?? [])).toEqual(['X-Sum: 18']);
  expect(told.map(({ ERR }) => ERR)).toEqual(result.map(() => undefined));
  expect(told.flatMap(({ REQ_BODY }) => REQ_BODY ?? [])).toEqual([
    'posted',
    'continued',
    'user, 7 B: jürgen\npassword, 7 B: [redacted]\nphoto, "me.png", image/png, 200000 B',
  ]);
}, 30_000);

test('what nginx sends compressed by zstd is told as curl reads it, cut at bodylen', async () => {
  await serveNginx(scene.host, scene.folder, PORT);
  const folder = join(scene.folder, 'www/zstd');
  mkdirSync(folder);
  const words = Array.from({ length: 100_000 }, (_, i) => (i * 2_654_435_761) % 9973).join(' ');
  const texts = { short: 'Grüße, '.repeat(50), long: words.slice(0, 20_000), large: words };
  for (const [name, text] of Object.entries(texts))
    execFileSync('zstd', ['-q', '-o', join(folder, name)], { input: text });
  const urls = Object.keys(texts).map(name => `${origin}/zstd/${name}`);
  const { result, probe } = await watch(() => run('curl', '-s', '--compressed', ...urls));
  expect(result).toBe(Object.values(texts).join(''));
  // A block of the large one alone is more than is kept of a body.
  const expected = [texts.short, texts.long.slice(0, 1024), undefined];
  expect(probe.exchanges.map(({ RSP_BODY }) => RSP_BODY)).toEqual(expected);
}, 30_000);

test('what is pipelined is told in its order, by each connection', async () => {
  await serveNginx(scene.host, scene.folder, PORT);
  const targets = Array.from({ length: 60 }, (_, i) => (i % 7 === 3 ? '/gone' : `/say/${i}`));
  const { result, probe } = await watch(() => askNode('pipeline', ...targets));
  expect(result).toHaveLength(targets.length);
  expect(probe.exchanges.map(({ URL }) => URL)).toEqual(targets);
  expect(probe.exchanges.map(({ RETCODE }) => RETCODE)).toEqual(result.map(({ status }) => status));
  expect(probe.exchanges.map(({ RSP_BODY }) => RSP_BODY)).toEqual(result.map(({ body }) => body));
}, 30_000);

/** Four requests at a time, each with a path of its own; a pause before the next four. */
const WRK_SCRIPT = `
local n = 0
function setup(thread) thread:set('id', tostring(thread)) end
function delay() return 10 end
function request()
  local four = {}
  for i = 1, 4 do
    n = n + 1
    four[i] = wrk.format('GET', '/say/' .. n)
  end
  return table.concat(four)
end
`;

test("wrk's pipelined requests are each told once, with the answer that is theirs", async () => {
  await serveNginx(scene.host, scene.folder, PORT);
  const script = join(scene.folder, 'pipelined.lua');
  writeFileSync(script, WRK_SCRIPT);
  const { result, probe } = await watch(() => run('wrk', '-t1', '-c8', '-d2s', '-s', script, origin));
  const answered = Number(/(\d+) requests in/.exec(result)?.[1]);
  const dropped = probe.counters['capture.dropped'] ?? 0;
  const whole = probe.exchanges.filter(({ URL, RETCODE }) => URL !== undefined && RETCODE === 200);
  console.log(`wrk counts ${answered} answers, ${whole.length} reported whole, ${dropped} frames dropped`);
  expect(answered).toBeGreaterThan(100);
  expect(whole.filter(({ URL, RSP_BODY }) => RSP_BODY !== `${URL} here\n`)).toEqual([]);
  expect(new Set(whole.map(({ URL }) => URL)).size).toBe(whole.length);
  // wrk stops without waiting: the last answers it does not count.
  expect(whole.length).toBeGreaterThanOrEqual(answered - dropped);
  expect(whole.length).toBeLessThanOrEqual(answered + 8 * 4);
}, 30_000);

test("a WebSocket's messages are counted as its client counts them", async () => {
  await serveNodeHttp1(scene.host, PORT);
  const { result, probe } = await watch(() => askNode<Chat>('socket', '/plain', '/deflated?deflate'));
  const ends = probe.exchanges.filter(({ METHOD }) => METHOD === 'WEBSOCKET');
  expect(probe.exchanges.filter(({ RETCODE }) => RETCODE === 101)).toHaveLength(2);
  expect(ends.map(({ SRC_WS_MSGS, DST_WS_MSGS }) => [SRC_WS_MSGS, DST_WS_MSGS])).toEqual(
    result.map(({ sent, received }) => [sent, received]),
  );
  const [plain, deflated] = ends;
  expect([plain?.SRC_WS_BYTES, plain?.DST_WS_BYTES]).toEqual([result[0]?.sentBytes, result[0]?.receivedBytes]);
  expect(Number(deflated?.SRC_WS_BYTES)).toBeLessThan(Number(result[1]?.sentBytes) / 2);
  // Two pings and a close, from the other side their answers.
  for (const end of ends)
    expect(end).toMatchObject({ SRC_WS_CONTROLS: 3, DST_WS_CONTROLS: 3, WS_CLOSE: 1000, WS_CLOSE_TEXT: 'done' });
  expect(ends.map(({ ERR }) => ERR)).toEqual([undefined, undefined]);
}, 30_000);

test('what goes through a tunnel is told behind it, HTTP and TLS', async () => {
  await serveNodeHttp1(scene.host, PROXY_PORT);
  await serveNginx(scene.host, scene.folder, PORT);
  const { cert, key } = await makeCertificate(scene.folder, 'tls.example');
  const secure = scene.host.start('openssl', ['s_server', '-accept', '4430', '-cert', cert, '-key', key, '-www']);
  await secure.line(/ACCEPT/);
  const proxy = ['-s', '-o', '/dev/null', '-p', '-x', `http://127.0.0.1:${PROXY_PORT}`];
  const { probe } = await watch(async () => {
    await run('curl', ...proxy, `${origin}/index.html`);
    await run('curl', ...proxy, '-k', 'https://localhost:4430/');
  });
  const outside = probe.exchanges.filter(({ DST_PORT }) => DST_PORT === PROXY_PORT);
  expect(outside).toMatchObject([
    { L7_PROTOCOL: 'HTTP', METHOD: 'CONNECT', URL: '127.0.0.1:8080', RETCODE: 200 },
    { L7_PROTOCOL: 'HTTP', METHOD: 'GET', URL: '/index.html', RSP_BODY: PAGES['/index.html'] },
    { L7_PROTOCOL: 'HTTP', METHOD: 'CONNECT', URL: 'localhost:4430', RETCODE: 200 },
    { L7_PROTOCOL: 'TLS', SNI: 'localhost', TLS_VERSION: '1.3' },
  ]);
  const names = probe.conversations.filter(({ DST_PORT }) => DST_PORT === PROXY_PORT).map(one => one.L7_PROTOCOL);
  expect(new Set(names)).toEqual(new Set(['HTTP']));
}, 30_000);

test('what is hidden changes with the configuration, without a restart', async () => {
  await serveNginx(scene.host, scene.folder, PORT);
  const file = join(scene.folder, 'nano.conf');
  writeFileSync(file, 'redact-off=*\n');
  const probe = await watchLoopback(scene.host, scene.folder, [`@${file}`]);
  await run('curl', '-s', `${origin}/index.html?token=abc&iban=DE1`);
  await probe.settle();
  writeFileSync(file, 'redact=iban\njsonsample=1000000\n');
  probe.program.child.kill('SIGHUP');
  await probe.program.line(/configuration reloaded/);
  await run('curl', '-s', `${origin}/index.html?token=abc&iban=DE1`);
  await probe.settle();
  writeFileSync(file, 'redact=iban\n');
  probe.program.child.kill('SIGHUP');
  await probe.program.until(() => probe.program.stderr.filter(line => /reloaded/.test(line))[1], 'a second reload');
  await run('curl', '-s', `${origin}/index.html?token=abc&iban=DE1`);
  const { exchanges, counters } = await probe.finish();
  expect(exchanges.map(({ URL }) => URL)).toEqual([
    '/index.html?token=abc&iban=DE1',
    '/index.html?token=[redacted]&iban=[redacted]',
  ]);
  expect(counters['protocols.sampled_out']).toBe(1);
}, 30_000);
