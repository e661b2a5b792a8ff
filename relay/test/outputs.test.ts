import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { ChunkStore, type Delivery, encodeGelf, type Origin, readDatagram, toDatagrams } from '@nanogelf/codec';
import { Counters } from '../src/counters.ts';
import { MAX_QUEUED_BYTES } from '../src/outputs/output.ts';
import { StdoutOutput } from '../src/outputs/stdout.ts';
import { openUdpOutput } from '../src/outputs/udp.ts';

const origin: Origin = { envelope: 'opened', probe: 'web', kid: 7, seq: 3, record_id: 'r' };
const record = { host: 'web-1', short_message: 'hello', timestamp: 1_700_000_000.5 };
const raw = (datagram: Uint8Array): Delivery => ({ kind: 'datagram', datagram, origin });

async function receiver(): Promise<{ socket: Socket; port: number; received: Buffer[] }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const received: Buffer[] = [];
  socket.on('message', datagram => received.push(datagram));
  return { socket, port: socket.address().port, received };
}

async function sendAll(deliveries: readonly Delivery[]): Promise<{ received: Buffer[]; counters: Counters }> {
  const { socket, port, received } = await receiver();
  const counters = new Counters();
  const output = await openUdpOutput({ scheme: 'udp', host: '127.0.0.1', port }, counters);
  for (const delivery of deliveries) output.write(delivery);
  await output.close();
  await sleep(50);
  socket.close();
  return { received, counters };
}

test('raw GELF goes on byte for byte, chunks and compressed ones too', async () => {
  const datagrams = [encodeGelf(record), Buffer.from('1e0f0000', 'hex'), Buffer.from([0x78, 0x9c, 1])];
  const { received } = await sendAll(datagrams.map(raw));
  expect(received).toEqual(datagrams);
});

test('a record goes as GELF, in chunks where a receiver would cut it', async () => {
  const long = { ...record, RSP_BODY: 'x'.repeat(20_000), probe: 'web' };
  const { received } = await sendAll([
    { kind: 'record', record },
    { kind: 'record', record: long },
    raw(encodeGelf(long)),
  ]);
  const store = new ChunkStore();
  const read = received.map(datagram => readDatagram(datagram, store, 0)).filter(each => each !== undefined);
  expect(read).toEqual([record, long, long].map(value => ({ ok: true, value })));
  expect(Math.max(...received.map(datagram => datagram.length))).toBeLessThanOrEqual(8_192);
});

test('a message of more than 128 chunks is counted', async () => {
  const { counters } = await sendAll([raw(Buffer.alloc(8_192 * 130))]);
  expect(Object.entries(counters.read())).toEqual([[expect.stringMatching(/dropped\.too_long$/), 1]]);
});

test('nobody listening is counted and stops nothing', async () => {
  const { socket, port } = await receiver();
  socket.close();
  const counters = new Counters();
  const output = await openUdpOutput({ scheme: 'udp', host: 'localhost', port }, counters);
  for (let i = 0; i < 5; i++) {
    output.write({ kind: 'record', record });
    await sleep(10);
  }
  await output.close();
  expect(Object.keys(counters.read())).toContainEqual(expect.stringMatching(/dropped\.ECONNREFUSED$/));
});

test('an output whose name does not resolve is one clear error', async () => {
  const opening = openUdpOutput({ scheme: 'udp', host: 'no-such-host.invalid', port: 1 }, new Counters());
  await expect(opening).rejects.toThrow(/--output udp:\/\/no-such-host\.invalid:1/);
});

function stdoutTo(stream: PassThrough, human = false): { output: StdoutOutput; counters: Counters } {
  const counters = new Counters();
  return { output: new StdoutOutput({ stream, human, colour: false, clock: () => 0, counters }), counters };
}

test('stdout gets NDJSON with plain names, whatever way the record came', async () => {
  const stream = new PassThrough();
  const { output } = stdoutTo(stream);
  output.write({ kind: 'record', record: { ...record, SRC_IP: '192.0.2.1' } });
  output.write(raw(encodeGelf({ ...record, SRC_IP: '192.0.2.2', probe: 'forged' })));
  for (const chunk of toDatagrams(encodeGelf(record), 60, () => new Uint8Array(8))) output.write(raw(chunk));
  output.write(raw(Buffer.from('no gelf')));
  const [text] = await once(stream, 'data');
  expect(
    String(text)
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
  ).toEqual([
    { ...record, SRC_IP: '192.0.2.1' },
    { ...record, SRC_IP: '192.0.2.2', ...origin },
    { ...record, ...origin },
  ]);
});

test('what raw GELF cannot be read as is counted by its reason', async () => {
  const { output, counters } = stdoutTo(new PassThrough());
  output.write(raw(Buffer.from('no gelf')));
  expect(counters.read()).toEqual({ 'stdout.dropped.not_json': 1 });
});

test('a reader of stdout that stands still costs a bounded queue', async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const { output, counters } = stdoutTo(stream);
  const big: Delivery = { kind: 'record', record: { ...record, BODY: 'x'.repeat(1024 * 1024) } };
  for (let i = 0; i < 20; i++) {
    output.write(big);
    await sleep(1);
  }
  expect(counters.get('stdout.dropped.queue_full')).toBeGreaterThan(8);
  expect(stream.writableLength).toBeLessThan(MAX_QUEUED_BYTES + 2 * 1024 * 1024);
});
