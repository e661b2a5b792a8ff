import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { readableIn } from '../src/demo/wire-tap.ts';
import { Program } from '../src/hosts/index.ts';
import { DEMO } from '../src/programs.ts';

const foldersOf = (pid: number): string[] =>
  readdirSync(tmpdir()).filter(name => name.startsWith(`nanogelf-demo-${pid}-`));

/** Source: proc(5). */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

test('the demo shows HTTP and DNS records that nobody could read on the wire, and ends with 0', async () => {
  const demo = new Program('node', [DEMO, '--seconds', '3']);
  expect(await demo.exit()).toBe(0);
  const told = demo.stdout.join('\n');
  expect(told).toMatch(/HTTP {3}127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+ GET \/orders\/42 200 [\d.]+ ms/);
  expect(told).toMatch(/DNS {4}127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+ A shop\.demo\.example NOERROR 192\.0\.2\.10/);
  expect(told).toMatch(/secret {4}.*"shop\.demo\.example".*: in the records, in no datagram/);
  expect(told).toMatch(/^0000 {2}f9 12 .*│ \{"host":/m);
});

test('as many datagrams are opened as were sent, and none is lost', async () => {
  const demo = new Program('node', [DEMO, '--seconds', '2']);
  expect(await demo.exit()).toBe(0);
  const told = demo.stdout.join('\n');
  const [, sent] = /^sent +(\d+) datagrams/m.exec(told) ?? [];
  expect(Number(sent)).toBeGreaterThan(2);
  expect(told).toMatch(new RegExp(`^opened +${sent} datagrams`, 'm'));
  expect(told).toMatch(/^lost +0 datagrams/m);
});

test('the demo ends at Ctrl-C as it does when its time is over, and leaves nothing behind', async () => {
  const demo = new Program('node', [DEMO]);
  await demo.line(/GET \/ 200/, 30_000);
  const children = childrenOf(demo.pid);
  expect(foldersOf(demo.pid).length).toBe(1);
  expect(children.length).toBe(2);
  expect(await demo.stop('SIGINT')).toBe(0);
  expect(children.filter(isAlive)).toEqual([]);
  expect(foldersOf(demo.pid)).toEqual([]);
});

test('without the right to capture the demo says in one line which command has it', async () => {
  const nobody = ['--bounding-set=-all', '--inh-caps=-all', '--reuid=65534', '--clear-groups', process.execPath];
  const demo = new Program('setpriv', [...nobody, DEMO, '--seconds', '1']);
  expect(await demo.exit()).toBe(1);
  expect(demo.stderr).toEqual([
    `demo: no right to capture (root or CAP_NET_RAW); run: sudo ${process.execPath} ${DEMO} --seconds 1`,
  ]);
});

test('what is readable in a datagram is found', () => {
  const datagrams = [Buffer.from('ab'), Buffer.from([0xf9, ...Buffer.from('GET /orders/42')])];
  expect(readableIn(datagrams, ['/orders/42', 'umbrella'])).toEqual(['/orders/42']);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
