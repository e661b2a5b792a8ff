import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type HostPair, makeHostPair, pause } from '../src/hosts/index.ts';
import { type Exchange, type LiveProbe, watchDevice } from '../src/live/index.ts';

let hosts: HostPair;
let folder: string;
const inFolder = (name: string): string => join(folder, name);

/** Answers HTTP, and datagrams with what was in them. */
const SERVER = `
  require('http').createServer((q, r) => r.end(q.url.repeat(200))).listen(80, () => console.log('up'));
  const socket = require('dgram').createSocket('udp4');
  socket.on('message', (bytes, { port, address }) => socket.send(bytes, port, address)).bind(7);`;
/** 120 connections with 4 requests each, 40 sockets with 3 datagrams each that go in fragments. */
const CLIENT = `
  const http = require('http');
  const get = (agent, path) => new Promise((done, fail) => http.get({ host: '10.77.0.2', path, agent }, r => r.resume().on('end', done)).on('error', fail));
  const connection = async n => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let k = 0; k < 4; k++) await get(agent, '/' + n + '/' + k);
    agent.destroy();
  };
  const datagrams = () => new Promise(done => {
    const socket = require('dgram').createSocket('udp4');
    let left = 3;
    const send = () => socket.send('x'.repeat(left % 2 ? 3000 : 100), 7, '10.77.0.2');
    const again = setInterval(send, 1000); // a server that is busy may lose one
    socket.on('message', () => {
      if (--left > 0) return send();
      clearInterval(again);
      socket.removeAllListeners('message').close(done);
    });
    send();
  });
  (async () => {
    await Promise.all(Array.from({ length: 120 }, (_, n) => connection(n)));
    for (let n = 0; n < 10; n++) await Promise.all(Array.from({ length: 4 }, datagrams));
  })();`;

beforeAll(async () => {
  hosts = makeHostPair();
  folder = mkdtempSync(join(tmpdir(), 'nanogelf-threads-'));
  await hosts.b.start('node', ['-e', SERVER]).line(/up/);
});

