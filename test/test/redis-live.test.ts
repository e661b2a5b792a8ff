import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Host } from '../src/hosts/index.ts';
import { type Exchange, type LiveProbe, type LiveScene, makeLiveScene, watchLoopback } from '../src/live/index.ts';
import { REDIS_CLIENT, REDIS_LOAD } from '../src/programs.ts';
import { startRedis } from '../src/servers/redis.ts';

const PORT = 6390;
const PACED_COMMANDS = 75_000;
const BURST_COMMANDS = 100_000;
/** The ring holds it, however late a busy machine reads it. */
const LARGE_BYTES = 4_000_000;
/** The probe's whole memory: what it starts with, its rings and tables, and what it keeps of conversations. */
const RESIDENT_LIMIT_KB = 110 * 1024;
/** Faster than they can be written, records queue up beside that: 8 MB of lines, and the garbage of making them. */
const BURST_LIMIT_KB = 140 * 1024;

let scene: LiveScene;
beforeEach(() => {
  scene = makeLiveScene();
});
afterEach(() => scene.remove());

/** redis-cli asks for nothing of its own when COMMAND is not there. */
const WITHOUT_DOCS = ['--rename-command', 'COMMAND', ''];

/** @returns what redis-cli printed for each line */
async function tellCli(host: Host, lines: readonly string[], options = ''): Promise<string[]> {
  const script = `printf '%s\\n' "$@" | redis-cli -p ${PORT} ${options}`;
  const said = await host.run('sh', ['-c', script, 'sh', ...lines]);
  return said.split('\n');
}

const byConnection = (exchanges: readonly Exchange[]): Exchange[][] => {
  const ports = [...new Set(exchanges.map(({ SRC_PORT }) => SRC_PORT))];
  return ports.map(port => exchanges.filter(({ SRC_PORT }) => SRC_PORT === port));
};

test('what redis-cli asks is told as it prints it', async () => {
  const { host, folder } = scene;
  await startRedis(host, folder, PORT, WITHOUT_DOCS);
  const probe = await watchLoopback(host, folder);
  const lines = [
    ...['SET city "São Paulo"', 'GET city', 'STRLEN city', 'INCR visits', 'DEL nothing', 'ECHO "a b"', 'TYPE visits'],
    ...['HINCRBY h f 7', 'ZADD z 1.5 a', 'ZSCORE z a', 'OBJECT ENCODING z', 'EXPIRE city 100', 'PTTL nothing'],
  ];
  const printed = await tellCli(host, lines, '--raw');
  const { exchanges } = await probe.finish();
  const told = exchanges.filter(({ COMMAND }) => !String(COMMAND).startsWith('COMMAND'));
  expect(told.map(({ REQ }) => REQ)).toEqual(lines);
  expect(told.map(({ RES }) => RES)).toEqual(printed);
  expect(new Set(told.map(({ L7_PROTOCOL, RESP }) => `${L7_PROTOCOL} ${RESP}`))).toEqual(new Set(['REDIS 1']));
});

test('what ioredis did, on three connections, in pipelines, transactions and at once, is told command by command', async () => {
  const { host, folder } = scene;
  await startRedis(host, folder, PORT);
  const probe = await watchLoopback(host, folder, ['--bodylen', '4096']);
  const did = await host.run('node', [REDIS_CLIENT, String(PORT), '7', '150']);
  const { exchanges } = await probe.finish();
  const said = did.split('\n').map((line): [number, string, string] => JSON.parse(line));
  const expected = [0, 1, 2].map(connection => said.filter(([from]) => from === connection).map(([, ...rest]) => rest));
  const told = byConnection(exchanges).map(some => some.map(({ REQ, RES }) => [REQ, RES]));
  expect(said.length).toBeGreaterThan(2000);
  expect(told).toHaveLength(3);
  for (const some of expected) expect(told).toContainEqual(some);
  const errors = exchanges.filter(({ ERR, COMMAND }) => ERR !== undefined && COMMAND !== 'EXEC');
  expect(errors.map(({ ERR }) => ERR)).toEqual(errors.map(({ RES }) => RES));
});

