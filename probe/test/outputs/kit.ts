import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Log } from '@nanogelf/cli';
import type { OutputConfig } from '../../src/config/config.ts';
import { type Outputs, openOutputs } from '../../src/outputs/outputs.ts';

export interface Listener {
  readonly port: number;
  readonly datagrams: Buffer[];
  /** Ports that the datagrams came from. */
  readonly sources: Set<number>;
  /** Resolves when `count` datagrams have come in all. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A real socket on loopback that keeps what it gets. */
export async function listen(port = 0): Promise<Listener> {
  const socket: Socket = createSocket({ type: 'udp4', recvBufferSize: 8 * 1024 * 1024 });
  const datagrams: Buffer[] = [];
  const sources = new Set<number>();
  socket.on('message', (message, { port: source }) => {
    datagrams.push(message);
    sources.add(source);
  });
  socket.unref(); // a test that failed leaves it open
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  const received = async (count: number): Promise<void> => {
    while (datagrams.length < count) await once(socket, 'message');
  };
  const close = async (): Promise<void> => {
    socket.close();
    await once(socket, 'close');
  };
  return { port: (socket.address() as AddressInfo).port, datagrams, sources, received, close };
}

export const toPort = (port: number, host = '127.0.0.1') => ({ scheme: 'udp', host, port });

export interface LoggedOutputs extends Outputs {
  readonly lines: string[];
}

/** What a configuration opens; its log is kept. */
export async function open(config: Partial<OutputConfig>): Promise<LoggedOutputs> {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, flush: () => {} };
  const plain: OutputConfig = {
    stdout: false,
    destinations: [],
    compression: 'none',
    armor: false,
    key: undefined,
    datagramBytes: 0,
    stateDir: '',
  };
  const outputs = await openOutputs({ ...plain, ...config }, { lossless: true, log, onClosed: () => {} });
  return { ...outputs, lines };
}

/** @returns the sum of the counters whose name ends like this */
export function count(outputs: Outputs, ending: string): number {
  const entries = Object.entries(outputs.sink.stats()).filter(([name]) => name.endsWith(ending));
  return entries.reduce((sum, [, value]) => sum + value, 0);
}

export const record = (fields: object = {}) => ({
  host: 'web-1',
  short_message: 'web-1',
  timestamp: 1_767_225_600.123,
  'message-type': 'comm',
  BYTES: 1234,
  ...fields,
});

/** Text that does not shrink: a body of distinct words. */
export function longText(chars: number): string {
  let text = '';
  for (let word = 0; text.length < chars; word++) text += `${((word * 2_654_435_761) >>> 0).toString(36)} `;
  return text.slice(0, chars);
}
