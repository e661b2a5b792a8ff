// cold. What a session begins with: pre-login and login. Source: MS-TDS sections 2.2.6.4 (LOGIN7) and 2.2.6.5 (PRELOGIN).
import { ByteReader } from '../kit/byte-reader.ts';
import { ucs2 } from './text.ts';

const OPTION_ENCRYPTION = 1;
const OPTION_TERMINATOR = 0xff;
const OPTION_BYTES = 5;
/** Values of ENCRYPTION. */
export const ENCRYPT_OFF = 0;
const ENCRYPT_ON = 1;
const ENCRYPT_REQ = 3;

/** Where LOGIN7 says where its texts are: offset from the message's start and length in characters, two bytes each. */
const USER_NAME = 40;
const APP_NAME = 48;
const DATABASE = 68;
const TDS_VERSION = 4;
/** From this version on, counts have eight bytes. */
const TDS_7_2 = 0x72090002;

export interface Login {
  readonly user: string;
  readonly app: string;
  readonly database: string;
  /** TDS 7.2 or later. */
  readonly isWide: boolean;
}

/** @param body of a PRELOGIN message, lent
 *  @returns ENCRYPTION's value, undefined where there is none: inside such messages the TLS handshake travels too */
export function readEncryption(body: Uint8Array): number | undefined {
  for (let at = 0; at + OPTION_BYTES <= body.length && body[at] !== OPTION_TERMINATOR; at += OPTION_BYTES) {
    const reader = new ByteReader(body, at);
    const option = reader.u8();
    const offset = reader.u16();
    if (option === OPTION_ENCRYPTION) return body[offset];
  }
  return undefined;
}

/** @returns whether everything after the pre-login is encrypted */
export const encryptsAll = (client: number, server: number): boolean =>
  [client, server].some(value => value === ENCRYPT_ON || value === ENCRYPT_REQ);

/** @param body of a LOGIN7 message, lent; the password in it is not read
 *  @returns undefined when it does not parse */
export function readLogin(body: Uint8Array): Login | undefined {
  const texts = [USER_NAME, APP_NAME, DATABASE].map(at => textAt(body, at));
  const [user, app, database] = texts;
  if (user === undefined || app === undefined || database === undefined) return undefined;
  return { user, app, database, isWide: new ByteReader(body, TDS_VERSION).u32le() >= TDS_7_2 };
}

function textAt(body: Uint8Array, at: number): string | undefined {
  const reader = new ByteReader(body, at);
  const offset = reader.u16le();
  const end = offset + reader.u16le() * 2;
  return reader.failed || end > body.length ? undefined : ucs2(body, offset, end);
}