/** Peak of the probe's memory so far. */
const residentKb = (probe: LiveProbe): number =>
  Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${probe.program.pid}/status`, 'utf8'))?.[1]);

const incremented = (exchanges: readonly Exchange[]): number[] =>
  exchanges.filter(({ COMMAND }) => COMMAND === 'INCR').map(({ RES }) => Number(RES));

test('15,000 pipelined commands a second are told one by one, each with its own reply', async () => {
  const { host, folder } = scene;
  await startRedis(host, folder, PORT);
  const probe = await watchLoopback(host, folder);
  const said = await host.run('node', [REDIS_LOAD, String(PORT), String(PACED_COMMANDS), '15000']);
  await probe.settle();
  const peakKb = residentKb(probe);
  const { exchanges } = await probe.finish();
  expect(said).toBe(String(PACED_COMMANDS));
  expect(incremented(exchanges)).toEqual(Array.from({ length: PACED_COMMANDS }, (_, i) => i + 1));
  expect(peakKb).toBeLessThan(RESIDENT_LIMIT_KB);
});

test('of a burst by redis-benchmark every exchange is read, and none mispaired', async () => {
  const { host, folder } = scene;
  await startRedis(host, folder, PORT);
  const probe = await watchLoopback(host, folder);
  const counts = ['-n', String(BURST_COMMANDS), '-c', '4', '-P', '32'];
  await host.run('redis-benchmark', ['-p', String(PORT), ...counts, '-q', 'INCR', 'counter']);
  await probe.settle();
  const peakKb = residentKb(probe);
  const { exchanges, counters } = await probe.finish();
  // Its two CONFIG GET come on top. The file takes fewer records a second than it makes, so some are not written.
  expect(counters).toMatchObject({ 'protocols.redis.exchanges': BURST_COMMANDS + 2 });
  const ports = [...new Set(exchanges.map(({ SRC_PORT }) => SRC_PORT))];
  for (const port of ports) {
    const replies = incremented(exchanges.filter(({ SRC_PORT }) => SRC_PORT === port));
    expect(replies).toEqual(replies.toSorted((one, other) => one - other));
  }
  expect(new Set(incremented(exchanges)).size).toBe(incremented(exchanges).length);
  expect(exchanges.filter(({ RESP, REDIS_RESPONSE }) => RESP !== 1 || REDIS_RESPONSE === undefined)).toEqual([]);
  expect(peakKb).toBeLessThan(BURST_LIMIT_KB);
});

test('messages reach the records as they reach a subscriber, and a monitor sees what was asked', async () => {
  const { host, folder } = scene;
  await startRedis(host, folder, PORT, WITHOUT_DOCS);
  const probe = await watchLoopback(host, folder);
  const subscriber = host.start('redis-cli', ['-p', String(PORT), '--csv', 'SUBSCRIBE', 'news', 'weather']);
  const monitor = host.start('redis-cli', ['-p', String(PORT), 'MONITOR']);
  await subscriber.line(/"subscribe","weather"/);
  await monitor.line(/OK/);
  await tellCli(host, ['PUBLISH news one', 'PUBLISH weather "two words"', 'PUBLISH other three']);
  await subscriber.line(/two words/);
  await monitor.line(/three/);
  const { exchanges } = await probe.finish();
  const pushed = exchanges.filter(({ PUSH }) => PUSH === 'message').map(({ RES }) => RES);
  expect(pushed).toEqual(['[message, news, one]', '[message, weather, "two words"]']);
  const seen = exchanges.filter(({ PUSH }) => PUSH === 'monitor').map(({ RES }) => RES);
  expect(seen).toEqual(monitor.stdout.filter(line => line !== 'OK'));
  expect(exchanges.filter(({ COMMAND }) => COMMAND === 'SUBSCRIBE')).toMatchObject([
    { RES: '[subscribe, news, 1] [subscribe, weather, 2]' },
  ]);
});

test('a value larger than anything that is kept goes by, both ways, and its beginning is told', async () => {
  const { host, folder } = scene;
  await startRedis(host, folder, PORT);
  const probe = await watchLoopback(host, folder);
  const value = `head -c ${LARGE_BYTES} /dev/zero | tr '\\0' v`;
  const stored = await host.run('sh', ['-c', `${value} | redis-cli -p ${PORT} -x SET large`]);
  await probe.settle();
  const got = await host.run('sh', ['-c', `redis-cli -p ${PORT} GET large | wc -c`]);
  const { exchanges } = await probe.finish();
  expect([stored, got]).toEqual(['OK', String(LARGE_BYTES + 1)]);
  const beginning = expect.stringMatching(/v{1000}/);
  expect(exchanges).toMatchObject([
    { COMMAND: 'SET', REQ: beginning, RES: 'OK', TRUNCATED: 1, BYTES: LARGE_BYTES + 41 },
    { COMMAND: 'GET', RES: beginning, TRUNCATED: 1, BYTES: LARGE_BYTES + 36 },
  ]);
});

test('a password is in no record', async () => {
  const { host, folder } = scene;
  const password = 'correct-horse';
  await startRedis(host, folder, PORT, ['--requirepass', password, ...WITHOUT_DOCS]);
  const probe = await watchLoopback(host, folder);
  const changes = [`CONFIG SET requirepass ${password}2`, `ACL SETUSER ada on >${password}3`, 'CONFIG GET requirepass'];
  await tellCli(host, changes, `-a ${password} --no-auth-warning`);
  await tellCli(host, ['HELLO 3 AUTH ada correct-horse3', `AUTH ${password}`]);
  const { exchanges, conversations } = await probe.finish();
  expect(exchanges.filter(({ COMMAND }) => COMMAND === 'AUTH').map(({ REQ }) => REQ)).toEqual([
    'AUTH [redacted]',
    'AUTH [redacted]',
  ]);
  expect(exchanges.filter(({ ERR }) => String(ERR).startsWith('WRONGPASS'))).toHaveLength(1);
  expect(JSON.stringify([exchanges, conversations])).not.toContain(password);
});
