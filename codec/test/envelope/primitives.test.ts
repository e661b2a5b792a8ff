// The primitives against values that others published.
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import nacl from 'tweetnacl';
import { agree, keyPairOf } from '../../src/envelope/schedule.ts';
import { testCipher } from '../../src/index.ts';
import { CIPHERS } from './scene.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
/** tweetnacl's own type declarations leave its primitives out. */
type OneTimeAuth = (
  tag: Uint8Array,
  tagAt: number,
  data: Uint8Array,
  at: number,
  lenBytes: number,
  key: Uint8Array,
) => void;
const { lowlevel } = nacl as unknown as { lowlevel: { crypto_onetimeauth: OneTimeAuth } };
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

// Source: RFC 7748 section 6.1.
const alice = keyPairOf(hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
const bob = keyPairOf(hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));

test('X25519 gives the keys and the secret of RFC 7748', () => {
  expect(text(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  expect(text(bob.publicKey)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
  const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
  expect(text(agree(alice.secret, bob.publicKey))).toBe(secret);
  expect(text(agree(bob.secret, alice.publicKey))).toBe(secret);
});

// The points of order 1, 2, 4 and 8, and their non-canonical spellings modulo 2^255 - 19.
// Source: the list in "May the Fourth Be With You", Genkin, Valenta, Yarom, 2017, as all X25519 libraries check it.
test.each([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])('the point of low order %s gives no secret', point => {
  expect(agree(alice.secret, hex(point))).toBeUndefined();
});

test.each(CIPHERS)('$name gives the box of "Cryptography in NaCl"', cipher => {
  expect(testCipher(cipher)).toBe(true);
});

test('a cipher that changes a byte, or opens anything, fails the self-test', () => {
  const [cipher] = CIPHERS;
  if (cipher === undefined) throw new Error('no cipher');
  const flipped = { ...cipher, seal: (into: Uint8Array) => into.fill(0) };
  expect(testCipher({ ...flipped, seal: into => void flipped.seal(into) })).toBe(false);
  expect(testCipher({ ...cipher, open: () => true })).toBe(false);
});

// Source: RFC 4231 section 4.2 and 4.3.
test('HMAC-SHA-512 gives the values of RFC 4231', () => {
  const hmac = (key: Uint8Array, data: string) => createHmac('sha512', key).update(data).digest('hex');
  expect(hmac(Buffer.alloc(20, 0x0b), 'Hi There')).toBe(
    '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  );
  expect(hmac(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  );
});

// Source: RFC 8439 section 2.5.2.
const POLY1305 = {
  key: hex('85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b'),
  data: new Uint8Array(Buffer.from('Cryptographic Forum Research Group')),
  tag: 'a8061dc1305136c6c22b8baf0c0127a9',
};

test('Poly1305 of tweetnacl gives the tag of RFC 8439', () => {
  const tag = new Uint8Array(16);
  lowlevel.crypto_onetimeauth(tag, 0, POLY1305.data, 0, POLY1305.data.length, POLY1305.key);
  expect(text(tag)).toBe(POLY1305.tag);
});

test('Poly1305 of sodium gives the tag of RFC 8439, where sodium loads', () => {
  if (!CIPHERS.some(({ name }) => name === 'sodium')) return;
  const sodium = createRequire(import.meta.url)('sodium-native');
  const tag = Buffer.alloc(16);
  sodium.crypto_onetimeauth(tag, POLY1305.data, POLY1305.key);
  expect(text(tag)).toBe(POLY1305.tag);
});
