// cold. The key schedule: from the keys of a probe and a receiver to the keys of one session.
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { EPHEMERAL_BYTES, KEY_BYTES, MAC1_BYTES, SESSION_PREFIX_BYTES, writeU32 } from './wire.ts';

// RFC 8410: the DER that comes before the 32 raw bytes of an X25519 key.
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

const label = (name: string): Buffer => Buffer.from(`nano-env/1 ${name}`, 'ascii');
const LABEL_PSK = label('psk');
const LABEL_SS = label('ss');
const LABEL_MAC1 = label('mac1');
const LABEL_ES = label('es');
const LABEL_SESSION = label('session');

const hkdf = (salt: Uint8Array, inputKey: Uint8Array, info: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha512', inputKey, salt, info, KEY_BYTES));

function kidBytes(kid: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, kid);
  return bytes;
}

/** An X25519 key pair, ready for agreements. */
export interface KeyPair {
  readonly secret: KeyObject;
  readonly publicKey: Uint8Array;
}

/** @param secret 32 bytes, clamped by X25519 itself
 *  @throws RangeError when it is not 32 bytes long */
export function keyPairOf(secret: Uint8Array): KeyPair {
  requireKey('secret', secret);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { secret: key, publicKey: spki.subarray(SPKI_PREFIX.length) };
}

/** X25519. Source: RFC 7748 section 6.1, which leaves the check for zero to the protocol: this one demands it.
 *  @returns the shared 32 bytes; undefined when they are all zero (a point of low order) */
export function agree(secret: KeyObject, publicKey: Uint8Array): Uint8Array | undefined {
  try {
    const peer = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
    const shared = diffieHellman({ privateKey: secret, publicKey: peer });
    return shared.every(byte => byte === 0) ? undefined : shared;
  } catch {
    return undefined; // OpenSSL reports the all-zero result as an error
  }
}

export function requireKey(name: string, key: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new RangeError(`${name}: expected ${KEY_BYTES} bytes, got ${key.length}`);
}

/** @returns K_probe of the suite psk, which is all that a probe's key file holds */
export function deriveProbeKey(master: Uint8Array, kid: number): Uint8Array {
  requireKey('master', master);
  return hkdf(LABEL_PSK, master, kidBytes(kid));
}

/** @returns K_ss of the suite sealed; undefined when the peer's key is a point of low order */
export function deriveStaticKey(
  own: KeyPair,
  peer: Uint8Array,
  probePublic: Uint8Array,
  receiverPublic: Uint8Array,
  kid: number,
): Uint8Array | undefined {
  const shared = agree(own.secret, peer);
  return shared && hkdf(LABEL_SS, shared, Buffer.concat([probePublic, receiverPublic, kidBytes(kid)]));
}

/** @param proof E ‖ …, of which the first 32 bytes count
 *  @returns 8 bytes that only a holder of K_ss can have made for this session */
export function deriveMac1(staticKey: Uint8Array, prefix: Uint8Array, proof: Uint8Array): Uint8Array {
  const mac = createHmac('sha512', staticKey).update(LABEL_MAC1);
  mac.update(prefix.subarray(0, SESSION_PREFIX_BYTES)).update(proof.subarray(0, EPHEMERAL_BYTES));
  return mac.digest().subarray(0, MAC1_BYTES);
}

/** @param proof E ‖ mac1, 40 bytes */
export const isMac1Right = (staticKey: Uint8Array, prefix: Uint8Array, proof: Uint8Array): boolean =>
  timingSafeEqual(deriveMac1(staticKey, prefix, proof), proof.subarray(EPHEMERAL_BYTES, EPHEMERAL_BYTES + MAC1_BYTES));

/** @param own the ephemeral pair (sender) or the receiver's
 *  @param peer the receiver's public key (sender) or E
 *  @returns K_probe of the suite sealed, good for one session; undefined for a point of low order */
export function deriveEphemeralKey(
  staticKey: Uint8Array,
  own: KeyObject,
  peer: Uint8Array,
  prefix: Uint8Array,
  ephemeral: Uint8Array,
): Uint8Array | undefined {
  const shared = agree(own, peer);
  if (shared === undefined) return undefined;
  const info = [LABEL_ES, prefix.subarray(0, SESSION_PREFIX_BYTES), ephemeral.subarray(0, EPHEMERAL_BYTES)];
  return hkdf(staticKey, shared, Buffer.concat(info));
}

/** @param prefix the header's first 14 bytes
 *  @returns 64 bytes: K_session ‖ K_hedge */
export const deriveSession = (probeKey: Uint8Array, prefix: Uint8Array): Uint8Array =>
  createHmac('sha512', probeKey).update(LABEL_SESSION).update(prefix.subarray(0, SESSION_PREFIX_BYTES)).digest();
