// cold. The captures of every protocol, played through the probe into a socket of ours.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { PROTOCOLS } from '@nanogelf/probe';
import { latestCounters } from '../counters.ts';
import { Program, pause, runProgram } from '../hosts/index.ts';
import { NANO_PROBE } from '../programs.ts';
import { fixturesOf } from './fixtures.ts';

const BUFFER_BYTES = 4 << 20; // what a capture's records need while we are busy
const TRIES = 5;
const SETTLE_MS = 100; // what the kernel still holds when the sender has ended
const PLAY_MS = 30_000;

/** Merges all fixtures of all protocols, in the order of their times, into the file `path`. */
export async function mergeFixtures(path: string): Promise<void> {
  const captures = PROTOCOLS.flatMap(({ id }) => fixturesOf(id)).map(fixture => fixture.path);
  await runProgram('mergecap', ['-w', path, ...captures]);
}

/** @param options of the probe beside where it reads and writes
 *  @returns each datagram that it sent, in order
 *  @throws when some are lost each time: a socket has room for few, and a busy machine is slow to empty it */
export async function playCapture(path: string, options: readonly string[] = []): Promise<Uint8Array[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { received, sent } = await playOnce(path, options);
    if (received.length === sent) return received;
  }
  throw new Error(`datagrams were lost on loopback, ${TRIES} times`);
}

async function playOnce(path: string, options: readonly string[]): Promise<{ received: Uint8Array[]; sent: number }> {
  const inbox = await openInbox();
  const records = ['--l4-switch', 'net', '--auto-check', '1', '--interval', '10'];
  const source = ['--play', path, '--play-speed', '0', '--exp-domain', inbox.address];
  const probe = new Program('node', [NANO_PROBE, ...source, ...records, ...options]);
  await probe.line(/"counters"/, PLAY_MS);
  await probe.exit();
  const received = await inbox.close();
  const counters = Object.entries(latestCounters(probe.stderr));
  return { received, sent: counters.find(([name]) => name.endsWith('.datagrams'))?.[1] ?? -1 };
}

export interface Inbox {
  /** `HOST:PORT` */
  readonly address: string;
  /** @returns each datagram that came, in order */
  close(): Promise<Uint8Array[]>;
}

export async function openInbox(): Promise<Inbox> {
  const received: Uint8Array[] = [];
  const options = { type: 'udp4', recvBufferSize: BUFFER_BYTES } as const;
  const socket = createSocket(options, datagram => received.push(datagram)).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const close = async () => {
    await pause(SETTLE_MS);
    socket.close();
    return received;
  };
  return { address: `127.0.0.1:${socket.address().port}`, close };
}
