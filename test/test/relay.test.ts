import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { armor, BatchWriter, encodeGelf, type PlainRecord, TYPE_BATCH, TYPE_GELF } from '@nanogelf/codec';
import { revokeKeys } from '@nanogelf/relay';
import { clock, RelayProcess, Site, until } from '../src/relay/relay-process.ts';

const record = { host: 'web-1', short_message: 'hello', timestamp: 1_700_000_000.5, NET_DELAY: 1.25 };
const gelf = encodeGelf(record);
let site: Site;
const running: RelayProcess[] = [];

beforeEach(() => {
  site = new Site();
});
afterEach(async () => {
  for (const { child, exit } of running.splice(0)) {
    child.kill('SIGKILL');
    await exit;
  }
  site.remove();
});

async function start(...args: string[]): Promise<RelayProcess> {
  const relay = await RelayProcess.start(site, ['--output', 'stdout', ...args]);
  running.push(relay);
  return relay;
}

function batch(...records: PlainRecord[]): Uint8Array {
  const writer = new BatchWriter({ maxBytes: 60_000, compression: 'dict' });
  for (const each of records) writer.add(each);
  return writer.take() ?? new Uint8Array(0);
}

test.each(['psk', 'sealed'] as const)('suite %s: each datagram is opened once, its copies are refused', async suite => {
  const sender = site.sender(site.add({ name: 'web', suite }));
  const relay = await start();
  const datagrams = [
    ...sender.seal(TYPE_GELF, gelf, clock()),
    ...sender.seal(TYPE_BATCH, batch(record, record), clock()),
    sender.heartbeat(clock()),
  ];
  await relay.send(...datagrams, ...datagrams);
  expect(await relay.seen(6)).toMatchObject({ opened: 2, heartbeats: 1, delivered: 3, 'refused.duplicate': 3 });
  expect(relay.records).toMatchObject([
    { ...record, probe: 'web', kid: 1, seq: 0, envelope: 'opened' },
    { ...record, seq: 1 },
    { ...record, seq: 1 },
  ]);
  expect(new Set(relay.records.map(each => each.record_id)).size).toBe(3);
});

test('armor is taken on the same port, and refused when it is not canonical or not wanted', async () => {
  const sender = site.sender(site.add({ name: 'web', suite: 'psk' }));
  const sealText = () => sender.seal(TYPE_GELF, gelf, clock()).map(armor).join();
  const relay = await start();
  const text = sealText();
  await relay.send(`${text}=`, text);
  await relay.delivered(1);
  expect(await relay.counts()).toMatchObject({ opened: 1, 'refused.armor': 1 });
  const strict = await start('--no-armor', '--state', `${site.folder}/other`);
  await strict.send(sealText());
  expect(await strict.seen(1)).toMatchObject({ 'refused.magic': 1 });
});

test('a message in fragments arrives whole, and raw GELF goes on byte for byte over UDP', async () => {
  const sink = createSocket('udp4').bind(0, '127.0.0.1');
  await once(sink, 'listening');
  const sender = site.sender(site.add({ name: 'web', suite: 'sealed' }));
  const relay = await start('--output', `udp://127.0.0.1:${sink.address().port}`);
  const long = encodeGelf({ ...record, RSP_BODY: 'x'.repeat(5_000) });
  const arrived = once(sink, 'message');
  await relay.send(...sender.seal(TYPE_GELF, long, clock()).reverse());
  expect(Buffer.from((await arrived)[0])).toEqual(Buffer.from(long));
  sink.close();
});

test('after a kill -9 nothing passes twice, and what is new passes', async () => {
  const sender = site.sender(site.add({ name: 'web', suite: 'sealed' }));
  const first = await start();
  const old = Array.from({ length: 20 }, () => sender.seal(TYPE_GELF, gelf, clock())).flat();
  await first.send(...old);
  await first.delivered(20);
  expect(await first.stop('SIGKILL')).toBe('SIGKILL');
  const second = await start();
  await second.send(...old);
  expect((await second.seen(20)).opened).toBeUndefined();
  // A restarted receiver refuses what was sent in its first second: it cannot tell by how much the clocks differ.
  await sleep(1_100);
  await second.send(...sender.seal(TYPE_GELF, gelf, clock()));
  await second.delivered(1);
});

