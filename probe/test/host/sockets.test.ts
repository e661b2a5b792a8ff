import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { TCP } from '../../src/dissect/transport.ts';
import { Allowance } from '../../src/host/allowance.ts';
import { ListeningPorts } from '../../src/host/listening-ports.ts';
import { ProcNet } from '../../src/host/proc-net.ts';
import { SockDiag } from '../../src/host/sock-diag.ts';
import { SocketOwners } from '../../src/host/socket-owners.ts';
import type { SocketTable } from '../../src/host/socket-pair.ts';
import { Holder, pairOf, type Talk } from './sockets.ts';

const netlink = new SockDiag();
afterAll(() => netlink.close());

let holder: Holder;
beforeEach(async () => {
  holder = await Holder.start();
});
afterEach(() => holder.end());

const NOWHERE: Talk = { protocol: TCP, local: ['127.0.0.1', 1], remote: ['127.0.0.1', 2] };

function find(table: SocketTable, talk: Talk | undefined): number {
  const pair = pairOf(talk ?? NOWHERE);
  return table.find(pair, ...pair.ends);
}

function findListening(table: SocketTable, talk: Talk | undefined): number {
  const pair = pairOf(talk ?? NOWHERE);
  return table.findListening(pair, pair.ends[0]);
}

const socketsOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`));

function ownerOf(owners: SocketOwners, inode: number) {
  owners.ask(inode);
  for (let turns = 0; owners.isBusy && turns < 1000; turns++) owners.work(new Allowance());
  return owners.get(inode);
}

test('the kernel answers for TCP and UDP', () => {
  expect(netlink.works()).toBe(true);
});

test('netlink and /proc/net name the same socket, one of the process that has the conversation', () => {
  const procNet = new ProcNet();
  for (const [what, talk] of Object.entries(holder.talks)) {
    const inode = find(netlink, talk);
    expect(socketsOf(holder.pid)).toContain(`socket:[${inode}]`);
    expect([what, find(procNet, talk)]).toEqual([what, inode]);
  }
});

test('both know who listens, for IPv4 and IPv6 alike, and that a client does not', () => {
  const { talks } = holder;
  for (const table of [netlink, new ProcNet()]) {
    const listening = findListening(table, talks['TCP server, IPv6']);
    expect(listening).toBeGreaterThan(0);
    expect(findListening(table, talks['TCP server, IPv4 on a socket of both'])).toBe(listening);
    expect(find(table, talks['TCP server, IPv6'])).not.toBe(listening);
    expect(findListening(table, talks['TCP client'])).toBe(0);
    expect(findListening(table, talks['UDP bound'])).toBe(find(table, talks['UDP bound']));
    expect(find(table, NOWHERE)).toBe(0);
  }
});

test('where the connection is gone both answer with who listens', () => {
  const { local } = holder.talks['TCP server, IPv6']!;
  const gone: Talk = { protocol: TCP, local, remote: ['::1', 1] };
  for (const table of [netlink, new ProcNet()]) {
    expect(find(table, gone)).toBe(findListening(table, gone));
    expect(find(table, gone)).toBeGreaterThan(0);
  }
});

test('the process that holds a socket is found, by its name and id', () => {
  const owners = new SocketOwners(16);
  const process = ownerOf(owners, find(netlink, holder.talks['TCP client']));
  expect(process).toMatchObject({ pid: holder.pid, name: expect.stringMatching(/^node/) });
});

test('a socket that nobody holds is looked for once', () => {
  const owners = new SocketOwners(16);
  expect(ownerOf(owners, 4_294_967_295)).toBeUndefined();
  expect(ownerOf(owners, 4_294_967_295)).toBeUndefined();
  expect(owners.stats()).toMatchObject({ looks: 1, nobody: 1, named: 0 });
});

test('who was found lately is looked at first', () => {
  const owners = new SocketOwners(16);
  const inodes = Object.values(holder.talks).map(talk => find(netlink, talk));
  for (const inode of inodes) expect(ownerOf(owners, inode)?.pid).toBe(holder.pid);
  expect(owners.stats()).toMatchObject({ looks: inodes.length, named: inodes.length });
});

test('an answer is forgotten when the descriptor has become another file', async () => {
  const owners = new SocketOwners(16);
  const inode = findListening(netlink, holder.talks['TCP server, IPv6']);
  expect(ownerOf(owners, inode)?.pid).toBe(holder.pid);
  owners.recheck(inode);
  expect(owners.get(inode)?.pid).toBe(holder.pid);
  await holder.closeSockets();
  owners.recheck(inode);
  expect(owners.get(inode)).toBeUndefined();
  expect(ownerOf(owners, inode)).toBeUndefined();
});

test('an answer is forgotten when its process is gone', async () => {
  const owners = new SocketOwners(16);
  const inode = find(netlink, holder.talks['TCP client']);
  expect(ownerOf(owners, inode)?.pid).toBe(holder.pid);
  await holder.end();
  owners.recheck(inode);
  expect(ownerOf(owners, inode)).toBeUndefined();
});

test('only so many answers are kept, the latest, and only so many questions wait', () => {
  const owners = new SocketOwners(4);
  for (let inode = 4_000_000_000; inode < 4_000_000_010; inode++) ownerOf(owners, inode);
  for (let inode = 1; inode <= 3000; inode++) owners.ask(4_100_000_000 + inode);
  expect(owners.stats()).toMatchObject({ nobody: 10, givenUp: 3000 - 1024 });
});

test('a look stops when its time is up and goes on where it stopped', () => {
  const owners = new SocketOwners(4);
  const allowance = new Allowance();
  owners.ask(find(netlink, holder.talks['TCP client']));
  allowance.spend(performance.now() - 1000);
  owners.work(allowance);
  expect(owners.isBusy).toBe(true);
  expect(owners.stats()).toMatchObject({ looks: 0 });
  for (let turns = 0; owners.isBusy && turns < 1000; turns++) owners.work(new Allowance());
  expect(owners.stats()).toMatchObject({ named: 1, looks: 1 });
});

test('what was spent is earned again slowly, and a turn has its own limit', () => {
  const allowance = new Allowance();
  const nowMs = performance.now();
  expect(allowance.leftMs).toBe(5);
  allowance.spend(nowMs - 1000);
  expect(allowance.leftMs).toBeLessThan(0);
  allowance.beginTurn(nowMs + 1000);
  expect(allowance.leftMs).toBeLessThan(0);
  allowance.beginTurn(nowMs + 100_000);
  expect(allowance.leftMs).toBe(5);
});

test('ports are remembered for a while: where somebody listens longer than where nobody does', () => {
  const ports = new ListeningPorts();
  expect(ports.get('80')).toBeUndefined();
  ports.set('80', 7, 500);
  ports.set('81', 0, 500);
  expect(ports.get('80')).toEqual({ inode: 7, untilMs: 10_500 });
  expect(ports.get('81')).toEqual({ inode: 0, untilMs: 1500 });
});

test('a scan of all ports pushes out what was asked longest ago, and grows nothing', () => {
  const ports = new ListeningPorts();
  for (let port = 0; port < 65_536; port++) ports.set(String(port), 0, 0);
  expect(ports.get('0')).toBeUndefined();
  expect(ports.get('65535')?.inode).toBe(0);
});
