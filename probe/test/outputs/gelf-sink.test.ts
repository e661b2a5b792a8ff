import { expect, test } from '@jest/globals';
import { ChunkStore, type PlainRecord, readDatagram } from '@nanogelf/codec';
import { count, type Listener, listen, longText, open, record, toPort } from './kit.ts';

function readAll({ datagrams }: Listener): PlainRecord[] {
  const store = new ChunkStore();
  return datagrams.flatMap(datagram => {
    const result = readDatagram(datagram, store, 0);
    if (result === undefined) return [];
    if (!result.ok) throw new Error(result.reason);
    return [result.value];
  });
}

test.each(['none', 'gzip', 'zlib'] as const)('every destination gets every record (%s)', async compression => {
  const listeners = [await listen(), await listen()];
  const outputs = await open({ compression, destinations: listeners.map(({ port }) => toPort(port)) });
  const records = Array.from({ length: 50 }, (_, index) => record({ index }));
  for (const one of records) expect(outputs.sink.write(one)).toBe(true);
  await outputs.sink.close();
  for (const listener of listeners) {
    await listener.received(50);
    expect(readAll(listener)).toEqual(records);
    await listener.close();
  }
  expect(count(outputs, '.datagrams')).toBe(100);
});

test('a record over one datagram goes in chunks that fit the path', async () => {
  const listener = await listen();
  const outputs = await open({ destinations: [toPort(listener.port)] });
  const long = record({ RSP_BODY: longText(50_000) });
  outputs.sink.write(long);
  await outputs.sink.close();
  await listener.received(count(outputs, '.datagrams'));
  expect(Math.max(...listener.datagrams.map(({ length }) => length))).toBeLessThanOrEqual(1420);
  expect(readAll(listener)).toEqual([long]);
  await listener.close();
});

test.each([
  ['text', { RSP_BODY: longText(400_000) }],
  ['text that grows when it is escaped', { RSP_BODY: '\u0001'.repeat(60_000) }],
  ['several texts', { REQ_BODY: longText(99_000), RSP_BODY: longText(99_000) }],
  ['a long list', { ANSWERS: Array.from({ length: 5000 }, (_, ttl) => ({ type: 'A', data: '192.0.2.1', ttl })) }],
])('what 128 chunks cannot carry is cut and marked, not dropped: %s', async (_, fields) => {
  const listener = await listen();
  const outputs = await open({ destinations: [toPort(listener.port)] });
  expect(outputs.sink.write(record(fields))).toBe(true);
  await outputs.sink.close();
  await listener.received(count(outputs, '.datagrams'));
  expect(listener.datagrams.length).toBeLessThanOrEqual(128);
  const [got] = readAll(listener);
  expect(got).toMatchObject({ ...record(), TRUNCATED: 1 });
  expect(count(outputs, 'truncated')).toBe(1);
  await listener.close();
});

test('a record that shrinks well is still cut to what a receiver inflates', async () => {
  const listener = await listen();
  const outputs = await open({ compression: 'zlib', destinations: [toPort(listener.port)] });
  outputs.sink.write(record({ RSP_BODY: 'a'.repeat(1_000_000) }));
  await outputs.sink.close();
  await listener.received(1);
  expect(readAll(listener)).toEqual([expect.objectContaining({ TRUNCATED: 1 })]);
  await listener.close();
});

test('nobody listening is counted by its errno; whoever comes later gets what is sent then', async () => {
  const reserved = await listen();
  const { port } = reserved;
  await reserved.close();
  const outputs = await open({ destinations: [toPort(port)] });
  for (let index = 0; index < 5; index++) {
    outputs.sink.write(record());
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  expect(count(outputs, 'errors.ECONNREFUSED')).toBeGreaterThan(0);
  expect(outputs.lines.join()).toContain('nothing listens there (ECONNREFUSED)');
  const late = await listen(port);
  outputs.sink.write(record({ late: 1 }));
  await late.received(1);
  expect(readAll(late)).toEqual([record({ late: 1 })]);
  await outputs.sink.close();
  await late.close();
});

test('a name that does not resolve is told, its records are counted, the others still arrive', async () => {
  const listener = await listen();
  const outputs = await open({ destinations: [toPort(1, 'nowhere.invalid'), toPort(listener.port)] });
  expect(outputs.sink.write(record())).toBe(true);
  await outputs.sink.close();
  await listener.received(1);
  expect(count(outputs, 'dropped.no_address')).toBe(1);
  expect(outputs.lines.join()).toContain('cannot reach udp://nowhere.invalid:1');
  await listener.close();
});

test('the path that our datagrams take is known', async () => {
  const listener = await listen();
  const outputs = await open({ destinations: [toPort(listener.port, 'localhost')] });
  const paths: unknown[] = [];
  outputs.eachOwnPath((local, remote, host) => paths.push([local, remote, host]));
  outputs.sink.write(record());
  await outputs.sink.close();
  if (paths.some(path => String(path).includes('::1'))) return expect(paths).toHaveLength(1);
  await listener.received(1);
  expect(paths).toEqual([[[...listener.sources][0], listener.port, '127.0.0.1']]);
  await listener.close();
});

test('the largest datagram follows mtu', async () => {
  const listener = await listen();
  const outputs = await open({ destinations: [toPort(listener.port)], datagramBytes: 8000 });
  outputs.sink.write(record({ RSP_BODY: longText(30_000) }));
  await outputs.sink.close();
  await listener.received(4);
  expect(Math.max(...listener.datagrams.map(({ length }) => length))).toBe(8000);
  await listener.close();
});
