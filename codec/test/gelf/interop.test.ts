import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { ChunkStore, createMessageIds, encodeDatagrams, type PlainRecord, readDatagram } from '../../src/index.ts';

interface GelfPro {
  getAdapter(): { setOptions(options: object): void };
  info(message: string, extra: object, done: (error?: Error) => void): void;
}
interface GrayGelf {
  info: { a(short: string, full: string, fields: object): void };
  _udp: { close(): void };
}
interface GrayGelfServer {
  _udp: Socket;
  listen(port: number, address: string): GrayGelfServer;
  on(event: 'message', take: (message: object) => void): void;
  close(): void;
}
const require = createRequire(import.meta.url);
const gelfPro: GelfPro = require('gelf-pro');
const createGrayGelf: (options: object) => GrayGelf = require('graygelf');
const createGrayGelfServer: () => GrayGelfServer = require('graygelf/server');

/** Random text, so that compression cannot spare the chunks. */
const incompressible = (length: number) => randomBytes(length).toString('base64').slice(0, length);

async function bind(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** graygelf takes port 0 for 12201, so it is given one that was free a moment ago. */
async function startGrayGelfServer(): Promise<{ server: GrayGelfServer; port: number }> {
  const socket = await bind();
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  const server = createGrayGelfServer().listen(port, '127.0.0.1');
  await once(server._udp, 'listening');
  return { server, port };
}

/** What our reader makes of the first message that `send` brings to a port. */
async function receiveFrom(send: (port: number) => void): Promise<{ record: PlainRecord; datagrams: number }> {
  const socket = await bind();
  const store = new ChunkStore();
  let datagrams = 0;
  const record = new Promise<PlainRecord>((resolve, reject) => {
    socket.on('message', datagram => {
      datagrams += 1;
      const read = readDatagram(datagram, store, 0);
      if (read?.ok) resolve(read.value);
      else if (read) reject(new Error(read.reason));
    });
  });
  send(socket.address().port);
  return record.then(value => ({ record: value, datagrams })).finally(() => socket.close());
}

test.each([
  ['one datagram', 10, false],
  ['chunks', 9000, true],
])('gelf-pro sends compressed, %s, and we read it', async (_, length, chunked) => {
  const body = incompressible(length);
  const { record, datagrams } = await receiveFrom(port => {
    gelfPro.getAdapter().setOptions({ protocol: 'udp4', host: '127.0.0.1', port });
    gelfPro.info('hello', { BODY: body, answers: 3 }, () => {});
  });
  expect(record).toMatchObject({ short_message: 'hello', level: 6, BODY: body, answers: 3 });
  expect(datagrams > 1).toBe(chunked);
});

test.each([
  ['plain', 10, {}],
  ['zlib', 10, { alwaysCompress: true }],
  ['gzip', 10, { alwaysCompress: true, compressType: 'gzip' }],
  ['zlib in chunks', 9000, {}],
  ['gzip in chunks', 9000, { compressType: 'gzip' }],
])('graygelf sends %s and we read it', async (_, length, options) => {
  const body = incompressible(length);
  const { record } = await receiveFrom(port => {
    const sender = createGrayGelf({ host: '127.0.0.1', port, ...options });
    sender.info.a('hello', 'in full', { BODY: body });
  });
  expect(record).toMatchObject({ short_message: 'hello', full_message: 'in full', BODY: body });
});

test.each([
  ['plain', 'none', 10, 1],
  ['zlib', 'zlib', 10, 1],
  ['gzip', 'gzip', 10, 1],
  ['plain chunks', 'none', 9000, 7],
  ['zlib chunks', 'zlib', 9000, 5],
  ['gzip chunks', 'gzip', 9000, 5],
] as const)('we send %s and graygelf reads it', async (_, compression, length, atLeast) => {
  const { server, port } = await startGrayGelfServer();
  const socket = await bind();
  const body = incompressible(length);
  const received = new Promise<object>(resolve => server.on('message', resolve));
  const datagrams = encodeDatagrams(
    { host: 'web-1', short_message: 'hello', timestamp: 1.5, BODY: body, DELAY: 1.25 },
    { compression, datagramBytes: 1420, nextId: createMessageIds(Buffer.from('abcdefgh')) },
  );
  for (const datagram of datagrams) socket.send(datagram, port, '127.0.0.1');
  const message = await received;
  socket.close();
  server.close();
  expect(message).toEqual({
    version: '1.1',
    host: 'web-1',
    short_message: 'hello',
    timestamp: 1.5,
    _BODY: body,
    _DELAY: 1.25,
  });
  expect(datagrams.length).toBeGreaterThanOrEqual(atLeast);
});
