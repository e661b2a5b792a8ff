// cold. The server's side of a login with a verifier of version 12c: what the driver proves, and what it wants proven.
import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { join, Reader, text, u8, ub } from './wire.ts';

const VERIFIER_12C = 0x4815;
/** As few as drivers take. */
const ROUNDS = 4096;
const KEY_ROUNDS = 3;
const ZEROS = Buffer.alloc(16);
const PADDING = Buffer.alloc(16, 16);

function crypt(make: typeof createCipheriv | typeof createDecipheriv, key: Buffer, bytes: Buffer): Buffer {
  const cipher = make('aes-256-cbc', key, ZEROS);
  cipher.setAutoPadding(false);
  return join(cipher.update(bytes), cipher.final());
}

export type Pairs = ReadonlyMap<string, string>;

/** @returns the user's name, and what comes with it */
export function readLogin(message: Buffer, at: number): { user: string; pairs: Pairs } {
  const reader = new Reader(message, at);
  const hasUser = reader.u8() === 1;
  const lengthBytes = reader.ub();
  reader.ub();
  reader.u8();
  const count = reader.ub();
  reader.at += 2;
  const user = hasUser ? reader.name(lengthBytes) : '';
  const pairs = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const name = reader.ub() === 0 ? '' : reader.text();
    pairs.set(name, reader.ub() === 0 ? '' : reader.text());
    reader.ub();
  }
  return { user, pairs };
}

/** PARAMETER: names, values and flags. */
const parameters = (pairs: readonly (readonly [string, string, number?])[]): Buffer =>
  join(
    u8(8),
    ub(pairs.length),
    ...pairs.flatMap(([name, value, flag = 0]) => [
      ub(name.length),
      text(name),
      ub(value.length),
      value === '' ? Buffer.alloc(0) : text(value),
      ub(flag),
    ]),
  );

const hex = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();

export class Login {
  readonly #salt = randomBytes(16);
  readonly #mix = randomBytes(16);
  readonly #key = randomBytes(32);
  readonly #passwordHash: Buffer;
  readonly #password: string;

  constructor(password: string) {
    this.#password = password;
    const salted = join(this.#salt, Buffer.from('AUTH_PBKDF2_SPEEDY_KEY'));
    const derived = pbkdf2Sync(password, salted, ROUNDS, 64, 'sha512');
    this.#passwordHash = createHash('sha512').update(derived).update(this.#salt).digest().subarray(0, 32);
  }

  challenge(): Buffer {
    return parameters([
      ['AUTH_SESSKEY', hex(crypt(createCipheriv, this.#passwordHash, this.#key))],
      ['AUTH_VFR_DATA', hex(this.#salt), VERIFIER_12C],
      ['AUTH_PBKDF2_CSK_SALT', hex(this.#mix)],
      ['AUTH_PBKDF2_VGEN_COUNT', String(ROUNDS)],
      ['AUTH_PBKDF2_SDER_COUNT', String(KEY_ROUNDS)],
    ]);
  }

  /** @returns undefined for a wrong password */
  verdict(pairs: Pairs): Buffer | undefined {
    const theirs = crypt(createDecipheriv, this.#passwordHash, fromHex(pairs.get('AUTH_SESSKEY')));
    const mixed = hex(join(theirs.subarray(0, 32), this.#key));
    const key = pbkdf2Sync(mixed, this.#mix, KEY_ROUNDS, 32, 'sha512');
    const password = crypt(createDecipheriv, key, fromHex(pairs.get('AUTH_PASSWORD'))).subarray(16);
    const unpadded = password.subarray(0, password.length - (password.at(-1) ?? 0));
    if (unpadded.toString() !== this.#password) return undefined;
    const proof = crypt(createCipheriv, key, join(randomBytes(16), Buffer.from('SERVER_TO_CLIENT'), PADDING));
    return parameters([
      ['AUTH_SVR_RESPONSE', hex(proof)],
      ['AUTH_VERSION_NO', String(0x13000000)],
      ['AUTH_DBNAME', 'SHOP'],
      ['AUTH_SESSION_ID', '71'],
      ['AUTH_SERIAL_NUM', '4242'],
    ]);
  }
}

const fromHex = (digits = ''): Buffer => Buffer.from(digits, 'hex');
