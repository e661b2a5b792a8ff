import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ethernet, type Frame, ipv4, pcapFile, udp } from '../src/packets/index.ts';
import { commands } from '../src/root.ts';

/** More records than the queue to a destination holds. */
const CONVERSATIONS = 20_000;
const folder = mkdtempSync(join(tmpdir(), 'nano-play-'));
const file = join(folder, 'open.pcap');

beforeAll(() => {
  const frames = Array.from({ length: CONVERSATIONS }, (_, index): Frame => {
    const src = `10.0.${index >> 8}.${index & 255}`;
    return { tsUs: 1.7e15 + index, bytes: ethernet(ipv4({ src, dst: '10.1.0.1' }, udp(1024 + index, 9, 'x'))) };
  });
  writeFileSync(file, pcapFile(frames));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly counters: { readonly [name: string]: number };
}

function play(path: string, ...options: readonly string[]): Promise<Ended> {
  const args = [commands.probe, '--play', path, '--auto-check', '', ...options];
  return new Promise(resolve => {
    execFile(process.execPath, args, { maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      const counters = JSON.parse(stderr.split('\n').find(line => line.includes('"counters"')) ?? '{}');
      resolve({ code: Number(error?.code ?? 0), stdout, counters });
    });
  });
}

test('a file that ends with many open conversations loses none of their records on the way out', async () => {
  const receiver = createSocket('udp4').bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const to = `127.0.0.1:${receiver.address().port}`;
  const { code, counters } = await play(file, '--exp-domain', to);
  receiver.close();
  expect(code).toBe(0);
  expect(counters).toMatchObject({ 'flow.finished': CONVERSATIONS, 'output.gelf.records': CONVERSATIONS });
  expect(Object.keys(counters).filter(name => name.includes('dropped.'))).toEqual([]);
});

test('every conversation of a file gives its record, the same on every run', async () => {
  const [one, two] = [await play(file, '--stdout'), await play(file, '--stdout')];
  const lines = one.stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(CONVERSATIONS);
  expect(JSON.parse(lines[0] as string)).toMatchObject({ SRC_IP: '10.0.0.0', STATE: 'S0', PKTS: 1 });
  const withoutDisk = (text: string): string => text.replaceAll(/"DISK_RATIO":[\d.]+,/g, '');
  expect(withoutDisk(one.stdout) === withoutDisk(two.stdout)).toBe(true);
});
