// cold. Keys as text: a prefix that says what the key is, 32 bytes and a checksum in base64url.
import { createHash } from 'node:crypto';
import { requireKey } from '../envelope/schedule.ts';
import { KEY_BYTES } from '../envelope/wire.ts';
import { decodeBase64url, encodeBase64url } from './base64url.ts';

/** What a key is, by its prefix. */
export const KEY_PREFIXES = {
  psk: 'nk1p_',
  secret: 'nk1s_',
  receiver: 'nk1r_',
  probe: 'nk1u_',
  master: 'nk1m_',
} as const;
export type KeyKind = keyof typeof KEY_PREFIXES;

/** What each kind is called in messages. */
const KIND_NAMES: { readonly [K in KeyKind]: string } = {
  psk: "a probe's own key (psk)",
  secret: 'a secret key',
  receiver: "a receiver's public key",
  probe: "a probe's public key",
  master: 'a master key',
};
const CHECKSUM_BYTES = 4;
/** 36 bytes are 48 characters exactly, so no spelling but one exists. */
const BODY_CHARS = 48;

/** A result that is either a value or one line on what is wrong, never holding the text it judged: it may be a secret. */
export type Parsed<T> =
  | { readonly value: T; readonly error?: never }
  | { readonly error: string; readonly value?: never };

const checksum = (prefix: string, key: Uint8Array): Buffer =>
  createHash('sha256').update(prefix, 'ascii').update(key).digest().subarray(0, CHECKSUM_BYTES);

/** @param key 32 bytes
 *  @throws RangeError when it is not 32 bytes long */
export function formatKey(kind: KeyKind, key: Uint8Array): string {
  requireKey('key', key);
  const prefix = KEY_PREFIXES[kind];
  return prefix + encodeBase64url(Buffer.concat([key, checksum(prefix, key)]));
}

const kindOf = (text: string): KeyKind | undefined =>
  (Object.keys(KEY_PREFIXES) as KeyKind[]).find(kind => text.startsWith(KEY_PREFIXES[kind]));

/** @param kind the kind that is wanted here
 *  @returns the 32 bytes, or why the text is not such a key */
export function parseKey(kind: KeyKind, text: string): Parsed<Uint8Array> {
  const wanted = `${KIND_NAMES[kind]}, ${KEY_PREFIXES[kind]} and ${BODY_CHARS} characters`;
  const found = kindOf(text);
  if (found === undefined) return { error: `expected ${wanted}; a passphrase is no key: make one with nano-keys` };
  if (found !== kind) return { error: `expected ${wanted}, got ${KIND_NAMES[found]} (${KEY_PREFIXES[found]})` };
  const body = text.slice(KEY_PREFIXES[kind].length);
  const bytes = body.length === BODY_CHARS ? decodeBase64url(body) : undefined;
  if (bytes === undefined)
    return { error: `expected ${wanted}, got ${body.length} characters after the prefix or a foreign one` };
  const key = bytes.subarray(0, KEY_BYTES);
  if (!bytes.subarray(KEY_BYTES).equals(checksum(KEY_PREFIXES[kind], key)))
    return { error: 'the checksum is wrong: a character was lost or changed in copying' };
  return { value: key };
}
