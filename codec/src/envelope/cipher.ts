// warm. crypto_secretbox (XSalsa20-Poly1305) behind one seam, over tweetnacl or sodium-native: the same bytes.
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import nacl from 'tweetnacl';
import { TAG_BYTES } from './wire.ts';

export interface Cipher {
  readonly name: 'tweetnacl' | 'sodium';
  /** Writes tag ‖ ciphertext.
   *  @param into exactly `plaintext.length + 16` bytes, not overlapping the plaintext */
  seal(into: Uint8Array, plaintext: Uint8Array, nonce24: Uint8Array, key32: Uint8Array): void;
  /** Writes the plaintext, but only of a box that is whole.
   *  @param into exactly `box.length - 16` bytes
   *  @returns false when the tag is wrong or the box shorter than a tag */
  open(into: Uint8Array, box: Uint8Array, nonce24: Uint8Array, key32: Uint8Array): boolean;
  /** @returns a keyed hash of at least 16 bytes, lent until the next call; the sender's hedge is cut from it, and
   *    nobody ever checks it, so ciphers may differ here */
  mac(data: Uint8Array, key32: Uint8Array): Uint8Array;
}

/** The portable cipher: JavaScript alone, about eight times slower. */
export const tweetnaclCipher: Cipher = {
  name: 'tweetnacl',
  seal: (into, plaintext, nonce24, key32) => into.set(nacl.secretbox(plaintext, nonce24, key32)),
  open(into, box, nonce24, key32) {
    const plaintext = box.length < TAG_BYTES ? null : nacl.secretbox.open(box, nonce24, key32);
    if (plaintext === null) return false;
    into.set(plaintext);
    return true;
  },
  mac: (data, key32) => createHmac('sha512', key32).update(data).digest(),
};

/** What we use of sodium-native. */
interface Sodium {
  crypto_secretbox_easy(into: Uint8Array, plaintext: Uint8Array, nonce: Uint8Array, key: Uint8Array): void;
  crypto_secretbox_open_easy(into: Uint8Array, box: Uint8Array, nonce: Uint8Array, key: Uint8Array): boolean;
  crypto_generichash(into: Uint8Array, data: Uint8Array, key: Uint8Array): void;
}

/** @returns sodium-native, or undefined where the optional dependency is missing or does not load */
function loadSodium(): Sodium | undefined {
  try {
    return createRequire(import.meta.url)('sodium-native') as Sodium;
  } catch {
    return undefined;
  }
}

function sodiumCipher(sodium: Sodium): Cipher {
  const hash = Buffer.alloc(TAG_BYTES);
  return {
    name: 'sodium',
    seal: (into, plaintext, nonce24, key32) => sodium.crypto_secretbox_easy(into, plaintext, nonce24, key32),
    open: (into, box, nonce24, key32) =>
      box.length >= TAG_BYTES && sodium.crypto_secretbox_open_easy(into, box, nonce24, key32),
    mac(data, key32) {
      sodium.crypto_generichash(hash, data, key32);
      return hash;
    },
  };
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// Known answer: a box over 131 bytes. Source: D. J. Bernstein, "Cryptography in NaCl", section 10.
const KNOWN = {
  key: hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389'),
  nonce: hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37'),
  plaintext: hex(
    'be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705',
  ),
  box: hex(
    'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5',
  ),
};

/** @returns true when the cipher gives the published box, opens it, refuses a changed one, and hashes */
export function testCipher(cipher: Cipher): boolean {
  const { key, nonce, plaintext, box } = KNOWN;
  const sealed = Buffer.alloc(box.length);
  const opened = Buffer.alloc(plaintext.length);
  cipher.seal(sealed, plaintext, nonce, key);
  if (!sealed.equals(box) || !cipher.open(opened, box, nonce, key) || !opened.equals(plaintext)) return false;
  sealed[sealed.length - 1] = (sealed[sealed.length - 1] as number) ^ 1;
  return !cipher.open(opened, sealed, nonce, key) && cipher.mac(plaintext, key).length >= TAG_BYTES;
}

function passes(cipher: Cipher): boolean {
  try {
    return testCipher(cipher);
  } catch {
    return false;
  }
}

/** @returns the ciphers that load and pass their self-test on this machine, the fastest first */
export function availableCiphers(): Cipher[] {
  const sodium = loadSodium();
  const ciphers = sodium === undefined ? [tweetnaclCipher] : [sodiumCipher(sodium), tweetnaclCipher];
  return ciphers.filter(passes);
}

/** @returns sodium when it loads and passes its self-test, else tweetnacl
 *  @throws Error when none passes: nothing must be sealed with a broken cipher */
export function selectCipher(): Cipher {
  const [cipher] = availableCiphers();
  if (cipher === undefined)
    throw new Error('no cipher passed its self-test: this build must not seal or open anything');
  return cipher;
}