afterAll(() => {
  hosts?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What does not depend on the microsecond in which a probe looked. */
const SAME =
  /^(SRC_IP|DST_IP|SRC_PORT|DST_PORT|STATE|L7_PROTOCOL|TOTAL_(BYTES|PKTS)|(SRC_|DST_)?(\w+_PKTS|LOST_BYTES)|URL|RETCODE|BYTES)$/;
const briefly = (records: readonly Exchange[]): string[] =>
  records
    .filter(({ STATE }) => STATE !== 'ACTIVE')
    .map(record => JSON.stringify(Object.entries(record).filter(([name]) => SAME.test(name))))
    .sort();

test('two threads report what one reports: each conversation and exchange once, in whole', async () => {
  const [left, right] = [mkdtempSync(inFolder('one-')), mkdtempSync(inFolder('two-'))];
  const one = await watchDevice(hosts.a, 'link-a', left, ['--interval', '3600']);
  const sends = ['--exp-domain', '10.77.0.2:12201'];
  const two = await watchDevice(hosts.a, 'link-a', right, ['--interval', '3600', '--threads', '2', ...sends]);
  await hosts.a.run('node', ['-e', CLIENT]);
  const [single, shared] = [await one.finish(), await two.finish()];

  const isOurs = ({ DST_PORT }: Exchange) => DST_PORT === 80 || DST_PORT === 7;
  const expected = single.conversations.filter(isOurs);
  expect(expected.length).toBe(160);
  expect(single.exchanges.length).toBe(480);
  expect(briefly(shared.conversations.filter(isOurs))).toEqual(briefly(expected));
  expect(briefly(shared.exchanges)).toEqual(briefly(single.exchanges));

  const { counters } = shared;
  const packets = [counters['workers.0.packets'] ?? 0, counters['workers.1.packets'] ?? 0];
  expect(Math.min(...packets)).toBeGreaterThan(Math.max(...packets) / 3);
  expect(counters['flow.packets']).toBe(packets[0]! + packets[1]!);
  expect(counters['capture.dropped'] ?? 0).toBe(0);
  // What it sends itself passes the workers too.
  expect(counters['capture.own']).toBeGreaterThan(0);
  expect(shared.conversations.filter(({ DST_PORT }) => DST_PORT === 12201)).toEqual([]);
});

test('what the rings of the workers have no room for is counted, and only that is missing', async () => {
  const probe = await watchDevice(hosts.b, 'lo', folder, ['--threads', '2', '--filter-bpf', 'udp port 9']);
  probe.program.child.kill('SIGSTOP');
  const flood = `
    const sockets = Array.from({ length: 8 }, () => require('dgram').createSocket('udp4'));
    const sink = require('dgram').createSocket('udp4').bind(9, async () => {
      for (let n = 0; n < 1200; n++) await new Promise(sent => sockets[n % 8].send(Buffer.alloc(60000), 9, '127.0.0.' + (1 + n % 8), sent));
      process.exit();
    });`;
  await hosts.b.run('node', ['-e', flood]);
  probe.program.child.kill('SIGCONT');
  const { counters, conversations } = await probe.finish();
  expect(counters['capture.received']).toBe(1200);
  expect(counters['capture.dropped']).toBeGreaterThan(0);
  expect(counters['flow.packets']).toBe(1200 - (counters['capture.dropped'] ?? 0));
  const sum = conversations.reduce((packets, { PKTS }) => packets + Number(PKTS), 0);
  expect(sum).toBe(counters['flow.packets']);
});

test('a stop with more open conversations than records can be on the way hands over every record', async () => {
  const probe = await watchDevice(hosts.b, 'lo', folder, ['--threads', '2', '--filter-bpf', 'udp port 9']);
  const scan = `
    const socket = require('dgram').createSocket('udp4').on('error', () => {});
    (async () => {
      for (let n = 1; n <= 50000; n++) await new Promise(sent => socket.send('x', 9, '127.1.' + (n >> 8) + '.' + (n & 255), sent));
      process.exit();
    })();`;
  await hosts.b.run('node', ['-e', scan]);
  const { counters, conversations } = await probe.finish();
  expect(counters['flow.finished']).toBe(50_000);
  // Standard output drops what its reader has no time for, with one thread as with two.
  const [sent = 0, dropped = 0] = [counters['output.stdout.sent'], counters['output.stdout.dropped.queue_full']];
  expect(sent + dropped).toBe(50_000);
  expect(conversations.length).toBe(sent);
});

/** Requests on connections of their own, until all are in the counters. */
async function request(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await hosts.a.run('curl', ['-s', '-o', '/dev/null', 'http://10.77.0.2/']);
}

const filtered = async (probe: LiveProbe): Promise<number> => (await probe.settle())['capture.filtered'] ?? 0;

test('a changed configuration reaches every worker', async () => {
  const file = inFolder('nano.conf');
  writeFileSync(file, 'interval=3600\n');
  const probe = await watchDevice(hosts.a, 'link-a', folder, [
    '--config',
    file,
    '--threads',
    '2',
    '--filter-bpf',
    'tcp',
  ]);
  await request(6);
  expect(await filtered(probe)).toBe(0);
  writeFileSync(file, 'interval=3600\ndrop=80\n');
  probe.program.child.kill('SIGHUP');
  await probe.program.line(/"configuration reloaded"/);
  await pause(500);
  const before = await probe.settle();
  await request(12);
  const { counters, exchanges } = await probe.finish();
  expect(exchanges.length).toBe(6);
  expect(counters['flow.packets']).toBe(before['flow.packets']);
  expect(counters['capture.filtered']).toBeGreaterThan(0);
});

test('a device that goes and comes again is shared again', async () => {
  const ip = (words: string) => hosts.a.run('ip', words.split(' '));
  await ip('link add spare type veth peer name pair');
  await ip('link set pair up');
  const probe = await watchDevice(hosts.a, 'spare', folder, ['--threads', '2', '--filter-bpf', 'udp port 9']);
  expect(probe.program.stderr.filter(line => line.includes('spare is down'))).toHaveLength(1);
  await ip('link set spare up');
  await probe.program.line(/spare is captured now/);
  await ip('link del spare');
  await probe.program.line(/spare is gone/);
  await ip('link add spare type veth peer name pair');
  for (const end of ['spare', 'pair']) await ip(`link set ${end} up`);
  await probe.program.line(/spare came/);
  // The other worker says nothing of it, and has a second of its own.
  await pause(2500);
  await ip('address add 10.79.0.1/24 dev spare');
  await ip('neighbour add 10.79.0.2 lladdr 02:00:00:00:00:01 dev spare');
  const send = `
    const sockets = Array.from({ length: 1 }, () => require('dgram').createSocket('udp4'));
    (async () => {
      for (let n = 0; n < 20; n++) await new Promise(sent => sockets[0].send('x', 9, '10.79.0.2', sent));
      process.exit();
    })();`;
  await hosts.a.run('node', ['-e', send]);
  const { conversations, counters } = await probe.finish();
  expect(conversations.map(({ PKTS }) => PKTS)).toEqual([20]);
  expect(counters).toMatchObject({ 'capture.interfaces_came': 1, 'capture.interfaces_gone': 1 });
});
