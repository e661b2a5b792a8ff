// cold. What a session says of itself once, and each of its records repeats.
import type { RecordOf } from '@nanogelf/codec/fields';
import { latin1, utf8 } from '../kit/text.ts';
import type { postgresFields } from './fields.ts';
import type { Startup } from './startup.ts';
import { int32, stringEnd } from './wire.ts';

/** Names for `client_encoding` that are not UTF-8, as TextDecoder calls them; others are read as UTF-8.
 *  Source: PostgreSQL documentation, "Character Set Support". */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['BIG5', 'big5'],
  ['EUC_CN', 'gbk'],
  ['EUC_JP', 'euc-jp'],
  ['EUC_KR', 'euc-kr'],
  ['GB18030', 'gb18030'],
  ['GBK', 'gbk'],
  ['ISO_8859_5', 'iso-8859-5'],
  ['ISO_8859_6', 'iso-8859-6'],
  ['ISO_8859_7', 'iso-8859-7'],
  ['ISO_8859_8', 'iso-8859-8'],
  ['KOI8R', 'koi8-r'],
  ['KOI8U', 'koi8-u'],
  ['LATIN1', 'iso-8859-1'],
  ['LATIN2', 'iso-8859-2'],
  ['LATIN3', 'iso-8859-3'],
  ['LATIN4', 'iso-8859-4'],
  ['LATIN5', 'iso-8859-9'],
  ['LATIN6', 'iso-8859-10'],
  ['LATIN7', 'iso-8859-13'],
  ['LATIN8', 'iso-8859-14'],
  ['LATIN9', 'iso-8859-15'],
  ['SJIS', 'shift_jis'],
  ['UHC', 'euc-kr'],
  ['WIN866', 'ibm866'],
  ['WIN874', 'windows-874'],
  ['WIN1250', 'windows-1250'],
  ['WIN1251', 'windows-1251'],
  ['WIN1252', 'windows-1252'],
  ['WIN1253', 'windows-1253'],
  ['WIN1254', 'windows-1254'],
  ['WIN1255', 'windows-1255'],
  ['WIN1256', 'windows-1256'],
  ['WIN1257', 'windows-1257'],
  ['WIN1258', 'windows-1258'],
]);
/** Longest name and value that are looked at. */
const VALUE_LIMIT_BYTES = 256;

type SessionFields = Pick<RecordOf<typeof postgresFields>, 'USER' | 'DB' | 'APP' | 'BACKEND_PID'>;

export class SessionFacts {
  /** Empty, or 0, where it was not seen. */
  user = '';
  database = '';
  application = '';
  backendPid = 0;
  #decoder: InstanceType<typeof TextDecoder> | undefined;

  /** Whether text is UTF-8, as far as was seen. */
  get isUtf8(): boolean {
    return this.#decoder === undefined;
  }

  begin({ user, database, application }: Startup): void {
    this.user = user;
    this.database = database;
    this.application = application;
  }

  /** Takes a ParameterStatus. */
  setParameter(bytes: Uint8Array, at: number, end: number): void {
    const nameEnd = stringEnd(bytes, at, Math.min(end, at + VALUE_LIMIT_BYTES));
    if (nameEnd < 0) return;
    const valueEnd = stringEnd(bytes, nameEnd + 1, end);
    const value = this.decode(bytes, nameEnd + 1, Math.min(valueEnd < 0 ? end : valueEnd, nameEnd + VALUE_LIMIT_BYTES));
    const name = latin1(bytes, at, nameEnd);
    if (name === 'application_name') this.application = value;
    else if (name === 'client_encoding') this.#setEncoding(value);
    else if (name === 'session_authorization' && this.user === '') this.user = value;
  }

  /** Takes a BackendKeyData, and leaves its secret key alone. */
  setKey(bytes: Uint8Array, at: number): void {
    this.backendPid = int32(bytes, at);
  }

  decode(bytes: Uint8Array, at: number, end: number): string {
    return this.#decoder?.decode(bytes.subarray(at, end)) ?? utf8(bytes, at, end);
  }

  fields(): SessionFields {
    return {
      ...(this.user !== '' && { USER: this.user }),
      ...(this.database !== '' && { DB: this.database }),
      ...(this.application !== '' && { APP: this.application }),
      ...(this.backendPid !== 0 && { BACKEND_PID: this.backendPid }),
    };
  }

  #setEncoding(name: string): void {
    const label = ENCODINGS.get(name);
    this.#decoder = label === undefined ? undefined : new TextDecoder(label);
  }
}
