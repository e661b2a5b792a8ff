// cold. OSESSKEY and OAUTH: who logs in. Of what they carry only the names are read, never keys and passwords.
import { ByteReader } from '../kit/byte-reader.ts';
import { utf8 } from '../kit/text.ts';
import { readClr, TTC_DATA_TYPES, TTC_PROTOCOL, ub } from './ttc.ts';

/** Longer than names of users are (128 bytes), and those of programs. */
const MAX_NAME_BYTES = 256;
/** Pairs that are read: the drivers send fewer than 20. */
const MAX_PAIRS = 64;

export interface Login {
  /** Empty where a token or a certificate takes its place. */
  readonly user: string;
  /** Empty where it was not sent. */
  readonly program: string;
}

/** @param reader behind the function's header
 *  @returns undefined when it does not parse */
export function readAuth(reader: ByteReader): Login | undefined {
  // From version 23.1 on a token number stands before, 0.
  if (reader.bytes[reader.at] === 0 && reader.bytes[reader.at + 1] === 1) reader.skip(1);
  const hasUser = reader.u8() !== 0;
  const userBytes = ub(reader, 4);
  ub(reader, 4); // mode
  reader.skip(1); // pointer
  const pairs = Math.min(ub(reader, 4), MAX_PAIRS);
  reader.skip(2); // pointers
  if (reader.failed || userBytes > MAX_NAME_BYTES) return undefined;
  const user = hasUser ? readUser(reader, userBytes) : '';
  return reader.failed ? undefined : { user, program: readProgram(reader, pairs) };
}

/** Some drivers write its length once more. */
function readUser(reader: ByteReader, userBytes: number): string {
  if (reader.bytes[reader.at] === userBytes) reader.skip(1);
  const { at, end } = reader.block(userBytes);
  return utf8(reader.bytes, at, end);
}

function readProgram(reader: ByteReader, pairs: number): string {
  for (let pair = 0; pair < pairs && !reader.failed; pair++) {
    const name = ub(reader, 4) === 0 ? '' : readName(reader);
    const value = ub(reader, 4) === 0 ? '' : readName(reader);
    ub(reader, 4); // flags
    if (name === 'AUTH_PROGRAM_NM' && !reader.failed) return value;
  }
  return '';
}

function readName(reader: ByteReader): string {
  const { bytes } = readClr(reader, MAX_NAME_BYTES);
  return utf8(bytes, 0, bytes.length);
}

/** What a login of version 23 sends at once, OSESSKEY at its end.
 *  @param content of the message, lent
 *  @returns where OSESSKEY stands, or -1 */
export function authInFast(content: Uint8Array): number {
  const reader = new ByteReader(content);
  reader.skip(4); // type, version, flags
  if (reader.u8() !== TTC_PROTOCOL) return -1;
  while (reader.u8() !== 0 && !reader.failed); // versions
  while (reader.u8() !== 0 && !reader.failed); // the driver's name
  reader.skip(6); // character sets, version of the fields
  if (reader.u8() !== TTC_DATA_TYPES) return -1;
  reader.skip(5); // character sets, flags
  readClr(reader, 0);
  readClr(reader, 0);
  while (reader.left >= 2 && reader.u16() !== 0) skipType(reader);
  return reader.failed ? -1 : reader.at;
}

/** What a type is converted to, and how that is written: some drivers leave out the latter for a type that is not converted,
 *  others write zeros. */
function skipType(reader: ByteReader): void {
  const { bytes, at } = reader;
  const isConverted = reader.u16() !== 0;
  const isZero = [2, 3, 4, 5].every(place => bytes[at + place] === 0);
  if (isConverted || isZero) reader.skip(4);
}
