// Vectors without a clock: the key schedule, texts, Padmé sizes, record ids.
import { createHash } from 'node:crypto';
import { KEY_TEXTS, START_MS, T0 } from './scenario.ts';
import {
  type Draft,
  KEYS,
  MASTER_KID,
  PSK_KID,
  plaintext,
  pskKey,
  publicOf,
  SEALED_KID,
  schedule,
  seeded,
  twinSeal,
  u32,
} from './twin.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hexAll = (table: object) =>
  Object.fromEntries(
    Object.entries(table as { [name: string]: Uint8Array })
      .filter(([, bytes]) => bytes.length > 0)
      .map(([name, bytes]) => [name, hex(bytes)]),
  );

export function scheduleVectors(): object {
  const drafts: Draft[] = [
    { kid: PSK_KID, suite: 1, t0: T0, seq: 0, body: Buffer.from('{}'), padTo: 10 },
    { kid: MASTER_KID, suite: 1, t0: T0, seq: 1, type: 0, dms: 5 },
    { kid: SEALED_KID, suite: 2, t0: T0, seq: 0x7fffffff, body: Buffer.from('{}'), dms: 3_599_999 },
  ];
  return {
    about:
      'The key schedule and one datagram of it, bytes in hex. hedgeRandom are the 16 random bytes under the hedge, which is made with HMAC-SHA-512 here; no receiver checks it.',
    keys: { ...hexAll(KEYS), receiverPublic: hex(publicOf(KEYS.receiver)), probePublic: hex(publicOf(KEYS.probe)) },
    probeKeys: [1, MASTER_KID, 0xfffffffe].map(kid => ({ kid, K_probe: hex(masterKey(kid)) })),
    sessions: drafts.map(draft => ({
      kid: draft.kid,
      suite: draft.suite,
      t0: draft.t0,
      sid: 0x55667788,
      seq: draft.seq,
      ...hexAll(schedule(draft)),
      hedgeRandom: hex(seeded(`hedge ${draft.seq}`).subarray(0, 16)),
      plaintext: hex(plaintext(draft)),
      datagram: hex(twinSeal(draft)),
    })),
  };
}

/** HKDF by RFC 5869's two steps, where the twin's own K_probe takes the library's word. */
function masterKey(kid: number): Buffer {
  if (kid === MASTER_KID) return pskKey(kid);
  const hmac = (key: Uint8Array, ...data: Uint8Array[]) => nodeHmac(key, Buffer.concat(data));
  const prk = hmac(Buffer.from('nano-env/1 psk'), KEYS.master);
  return hmac(prk, u32(kid), Buffer.from([1])).subarray(0, 32);
}

/** HMAC by RFC 2104, from the hash alone. */
function nodeHmac(key: Uint8Array, data: Uint8Array): Buffer {
  const block = Buffer.alloc(128);
  block.set(key);
  const hash = (pad: number, rest: Uint8Array) =>
    createHash('sha512')
      .update(block.map(byte => byte ^ pad))
      .update(rest)
      .digest();
  return hash(0x5c, hash(0x36, data));
}

const flipLast = (text: string) => text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A');

export function textVectors(): object {
  const datagram = twinSeal({ t0: T0, seq: 0, body: Buffer.from('{"a":1}') });
  const text = `ne1.${datagram.toString('base64url')}`;
  const key = KEY_TEXTS.psk;
  return {
    about: 'Texts: keys, the probe key line, armor. `hex` is what a text means; where it is null the text is refused.',
    keys: [
      ...Object.entries(KEY_TEXTS).map(([kind, value]) => ({ kind, text: value, hex: hex(keyBytes(kind)) })),
      ...[
        flipLast(key),
        key.slice(0, -1),
        `${key}A`,
        `${key}=`,
        `${key} `,
        key.toUpperCase(),
        'correct horse battery staple',
        '',
        key.replace('nk1p', 'nk1m'),
      ].map(value => ({ kind: 'psk', text: value, hex: null })),
      { kind: 'master', text: key, hex: null },
      { kind: 'probe', text: KEY_TEXTS.receiver, hex: null },
    ],
    lines: [
      { text: `7:${key}`, kid: 7, suite: 'psk' },
      { text: `4294967294:${KEY_TEXTS.secret}:${KEY_TEXTS.receiver}`, kid: 4294967294, suite: 'sealed' },
      ...['0', '4294967295', '07', '-1', '1e3', ''].map(kid => ({ text: `${kid}:${key}`, kid: null })),
      ...[key, `7:${key}:`, `7:${KEY_TEXTS.secret}`, `7:${KEY_TEXTS.receiver}:${KEY_TEXTS.secret}`, `7 ${key}`].map(
        line => ({ text: line, kid: null }),
      ),
    ],
    armor: [
      { text, hex: hex(datagram) },
      { text: 'ne1.', hex: '' },
      { text: 'ne1.AA', hex: '00' },
      ...[
        'ne1.AB',
        'ne1.A',
        'ne1.AA==',
        'ne1.AAA',
        'NE1.AA',
        'ne2.AA',
        'AA',
        'ne1.A A',
        'ne1.AA\n',
        'ne1.+/8',
        ' ne1.AA',
        `${text}=`,
      ].map(value => ({
        text: value,
        hex: value === 'ne1.AAA' ? '0000' : null,
      })),
    ],
    padme: [
      1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 100, 127, 129, 255, 257, 500, 512, 513, 1_000, 1_025, 1_332, 65_535,
      262_144,
    ].map(length => [length, padmeByTheBook(length)]),
    recordIds: [
      { kid: 1, t0: 2, sid: 3, seq: 4, index: 5 },
      { kid: SEALED_KID, t0: T0, sid: 0xffffffff, seq: 0x7fffffff, index: 0 },
    ].map(name => ({ ...name, id: recordId(name) })),
    startMs: START_MS,
  };
}

const keyBytes = (kind: string): Uint8Array =>
  kind === 'psk'
    ? KEYS.psk
    : kind === 'master'
      ? KEYS.master
      : kind === 'secret'
        ? KEYS.receiver
        : publicOf(kind === 'probe' ? KEYS.probe : KEYS.receiver);

/** Padmé with logarithms, as the paper writes it. */
function padmeByTheBook(length: number): number {
  if (length < 2) return length;
  const E = Math.floor(Math.log2(length));
  const S = Math.floor(Math.log2(E)) + 1;
  const step = 2 ** (E - S);
  return Math.max(length, Math.ceil(length / step) * step);
}

const recordId = ({ kid, t0, sid, seq, index }: { kid: number; t0: number; sid: number; seq: number; index: number }) =>
  createHash('sha256')
    .update(Buffer.concat([kid, t0, sid, seq, index].map(u32)))
    .digest()
    .subarray(0, 15)
    .toString('base64url');