test('after a clean stop nothing passes twice either, and the counters are told', async () => {
  const sender = site.sender(site.add({ name: 'web', suite: 'psk' }));
  const first = await start();
  const old = sender.seal(TYPE_GELF, gelf, clock());
  await first.send(...old);
  await first.delivered(1);
  expect(await first.stop('SIGTERM')).toBe(0);
  expect(first.log.at(-1)).toMatchObject({ counters: { opened: 1, delivered: 1, 'stdout.sent': 1 } });
  const second = await start();
  await second.send(...old);
  expect((await second.seen(1)).opened).toBeUndefined();
});

test('a changed registry is taken over while running; a bad one changes nothing', async () => {
  const web = site.sender(site.add({ name: 'web', suite: 'psk' }));
  const relay = await start();
  const db = site.sender(site.add({ name: 'db', suite: 'sealed' }));
  relay.child.kill('SIGHUP');
  await until(() => relay.log.some(line => line.message === 'registry read: 2 keys'));
  await relay.send(...db.seal(TYPE_GELF, gelf, clock()));
  await relay.delivered(1);

  writeFileSync(site.registryPath, 'nonsense');
  await until(() => relay.log.some(line => line.level === 'error'));
  await relay.send(...web.seal(TYPE_GELF, gelf, clock()));
  await relay.delivered(2);

  site.registry = revokeKeys(site.registry, 'web', 1).registry;
  site.save();
  relay.child.kill('SIGHUP');
  await sleep(200);
  await relay.send(...web.seal(TYPE_GELF, gelf, clock()));
  expect(await relay.seen(3)).toMatchObject({ 'refused.revoked': 1, opened: 2 });
});

test('a host that the kid may not use is refused', async () => {
  const sender = site.sender(site.add({ name: 'web', suite: 'psk', hosts: ['web-1'] }));
  const relay = await start();
  await relay.send(
    ...sender.seal(TYPE_GELF, encodeGelf({ ...record, host: 'bank' }), clock()),
    ...sender.seal(TYPE_BATCH, batch(record, { ...record, host: 'bank' }), clock()),
  );
  expect(await relay.seen(2)).toMatchObject({ 'refused.host': 2, delivered: 1 });
});

test('each interval a record says what was received and lost per probe', async () => {
  const sender = site.sender(site.add({ name: 'web', suite: 'psk' }));
  const relay = await start('--report-interval', '1');
  const datagrams = Array.from({ length: 10 }, () => sender.seal(TYPE_GELF, gelf, clock())).flat();
  await relay.send(...datagrams.filter((_, i) => i !== 3 && i !== 4));
  const report = () => relay.records.find(line => line['message-type'] === 'probe');
  await until(() => report() !== undefined);
  const sums = relay.records.filter(line => line['message-type'] === 'probe');
  expect(sums[0]).toMatchObject({ probe: 'web', kid: 1, relay_received: 8, relay_lost: 2 });
});

test('a registry that cannot be read, a port that is taken, a wrong option: one clear line each', async () => {
  const relay = await start();
  const second = await RelayProcess.start(site, ['--output', 'stdout', '--state', `${site.folder}/s`], relay.port);
  expect(second.child.exitCode).toBe(1);
  expect(second.log).toEqual([{ text: expect.stringMatching(/--listen udp.*already in use/) }]);
  writeFileSync(site.registryPath, 'nonsense');
  const third = await start();
  expect([third.child.exitCode, third.log]).toEqual([1, [{ text: expect.stringContaining('registry:1:') }]]);
  const fourth = await start('--clock', 'wrong');
  expect([fourth.child.exitCode, fourth.log]).toEqual([2, [{ text: expect.stringContaining('strict or monotone') }]]);
});

test('a damaged state stops the start with the command that goes on without it', async () => {
  writeFileSync(`${site.registryPath}.state`, 'damaged');
  const relay = await start();
  expect([relay.child.exitCode, relay.log]).toEqual([1, [{ text: expect.stringMatching(/damaged.*rm .*\.state/) }]]);
});
