import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Host, type HostPair, makeHostPair } from '../src/hosts/index.ts';
import { type Exchange, type LiveRun, watchDevice } from '../src/live/index.ts';

/** Client (a) - what is in between (b) - server (c). */
let hosts: HostPair;
let server: Host;
let folder: string;

const ip = (host: Host, words: string): string =>
  execFileSync('ip', ['-n', host.namespace, ...words.split(' ')], { encoding: 'utf8' });

beforeAll(async () => {
  hosts = makeHostPair();
  folder = mkdtempSync(join(tmpdir(), 'nanogelf-duplicates-'));
  server = new Host('c', '10.77.1.2', 'link-c');
  execFileSync('ip', ['netns', 'add', server.namespace]);
  ip(server, 'link set lo up');
  ip(hosts.b, `link add to-c type veth peer name link-c netns ${server.namespace}`);
  ip(hosts.b, 'link set to-c up');
  ip(server, 'link set link-c up');
  const program =
    "require('http').createServer((q, r) => r.end('x'.repeat(20000))).listen(80, () => console.log('up'))";
  await server.start('node', ['-e', program]).line(/up/);
  await hosts.b.start('node', ['-e', program]).line(/up/);
});

afterAll(() => {
  hosts?.remove();
  const pids = execFileSync('ip', ['netns', 'pids', server.namespace], { encoding: 'utf8' });
  for (const pid of pids.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
  execFileSync('ip', ['netns', 'del', server.namespace]);
  rmSync(folder, { recursive: true, force: true });
});

/** @returns what the client's own device shows of requests to `address`, and what `any` in between shows */
async function fetchThrough(address: string): Promise<{ there: LiveRun; between: LiveRun }> {
  const there = await watchDevice(hosts.a, 'link-a', folder, ['--filter-bpf', 'tcp']);
  const between = await watchDevice(hosts.b, 'any', folder, ['--filter-bpf', 'tcp']);
  for (let count = 0; count < 5; count++) await hosts.a.run('curl', ['-s', '-o', '/dev/null', `http://${address}/`]);
  const [first, second] = await Promise.all([there.finish(), between.finish()]);
  return { there: first, between: second };
}

const SAME = /^(SRC_IP|DST_IP|SRC_PORT|DST_PORT|STATE|TOTAL_(BYTES|PKTS)|(SRC_|DST_)?(\w+_PKTS|LOST_BYTES))$/;
const briefly = (records: readonly Exchange[]): Exchange[] =>
  records
    .map(record => Object.fromEntries(Object.entries(record).filter(([name]) => SAME.test(name))))
    .sort((a, b) => Number(a.SRC_PORT) - Number(b.SRC_PORT));

function expectOnce({ there, between }: { there: LiveRun; between: LiveRun }): void {
  expect(there.conversations).toHaveLength(5);
  expect(briefly(between.conversations)).toEqual(briefly(there.conversations));
  expect(between.conversations.every(({ RETRANS_PKTS }) => RETRANS_PKTS === 0)).toBe(true);
  expect(between.exchanges).toHaveLength(5);
  // Each packet was seen on two devices.
  expect(between.counters['capture.duplicates']).toBe(there.counters['flow.packets']);
  expect(between.counters['flow.packets']).toBe(there.counters['flow.packets']);
  expect(there.counters['capture.duplicates']).toBeUndefined();
}

test('a host that routes between two devices reports each packet once', async () => {
  ip(server, 'address add 10.77.1.2/24 dev link-c');
  ip(server, 'route add 10.77.0.0/24 via 10.77.1.1');
  ip(hosts.b, 'address add 10.77.1.1/24 dev to-c');
  ip(hosts.a, 'route add 10.77.1.0/24 via 10.77.0.2');
  await hosts.b.run('sh', ['-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']);
  expectOnce(await fetchThrough('10.77.1.2'));
});

test('a bridge and its ports report each packet once, what is for the bridge itself too', async () => {
  ip(hosts.b, 'address flush dev to-c');
  ip(hosts.b, 'address flush dev link-b');
  ip(hosts.b, 'link add bridge type bridge');
  for (const port of ['to-c', 'link-b']) ip(hosts.b, `link set ${port} master bridge`);
  ip(hosts.b, 'address add 10.77.0.2/24 dev bridge');
  ip(hosts.b, 'link set bridge up');
  ip(server, 'address flush dev link-c');
  ip(server, 'address add 10.77.0.3/24 dev link-c');
  expectOnce(await fetchThrough('10.77.0.3'));
  expectOnce(await fetchThrough('10.77.0.2'));
});
