// What the envelope's tests share: a probe and a receiver of one suite, on one clock.
import { createHash } from 'node:crypto';
import {
  availableCiphers,
  type Cipher,
  createReceiver,
  createSender,
  keyPairOf,
  type ProbeKey,
  type Received,
  type ReceiverOptions,
  type Registry,
  type RegistryRow,
  type SenderOptions,
  type Suite,
} from '../../src/index.ts';

export const START_MS = 1_800_000_000_000;
export const CIPHERS = availableCiphers();
export const SUITES: Suite[] = ['psk', 'sealed'];
export const EACH_CIPHER_AND_SUITE = CIPHERS.flatMap(cipher =>
  SUITES.map(suite => [cipher.name, suite, cipher] as const),
);
export const KID = 7;

/** @returns 32 bytes that are the same on every run */
export const keyFrom = (seed: string): Uint8Array => createHash('sha256').update(seed).digest();

/** @returns a source of bytes that is the same on every run */
export function randomFrom(seed: string): (into: Uint8Array) => void {
  let block = 0;
  return into => {
    for (let at = 0; at < into.length; at += 32)
      into.set(keyFrom(`${seed} ${block++}`).subarray(0, Math.min(32, into.length - at)), at);
  };
}

const probe = keyPairOf(keyFrom('probe'));
const receiver = keyPairOf(keyFrom('receiver'));

export const probeKey = (suite: Suite, kid = KID): ProbeKey =>
  suite === 'psk'
    ? { suite, kid, key: keyFrom('psk') }
    : { suite, kid, secret: keyFrom('probe'), receiver: receiver.publicKey };

export const rowOf = (suite: Suite, rest: Partial<RegistryRow> = {}): RegistryRow => ({
  kid: KID,
  name: 'web-1',
  suite,
  key: suite === 'psk' ? keyFrom('psk') : probe.publicKey,
  ...rest,
});

export const registryOf = (...rows: RegistryRow[]): Registry => ({ secret: keyFrom('receiver'), rows });

export const senderOf = (suite: Suite, cipher: Cipher, rest: Partial<SenderOptions> = {}) =>
  createSender({ key: probeKey(suite), cipher, random: randomFrom('sender'), ...rest });

export const receiverOf = (suite: Suite, cipher: Cipher, rest: Partial<ReceiverOptions> = {}) =>
  createReceiver({ registry: registryOf(rowOf(suite)), cipher, startedAtMs: START_MS, ...rest });

/** A probe's clocks, ms after the receiver's start. */
export const clockAt = (ms: number) => ({ wallMs: START_MS + ms, monoMs: ms });

/** @returns the reason of a refusal, else the kind of the result */
export const outcome = (received: Received): string => (received.kind === 'refused' ? received.reason : received.kind);
