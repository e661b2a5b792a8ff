import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openSource } from '@nanogelf/probe';
import { type Host, type HostPair, makeHostPair, type Program, pause } from '../src/hosts/index.ts';
import type { Frame } from '../src/packets/index.ts';
import { type NetworkFields, replay } from './flow-kit.ts';

/** A tunnel as the kernel makes it, and what we call it. A kernel without the device leaves its row out. */
const DEVICES: { type: string; arguments: (local: string, remote: string) => string; text: string }[] = [
  { type: 'vxlan', arguments: (l, r) => `id 42 dstport 4789 local ${l} remote ${r}`, text: 'VXLAN:42' },
  { type: 'geneve', arguments: (_, r) => `id 43 remote ${r}`, text: 'GENEVE:43' },
  { type: 'gretap', arguments: (l, r) => `local ${l} remote ${r} key 5`, text: 'GRE:5' },
  { type: 'gre', arguments: (l, r) => `local ${l} remote ${r} key 6`, text: 'GRE:6' },
  { type: 'erspan', arguments: (l, r) => `seq key 7 local ${l} remote ${r} erspan_ver 1 erspan 8`, text: 'ERSPAN:7' },
  { type: 'ipip', arguments: (l, r) => `local ${l} remote ${r}`, text: 'IPIP' },
  { type: 'sit', arguments: (l, r) => `mode ip6ip local ${l} remote ${r}`, text: '6IN4' },
];
const SERVER = `require('http').createServer((q, r) => r.end('inside')).listen(80, '::', () => console.log('up'))`;
/** What the same packets have in common wherever they are seen; times differ by microseconds. */
const SAME = /^(SRC_IP|DST_IP|SRC_PORT|DST_PORT|COMMUNITY_ID|STATE|(SRC_|DST_)?(BYTES|PKTS|\w+_PKTS|LOST_BYTES))$/;

let hosts: HostPair;
let folder: string;

beforeAll(() => {
  hosts = makeHostPair();
  folder = mkdtempSync(join(tmpdir(), 'nanogelf-'));
});

afterAll(() => {
  hosts?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** @returns what it complained of, empty when it was done */
const ip = (host: Host, ...words: string[]): string =>
  spawnSync('ip', ['-n', host.namespace, ...words.flatMap(word => word.split(' '))], { encoding: 'utf8' }).stderr;

/** @returns whether the kernel has such a device */
function addTunnel({ type, arguments: write }: (typeof DEVICES)[number]): boolean {
  const refusal = ip(hosts.a, `link add inside type ${type}`, write(hosts.a.address, hosts.b.address));
  if (/Unknown device type|not supported/.test(refusal)) return false;
  expect(refusal).toBe('');
  ip(hosts.b, `link add inside type ${type}`, write(hosts.b.address, hosts.a.address));
  for (const [host, last] of [
    [hosts.a, 1],
    [hosts.b, 2],
  ] as const) {
    ip(host, `address add fd77::${last}/64 dev inside nodad`);
    ip(host, `address add 10.78.0.${last}/24 dev inside`);
    ip(host, 'link set inside up');
  }
  return true;
}

async function dump(device: string): Promise<{ file: string; program: Program }> {
  const file = join(folder, `${device}.pcap`);
  const program = hosts.a.start('tcpdump', ['-i', device, '--immediate-mode', '-U', '-w', file]);
  while (!program.stderr.some(line => line.includes('listening'))) await pause(20);
  return { file, program };
}

/** The one TCP conversation of a capture. */
async function conversationOf(file: string): Promise<NetworkFields> {
  const source = await openSource({ file });
  const frames: Frame[] = [];
  while (!source.ended) {
    source.drain((bytes, at, captured, _wire, tsUs) => {
      frames.push({ tsUs, bytes: Buffer.from(bytes.subarray(at, at + captured)) });
    });
  }
  source.close();
  const { records } = replay(frames, { linkType: source.interfaces[0]?.linkType ?? -1 });
  const conversations = records.filter(record => record.DST_PORT === 80);
  expect(conversations).toHaveLength(1);
  return conversations[0] as NetworkFields;
}

const sameFields = (record: NetworkFields): NetworkFields =>
  Object.fromEntries(Object.entries(record).filter(([name]) => SAME.test(name)));

test('on the wire, a conversation in a tunnel of the kernel is what the device of the tunnel shows', async () => {
  const server = hosts.b.start('node', ['-e', SERVER]);
  await server.line(/up/);
  for (const device of DEVICES) {
    if (!addTunnel(device)) continue;
    const target = device.type === 'sit' ? '[fd77::2]' : '10.78.0.2';
    const [wire, inside] = [await dump(hosts.a.device), await dump('inside')];
    expect(await hosts.a.run('curl', ['-s', `http://${target}/`])).toBe('inside');
    await pause(200);
    for (const { program } of [wire, inside]) {
      program.child.kill('SIGINT');
      await program.exit();
    }
    const found = await conversationOf(wire.file);
    expect(found.TUNNEL).toBe(device.text);
    expect(sameFields(found)).toEqual(sameFields(await conversationOf(inside.file)));
    for (const host of [hosts.a, hosts.b]) ip(host, 'link delete inside');
  }
});
