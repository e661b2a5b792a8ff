import { spawnSync } from 'node:child_process';
import { afterEach, expect, test } from '@jest/globals';
import {
  Forwarder,
  type HostPair,
  hostNamespaces,
  makeHostPair,
  Program,
  pause,
  runProgram,
} from '../src/hosts/index.ts';

let hosts: HostPair | undefined;
afterEach(() => {
  hosts?.remove();
  hosts = undefined;
});

test('two hosts reach each other over their link, and nothing else', async () => {
  hosts = makeHostPair();
  const server = hosts.b.start('node', [
    '-e',
    "require('http').createServer((q, r) => r.end('from b')).listen(80, () => console.log('up'))",
  ]);
  await server.line(/up/);
  expect(await hosts.a.run('curl', ['-s', `http://${hosts.b.address}/`])).toBe('from b');
  await expect(hosts.a.run('curl', ['-s', '--max-time', '1', 'http://192.0.2.1/'])).rejects.toThrow('exit status 7');
});

test('removing the hosts ends what runs in them', async () => {
  hosts = makeHostPair();
  const sleeper = hosts.a.start('sleep', ['60']);
  await pause(200);
  hosts.remove();
  expect(await sleeper.exit()).toBe(-2);
  expect(hostNamespaces().filter(name => name.includes(`-${process.pid}-`))).toEqual([]);
});

test('what a crashed run left behind is removed by the next', () => {
  const gone = spawnSync('true').pid;
  spawnSync('ip', ['netns', 'add', `nanogelf-${gone}-a`], { stdio: 'inherit' });
  expect(hostNamespaces()).toContain(`nanogelf-${gone}-a`);
  hosts = makeHostPair();
  expect(hostNamespaces()).not.toContain(`nanogelf-${gone}-a`);
});

test('a program that ends, or stays silent, is not waited for in vain', async () => {
  await expect(new Program('false').line(/ready/)).rejects.toThrow('false: ended without a line like /ready/');
  const silent = new Program('sleep', ['60']);
  await expect(silent.line(/ready/, 50)).rejects.toThrow('did not write a line like /ready/ in 50 ms');
  expect(await silent.stop()).toBe(-2);
  await expect(runProgram('no-such-program')).rejects.toThrow('ENOENT');
});

const SHARES = { seed: 7, dropped: 0.01, doubled: 0.02, delayed: 0.03 };

function forward(count: number, shares = SHARES): { out: number[]; forwarder: Forwarder } {
  const out: number[] = [];
  const forwarder = new Forwarder(shares, datagram => out.push(Buffer.from(datagram).readUInt32BE()));
  forwarder.rage();
  for (let index = 0; index < count; index++) {
    const datagram = Buffer.alloc(4);
    datagram.writeUInt32BE(index);
    forwarder.accept(datagram);
  }
  forwarder.flush();
  return { out, forwarder };
}

test('the forwarder does to each datagram what its log says', () => {
  const { out, forwarder } = forward(20_000);
  const expected = forwarder.log.flatMap(({ fate }, index) =>
    fate === 'dropped' ? [] : fate === 'doubled' ? [index, index] : [index],
  );
  expect(out.toSorted((one, two) => one - two)).toEqual(expected);
  const late = out.filter((value, index) => out.slice(Math.max(0, index - 9), index).some(before => before > value));
  expect(new Set(late).size).toBe(forwarder.log.filter(({ fate }) => fate === 'delayed' || fate === 'doubled').length);
});

test('the forwarder keeps to its shares, and does the same again for the same seed', () => {
  const one = forward(20_000);
  const share = (fate: string) => one.forwarder.log.filter(entry => entry.fate === fate).length / 20_000;
  expect(share('dropped')).toBeCloseTo(SHARES.dropped, 2);
  expect(share('doubled')).toBeCloseTo(SHARES.doubled, 2);
  expect(share('delayed')).toBeCloseTo(SHARES.delayed, 2);
  expect(forward(20_000).out).toEqual(one.out);
  expect(forward(20_000, { ...SHARES, seed: 8 }).out).not.toEqual(one.out);
});

test('the forwarder replays what it delivered, and only that', () => {
  const { out, forwarder } = forward(1000);
  out.length = 0;
  const delivered = forwarder.log.flatMap(({ fate }, index) => (fate === 'dropped' ? [] : [index]));
  expect(forwarder.replay()).toBe(delivered.length);
  expect(out).toEqual(delivered);
});
