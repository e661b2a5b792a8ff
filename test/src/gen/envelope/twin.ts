// A second, plain sender, written from docs/envelope.md alone and sharing nothing with the codec: what it seals, right
// and wrong, are the vectors. It can break every rule that a real sender keeps.
import { createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import nacl from 'tweetnacl';

const L = (name: string) => Buffer.from(`nano-env/1 ${name}`);
const hkdf = (salt: Uint8Array, key: Uint8Array, info: Uint8Array) =>
  Buffer.from(hkdfSync('sha512', key, salt, info, 32));
const H = (key: Uint8Array, ...data: Uint8Array[]) => createHmac('sha512', key).update(Buffer.concat(data)).digest();
export const u8 = (value: number) => Buffer.from([value]);
export const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** @returns 32 bytes, the same on every run */
export const seeded = (seed: string): Buffer => createHash('sha256').update(seed).digest();

const secretKey = (raw: Uint8Array) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), raw]),
    format: 'der',
    type: 'pkcs8',
  });
const publicKey = (raw: Uint8Array) =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), raw]),
    format: 'der',
    type: 'spki',
  });
export const publicOf = (secret: Uint8Array): Buffer =>
  createPublicKey(secretKey(secret)).export({ format: 'der', type: 'spki' }).subarray(12);
const dh = (secret: Uint8Array, peer: Uint8Array) =>
  diffieHellman({ privateKey: secretKey(secret), publicKey: publicKey(peer) });

export const KEYS = {
  master: seeded('master'),
  psk: seeded('psk'),
  probe: seeded('probe'),
  receiver: seeded('receiver'),
  ephemeral: seeded('ephemeral'),
};
export const PSK_KID = 0x01020304;
export const MASTER_KID = 0x0a0b0c0d;
export const SEALED_KID = 0xfedcba98;

/** A point of order 8. Source: RFC 7748 section 6.1 on contributory behaviour; the list of such points is in
 *  libsodium's and others' sources. */
export const LOW_ORDER = Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex');

export interface Draft {
  kid?: number;
  suite?: 1 | 2;
  t0: number;
  sid?: number;
  seq: number;
  type?: number;
  dms?: number;
  body?: Uint8Array;
  /** In place of what the body says. */
  len?: number;
  /** Zeros up to this plaintext length, unless `tail` is given. */
  padTo?: number;
  tail?: Uint8Array;
  /** In place of the ephemeral public key. */
  E?: Uint8Array;
}

export interface Schedule {
  prefix: Buffer;
  E: Buffer;
  mac1: Buffer;
  K_ss: Buffer;
  K_probe: Buffer;
  K_session: Buffer;
  K_hedge: Buffer;
}

const NONE = Buffer.alloc(0);

/** @returns all keys of a session */
export function schedule(draft: Draft): Schedule {
  const { kid = PSK_KID, suite = 1, t0, sid = 0x55667788 } = draft;
  const prefix = Buffer.concat([u8(0xf9), u8(0x10 | suite), u32(kid), u32(t0), u32(sid)]);
  const { K_probe, ...proof } = suite === 1 ? { ...NO_PROOF, K_probe: pskKey(kid) } : sealedKey(kid, prefix, draft.E);
  const keys = H(K_probe, L('session'), prefix);
  return { prefix, ...proof, K_probe, K_session: keys.subarray(0, 32), K_hedge: keys.subarray(32) };
}

const NO_PROOF = { E: NONE, mac1: NONE, K_ss: NONE };
export const pskKey = (kid: number) => (kid === MASTER_KID ? hkdf(L('psk'), KEYS.master, u32(kid)) : KEYS.psk);

function sealedKey(kid: number, prefix: Buffer, point?: Uint8Array) {
  const receiver = publicOf(KEYS.receiver);
  const K_ss = hkdf(L('ss'), dh(KEYS.probe, receiver), Buffer.concat([publicOf(KEYS.probe), receiver, u32(kid)]));
  const E = Buffer.from(point ?? publicOf(KEYS.ephemeral));
  const mac1 = H(K_ss, L('mac1'), prefix, E).subarray(0, 8);
  const K_probe = hkdf(K_ss, dh(KEYS.ephemeral, receiver), Buffer.concat([L('es'), prefix, E]));
  return { E, mac1, K_ss, K_probe };
}

export function plaintext({ type = 1, dms = 0, body = NONE, len = body.length, padTo = 0, tail }: Draft): Buffer {
  const used = Buffer.concat([u8(type), u32(dms), u16(len), body]);
  return Buffer.concat([used, tail ?? Buffer.alloc(Math.max(0, padTo - used.length))]);
}

/** @returns one datagram; its hedge is made as the portable implementation makes it */
export function twinSeal(draft: Draft): Buffer {
  const keys = schedule(draft);
  const head = Buffer.concat([keys.prefix, u32(draft.seq)]);
  const plain = plaintext(draft);
  const hedge = H(keys.K_hedge, seeded(`hedge ${draft.seq}`).subarray(0, 16), head, plain).subarray(0, 6);
  const nonce = Buffer.concat([head, hedge]);
  return Buffer.concat([nonce, keys.E, keys.mac1, nacl.secretbox(plain, nonce, keys.K_session)]);
}
