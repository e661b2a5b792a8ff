import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { createReceiver, encodeGelf, type Sender, selectCipher, TYPE_BATCH, TYPE_GELF } from '@nanogelf/codec';
import { Counters, createPipeline, MAX_MESSAGE_BYTES, MessageCutter } from '@nanogelf/relay';
import { seededRandom } from '../src/random.ts';
import { createNoise, mutate } from '../src/relay/mutation.ts';
import { type Counts, clock, RelayProcess, Site, until } from '../src/relay/relay-process.ts';

const MILLION = 1_000_000;
const SOCKET_DATAGRAMS = 100_000;
/** What the collector leaves lying around; a leak of 40 bytes per datagram would be more. */
const FLAT_BYTES = 32 * 1024 * 1024;

const gelf = encodeGelf({ host: 'web-1', short_message: 'hello', REQ_HEADER: 'x'.repeat(300) });
const sealSome = (sender: Sender, count: number) =>
  Array.from({ length: count }, (_, i) => sender.seal(i % 2 ? TYPE_GELF : TYPE_BATCH, gelf, clock())).flat();

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
function heldBytes(): number {
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

/** A receiver behind the relay's pipeline, with a live session of each suite and valid datagrams it has not seen. */
function createTarget() {
  const site = new Site();
  const keys = [site.add({ name: 'psk', suite: 'psk' }), site.add({ name: 'sealed', suite: 'sealed' })];
  const startedAtMs = Date.now();
  const receiver = createReceiver({ registry: site.registry, cipher: selectCipher(), startedAtMs });
  const counters = new Counters();
  const take = createPipeline({ receiver, outputs: [], counters, armor: true, now: () => startedAtMs });
  site.remove();
  const senders = keys.map(key => site.sender(key));
  for (const datagram of senders.flatMap(sender => sealSome(sender, 1))) take(datagram);
  const opened = receiver.takeCounters();
  expect(opened.datagrams).toBe(2);
  return { take, receiver, counters, valid: senders.flatMap(sender => sealSome(sender, 500)) };
}

/** Gives a million datagrams to the pipeline.
 *  @returns refusals by reason, and by how much memory grew after the first tenth */
function feed(target: ReturnType<typeof createTarget>, next: () => Uint8Array) {
  let before = 0;
  for (let i = 0; i < MILLION; i++) {
    if (i === MILLION / 10) before = heldBytes();
    target.take(next());
  }
  const grownBytes = heldBytes() - before;
  const { refused, ...counts } = target.receiver.takeCounters();
  const reasons = Object.fromEntries(Object.entries(refused).filter(([, count]) => count > 0));
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, target.counters.get('refused.armor'));
  return { counts, reasons, refusals, grownBytes };
}

test('a million random datagrams are each refused by a reason, and memory stays flat', () => {
  const target = createTarget();
  const noise = createNoise((target.valid[0] as Uint8Array).subarray(0, 6), seededRandom(1));
  const { counts, reasons, refusals, grownBytes } = feed(target, noise);
  expect([counts.opened, counts.pending, counts.heartbeats, refusals]).toEqual([0, 0, 0, MILLION]);
  expect(Object.keys(reasons)).toEqual(expect.arrayContaining(['short', 'magic', 'session_future', 'session_old']));
  expect(grownBytes).toBeLessThan(FLAT_BYTES);
});

test('a million mutated datagrams are each refused by a reason, and memory stays flat', () => {
  const target = createTarget();
  const random = seededRandom(2);
  const pick = () => target.valid[Math.floor(random() * target.valid.length)] as Uint8Array;
  const { counts, reasons, refusals, grownBytes } = feed(target, () => mutate(pick(), pick(), random));
  expect([counts.opened, counts.pending, counts.heartbeats, refusals]).toEqual([0, 0, 0, MILLION]);
  expect(Object.keys(reasons)).toEqual(
    expect.arrayContaining(['short', 'magic', 'version', 'suite', 'unknown_key', 'wrong_suite', 'mac1', 'auth']),
  );
  expect(grownBytes).toBeLessThan(FLAT_BYTES);
}, 180_000);

test('100,000 random and 100,000 mutated datagrams through the socket: all accounted for, and the relay goes on', async () => {
  const site = new Site();
  const sender = site.sender(site.add({ name: 'web', suite: 'sealed' }));
  const relay = await RelayProcess.start(site, ['--output', 'stdout']);
  // With a live session no datagram costs an X25519, and the relay keeps up with the sender.
  await relay.send(...sealSome(sender, 1));
  const valid = sealSome(sender, 500);
  const random = seededRandom(3);
  const noise = createNoise((valid[0] as Uint8Array).subarray(0, 6), random);
  const pick = () => valid[Math.floor(random() * valid.length)] as Uint8Array;
  for (let sent = 0; sent < SOCKET_DATAGRAMS; sent += 250) {
    const burst = Array.from({ length: 250 }, () => [noise(), mutate(pick(), pick(), random)]);
    await relay.send(...burst.flat());
  }
  const arrived = ({ datagrams = 0, kernel_dropped = 0 }: Counts) => datagrams + kernel_dropped;
  await until(async () => arrived(await relay.counts()) === 2 * SOCKET_DATAGRAMS + 1);
  await relay.send(...sender.seal(TYPE_GELF, gelf, clock()));
  await relay.delivered(1);
  expect(await relay.counts()).toMatchObject({ opened: 2 });
  expect(await relay.stop()).toBe(0);
  site.remove();
}, 180_000);

test('a TLS peer that sends a message byte by byte makes the relay hold no more than the message', () => {
  const cutter = new MessageCutter();
  const before = heldBytes();
  for (let i = 0; i < MAX_MESSAGE_BYTES / 2; i++) cutter.push(Buffer.alloc(1, 'x'), () => {});
  expect(heldBytes() - before).toBeLessThan(2 * MAX_MESSAGE_BYTES);
  cutter.push(Buffer.from('\n'), message => expect(message).toHaveLength(MAX_MESSAGE_BYTES / 2));
  expect.assertions(2);
});
