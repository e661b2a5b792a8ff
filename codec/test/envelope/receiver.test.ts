import { deflateSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import {
  DEFLATED,
  type Opened,
  REFUSALS,
  TYPE_BATCH,
  TYPE_GELF,
  TYPE_HEARTBEAT,
  tweetnaclCipher,
} from '../../src/index.ts';
import {
  clockAt,
  EACH_CIPHER_AND_SUITE,
  KID,
  keyFrom,
  outcome,
  randomFrom,
  receiverOf,
  registryOf,
  rowOf,
  START_MS,
  senderOf,
} from './scene.ts';

const body = Buffer.from('{"version":"1.1","host":"web-1","short_message":"hello"}');
const only = (datagrams: Uint8Array[]): Uint8Array => datagrams[0] as Uint8Array;

test.each(EACH_CIPHER_AND_SUITE)('%s %s: what is sealed is opened, once', (_, suite, cipher) => {
  const receiver = receiverOf(suite, cipher);
  const datagram = only(senderOf(suite, cipher).seal(TYPE_GELF, body, clockAt(5)));
  const opened = receiver.receive(datagram, START_MS + 6) as Opened;
  expect(opened).toMatchObject({ kind: 'opened', type: TYPE_GELF, kid: KID, name: 'web-1', seq: 0, isStale: false });
  expect(opened.sentMs).toBe(START_MS + 5);
  expect(Buffer.from(opened.body)).toEqual(body);
  expect(outcome(receiver.receive(datagram, START_MS + 6))).toBe('duplicate');
});

test.each(EACH_CIPHER_AND_SUITE)('%s %s: a heartbeat is opened and has no body', (_, suite, cipher) => {
  const opened = receiverOf(suite, cipher).receive(senderOf(suite, cipher).heartbeat(clockAt(0)), START_MS) as Opened;
  expect(opened).toMatchObject({ kind: 'opened', type: TYPE_HEARTBEAT });
  expect(opened.body).toHaveLength(0);
});

test.each(EACH_CIPHER_AND_SUITE)('%s %s: fragments in any order give the message', (_, suite, cipher) => {
  const receiver = receiverOf(suite, cipher);
  const long = Buffer.alloc(5_000, 'abc');
  const sender = senderOf(suite, cipher);
  sender.heartbeat(clockAt(0));
  const fragments = sender.seal(TYPE_BATCH, long, clockAt(0)).reverse();
  const results = fragments.map(fragment => receiver.receive(fragment, START_MS));
  expect(results.map(outcome)).toEqual(['pending', 'pending', 'pending', 'opened']);
  const opened = results.at(-1) as Opened;
  expect(opened).toMatchObject({ type: TYPE_BATCH, seq: 1 });
  expect(Buffer.from(opened.body).equals(long)).toBe(true);
});

test('a deflated body is inflated within the limit, and refused beyond it', () => {
  const sender = senderOf('psk', tweetnaclCipher);
  const receiver = receiverOf('psk', tweetnaclCipher);
  const receive = (sealed: Uint8Array) =>
    receiver.receive(only(sender.seal(TYPE_BATCH | DEFLATED, sealed, clockAt(0))), START_MS);
  expect((receive(deflateSync(Buffer.alloc(262_144))) as Opened).body).toHaveLength(262_144);
  expect(outcome(receive(deflateSync(Buffer.alloc(262_145))))).toBe('inflate');
  expect(outcome(receive(Buffer.concat([deflateSync(body), Buffer.from([0])])))).toBe('inflate');
  expect(outcome(receive(body))).toBe('inflate');
});

test('a probe has its account: received, lost, late, duplicated, replayed', () => {
  const sender = senderOf('psk', tweetnaclCipher);
  const receiver = receiverOf('psk', tweetnaclCipher);
  const sent = Array.from({ length: 1_100 }, () => sender.heartbeat(clockAt(0)));
  for (const at of [0, 5, 3, 3, 1_099, 2]) receiver.receive(sent[at] as Uint8Array, START_MS);
  expect(receiver.probeStats()).toMatchObject([{ received: 4, lost: 1_096, late: 1, duplicated: 1, replayed: 1 }]);
});

test('a kid has its limit of datagrams and of bytes per second', () => {
  const sender = senderOf('psk', tweetnaclCipher);
  const outcomes = (limits: object) => {
    const receiver = receiverOf('psk', tweetnaclCipher, { limits });
    return [0, 0, 0, 1_000].map(ms => outcome(receiver.receive(sender.heartbeat(clockAt(ms)), START_MS + ms)));
  };
  expect(outcomes({ packetsPerSecond: 2 })).toEqual(['opened', 'opened', 'rate_packets', 'opened']);
  expect(outcomes({ bytesPerSecond: 100 })).toEqual(['opened', 'opened', 'rate_bytes', 'opened']);
});

test('a reloaded registry keeps the windows, and ends the sessions of a key that changed', () => {
  const receiver = receiverOf('psk', tweetnaclCipher);
  const sender = senderOf('psk', tweetnaclCipher);
  const first = sender.heartbeat(clockAt(0));
  receiver.receive(first, START_MS);
  receiver.setRegistry(registryOf(rowOf('psk'), rowOf('psk', { kid: 8, key: new Uint8Array(32) })));
  expect(outcome(receiver.receive(first, START_MS))).toBe('duplicate');
  receiver.setRegistry(registryOf(rowOf('psk', { revokedS: 1 })));
  expect(outcome(receiver.receive(sender.heartbeat(clockAt(1)), START_MS + 1))).toBe('revoked');
  receiver.setRegistry(registryOf());
  expect(outcome(receiver.receive(sender.heartbeat(clockAt(1)), START_MS + 1))).toBe('unknown_key');
  receiver.setRegistry(registryOf(rowOf('psk')));
  expect(outcome(receiver.receive(first, START_MS))).toBe('duplicate');
  receiver.setRegistry(registryOf(rowOf('psk', { key: new Uint8Array(32) })));
  receiver.setRegistry(registryOf(rowOf('psk')));
  expect(outcome(receiver.receive(first, START_MS))).toBe('floor');
});

test("a kid that comes back after the receiver's key changed has none of its sessions, nor its old key", () => {
  const receiver = receiverOf('sealed', tweetnaclCipher);
  const sender = senderOf('sealed', tweetnaclCipher);
  expect(outcome(receiver.receive(sender.heartbeat(clockAt(0)), START_MS))).toBe('opened');
  const changed = { secret: keyFrom('another receiver') };
  receiver.setRegistry({ ...registryOf(), ...changed });
  receiver.setRegistry({ ...registryOf(rowOf('sealed')), ...changed });
  expect(outcome(receiver.receive(sender.heartbeat(clockAt(1)), START_MS + 1))).toBe('floor');
  const restarted = senderOf('sealed', tweetnaclCipher, { random: randomFrom('restarted') });
  expect(outcome(receiver.receive(restarted.heartbeat(clockAt(2_000)), START_MS + 2_000))).toBe('mac1');
});

test('counters name every refusal, and are taken once', () => {
  const receiver = receiverOf('psk', tweetnaclCipher);
  receiver.receive(new Uint8Array(100), START_MS);
  const counters = receiver.takeCounters();
  expect(Object.keys(counters.refused)).toEqual(Object.keys(REFUSALS));
  expect(counters).toMatchObject({ datagrams: 1, opened: 0, refused: { magic: 1 } });
  expect(receiver.takeCounters().refused.magic).toBe(0);
});
