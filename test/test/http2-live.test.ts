import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Call } from '../src/clients/grpc-main.ts';
import type { Outcome } from '../src/clients/node-http2-main.ts';
import { type Exchange, type LiveRun, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { GRPC_CLIENT, NODE_HTTP2_CLIENT } from '../src/programs.ts';
import { PAGES, serveGrpc, serveNghttpd, serveNghttpx, serveNginx, serveNodeHttp2 } from '../src/servers/http2.ts';

const PORT = 8080;
const origin = `http://127.0.0.1:${PORT}`;

let scene: LiveScene;
beforeEach(() => {
  scene = makeLiveScene();
});
afterEach(() => scene.remove());

const run = (command: string, ...args: readonly string[]): Promise<string> => scene.host.run(command, args);

/** Watches while `work` is done. */
async function watch<T>(work: () => Promise<T>): Promise<{ result: T; probe: LiveRun }> {
  const probe = await watchLoopback(scene.host, scene.folder);
  const result = await work();
  return { result, probe: await probe.finish() };
}

const byStream = (a: Exchange, b: Exchange): number => Number(a.HTTP2_STREAM) - Number(b.HTTP2_STREAM);

test('what curl gets from nginx is told as curl tells it', async () => {
  await serveNginx(scene.host, scene.folder, PORT);
  const said = '%{http_code} %{size_download}\n';
  const ask = (path: string, ...options: readonly string[]) =>
    run('curl', '-s', '--http2-prior-knowledge', '-o', '/dev/null', '-w', said, ...options, origin + path);
  const { result, probe } = await watch(async () => [
    await ask('/index.html'),
    await ask('/numbers.txt'),
    await ask('/numbers.txt', '--compressed'),
    await ask('/missing'),
    await ask('/gone', '-X', 'DELETE'),
    await ask('/index.html', '-I'),
  ]);
  const told = probe.exchanges.map(({ RETCODE, RSP_BODY_BYTES }) => `${RETCODE} ${RSP_BODY_BYTES ?? 0}`);
  expect(told).toEqual(result);
  expect(probe.exchanges).toMatchObject([
    { L7_PROTOCOL: 'HTTP', HTTP_VERSION: '2', METHOD: 'GET', URL: '/index.html', RSP_BODY: PAGES['/index.html'] },
    { METHOD: 'GET', URL: '/numbers.txt' },
    { METHOD: 'GET', URL: '/numbers.txt', RSP_BODY: expect.stringMatching(/^0\n1\n2\n/) },
    { METHOD: 'GET', URL: '/missing' },
    { METHOD: 'DELETE', URL: '/gone', RSP_BODY: 'gone\n' },
    { METHOD: 'HEAD', URL: '/index.html' },
  ]);
});

/** @returns stream, code, size and path of each, out of nghttp's statistics; `*` marks what was pushed */
function readStatistics(text: string): string[] {
  const lines = text.split('\n').filter(line => /^ +\d+ +\+/.test(line));
  return lines.map(line => {
    const [stream, , ...rest] = line.replace(' *', '').trim().split(/ +/);
    return [stream, ...rest.slice(2), line.includes(' * ') ? '*' : ''].join(' ').trim();
  });
}

const statisticOf = ({ HTTP2_STREAM, RETCODE, RSP_BODY_BYTES, URL, PUSHED }: Exchange): string =>
  `${HTTP2_STREAM} ${RETCODE} ${RSP_BODY_BYTES} ${URL}${PUSHED === 1 ? ' *' : ''}`;

test('what nghttp gets from nghttpd at once, pushed and padded, is told as its statistics tell it', async () => {
  const trailer = 'x-checked: yes';
  const push = '--push=/index.html=/style.css';
  await serveNghttpd(scene.host, scene.folder, PORT, [push, `--trailer=${trailer}`, '--padding=50']);
  const paths = ['/index.html', '/missing'].map(path => origin + path);
  const { result, probe } = await watch(() => run('nghttp', '-ns', '--padding=30', '--continuation', ...paths));
  const statistics = readStatistics(result);
  expect(statistics).toHaveLength(3);
  expect(probe.exchanges.map(statisticOf).sort()).toEqual(statistics.sort());
  for (const { ERR, RSP_TRAILER } of probe.exchanges) expect({ ERR, RSP_TRAILER }).toEqual({ RSP_TRAILER: trailer });
});

test('an Upgrade from HTTP/1 is told as curl and nghttp tell it', async () => {
  await serveNghttpx(scene.host, scene.folder, PORT, 8081);
  const said = '%{http_code} %{size_download} %{http_version}\n';
  const ask = (...options: readonly string[]) =>
    run('curl', '-s', '--http2', '-o', '/dev/null', '-w', said, ...options, `${origin}/index.html`);
  const { result, probe } = await watch(async () => ({
    curl: [await ask(), await ask('-d', 'name=value')],
    nghttp: await run('nghttp', '-nsu', `${origin}/index.html`, `${origin}/style.css`),
  }));
  const front = probe.exchanges.filter(({ DST_PORT }) => DST_PORT === PORT);
  const [get, post, ...rest] = front;
  expect([get, post].map(one => `${one?.RETCODE} ${one?.RSP_BODY_BYTES} 2`)).toEqual(result.curl);
  expect(post).toMatchObject({ METHOD: 'POST', REQ_BODY: 'name=value', HTTP2_STREAM: 1, DOMAIN: `127.0.0.1:${PORT}` });
  expect(rest.map(statisticOf).sort()).toEqual(readStatistics(result.nghttp).sort());
  expect(front.map(({ ERR }) => ERR)).toEqual(Array(4).fill(undefined));
});

test.each([0, 200, 65_536])('headers are known with HPACK tables of %i bytes', async tableBytes => {
  const sizes = [`--header-table-size=${tableBytes}`, `--encoder-header-table-size=${tableBytes}`];
  await serveNghttpd(scene.host, scene.folder, PORT, sizes);
  const headers = Array.from({ length: 8 }, (_, i) => `-Hx-common-${i}: ${String(i).repeat(50)}`);
  const ask = () => run('nghttp', '-ns', '-m', '20', ...sizes, ...headers, `${origin}/index.html`);
  const { probe } = await watch(ask);
  expect(probe.exchanges).toHaveLength(20);
  for (const exchange of probe.exchanges) {
    expect(exchange).not.toHaveProperty('ERR');
    expect(exchange).toMatchObject({ RETCODE: 200, DOMAIN: `127.0.0.1:${PORT}`, USER_AGENT: 'nghttp2/1.52.0' });
    expect(String(exchange.REQ_HEADER)).toContain('x-common-7: 77777');
  }
});

test('thousands of streams by h2load are told once each, with all their bytes', async () => {
  await serveNginx(scene.host, scene.folder, PORT);
  const { result, probe } = await watch(() =>
    run('h2load', '-n', '3000', '-c', '4', '-m', '25', `${origin}/index.html`, `${origin}/missing`),
  );
  const [, ok, failed] = /status codes: (\d+) 2xx, 0 3xx, (\d+) 4xx/.exec(result) ?? [];
  const [, dataBytes] = /\((\d+)\) data/.exec(result) ?? [];
  const count = (status: number) => probe.exchanges.filter(({ RETCODE }) => RETCODE === status).length;
  expect(Number(ok) + Number(failed)).toBe(3000);
  expect([count(200), count(404)]).toEqual([Number(ok), Number(failed)]);
  expect(probe.exchanges).toHaveLength(3000);
  const bodyBytes = probe.exchanges.reduce((sum, { RSP_BODY_BYTES }) => sum + Number(RSP_BODY_BYTES), 0);
  expect(bodyBytes).toBe(Number(dataBytes));
});

const outcomesOf = (lines: readonly string[]): Outcome[] => lines.filter(Boolean).map(line => JSON.parse(line));

/** RST_STREAM's codes as they occur here, and who sends them. */
const RESETS: { readonly [code: number]: readonly string[] } = {
  0: [],
  2: ['incomplete', 'reset_by_server', 'INTERNAL_ERROR'],
  7: ['no_response', 'reset_by_server', 'REFUSED_STREAM'],
  8: ['no_response', 'reset_by_client', 'CANCEL'],
};

/** What a record must say of it. */
function expectedOf({ stream, method, path, status, bodyBytes, body, trailers }: Outcome): object {
  const trailer = Object.entries(trailers).map(([name, value]) => `${name}: ${value}`);
  return {
    HTTP2_STREAM: stream,
    METHOD: method,
    URL: path,
    ...(status !== undefined && { RETCODE: status }),
    ...(bodyBytes > 0 && { RSP_BODY_BYTES: bodyBytes }),
    ...(/^[ -~\n]+$/.test(body) && { RSP_BODY: body }),
    ...(trailer.length > 0 && { RSP_TRAILER: trailer.join('\r\n') }),
  };
}

test.each(['one', 'all'])("what Node's client is answered (%s) is told as it tells it", async manner => {
  await serveNodeHttp2(scene.host, PORT);
  const paths = ['/page', '/page?coding=gzip', '/page?coding=br', '+/echo', '/empty', '/trailers', '/early', '/image'];
  const odd = ['/large-head', '/broken', '/refused', '!/silence', '/nowhere'];
  const { result, probe } = await watch(() => run('node', NODE_HTTP2_CLIENT, String(PORT), manner, ...paths, ...odd));
  const outcomes = outcomesOf(result.split('\n'));
  expect(outcomes).toHaveLength(13);
  const told = [...probe.exchanges].sort(byStream);
  expect(told).toMatchObject(outcomes.map(expectedOf));
  expect(told.map(({ ERR }) => ERR ?? [])).toEqual(outcomes.map(({ code }) => RESETS[code]));
  const pages = probe.exchanges.filter(({ URL }) => String(URL).startsWith('/page'));
  expect(pages.map(({ RSP_BODY }) => String(RSP_BODY).slice(0, 34))).toEqual(
    Array(3).fill('<!doctype html><title>Grüße</title'),
  );
});

test('a connection met in its middle is told, and what was announced before is marked', async () => {
  await serveNodeHttp2(scene.host, PORT);
  const client = scene.host.start('node', [NODE_HTTP2_CLIENT, String(PORT), 'one', '/before', '-', '+/echo', '/after']);
  await client.line(/"stream":1/);
  const { probe } = await watch(async () => {
    client.tell('go on');
    await client.exit();
  });
  expect(probe.exchanges).toMatchObject([
    { METHOD: 'POST', URL: '/echo', RETCODE: 200, RSP_BODY: 'POST /echo /echo', ERR: ['unseen_headers'] },
    {
      METHOD: 'GET',
      URL: '/after',
      RETCODE: 404,
      REQ_HEADER: expect.stringMatching(/^\*: \*/),
      ERR: ['unseen_headers'],
    },
  ]);
});

test('gRPC calls of every kind are told as the client tells them', async () => {
  await serveGrpc(scene.host, PORT);
  const { result, probe } = await watch(() => run('node', GRPC_CLIENT, String(PORT)));
  const calls: Call[] = result.split('\n').map(line => JSON.parse(line));
  expect(calls.map(({ method }) => method)).toEqual('Say Count Join Chat Fail Unknown Wait Say'.split(' '));
  expect([...probe.exchanges].sort(byStream)).toMatchObject(
    calls.map(({ method, sent, sentBytes }) => ({
      METHOD: 'POST',
      URL: `/nanogelf.test.v1.Echo/${method}`,
      GRPC_SERVICE: 'nanogelf.test.v1.Echo',
      GRPC_METHOD: method,
      GRPC_REQ_MSGS: sent,
      GRPC_REQ_MSG_BYTES: sentBytes,
    })),
  );
  // Which side ends a call whose time is up is a race; who loses it sends nothing.
  const answered = [...probe.exchanges].sort(byStream).filter(({ GRPC_METHOD }) => GRPC_METHOD !== 'Wait');
  expect(answered).toMatchObject(
    calls
      .filter(({ method }) => method !== 'Wait')
      .map(({ code, details, received, receivedBytes }) => ({
        GRPC_STATUS: code,
        GRPC_RSP_MSGS: received,
        GRPC_RSP_MSG_BYTES: receivedBytes,
        ...(code !== 0 && { ERR: [details] }),
      })),
  );
});
