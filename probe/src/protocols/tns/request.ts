// cold. What a client's message asks for.
import { ByteReader } from '../kit/byte-reader.ts';
import { characterEnd, utf8 } from '../kit/text.ts';
import { authInFast, type Login, readAuth } from './auth.ts';
import { type Bind, MAX_BINDS, readBinds } from './binds.ts';
import * as ttc from './ttc.ts';

/** Cursors that one message closes at most: more than a session may have open by default. */
const MAX_CLOSED = 1024;
/** Between the length of a statement and its text: pointers and counts, of which the versions have more and more. */
const MAX_PREAMBLE_BYTES = 160;
const SHORT_LENGTH = 252;
const LONG_LENGTH = 0xfe;
const PROOF_BYTES = 4;
/** Of an execution's options: it has bind variables. */
const OPTION_BIND = 0x08;
/** Numbers behind the text (al8i4). */
const NUMBERS = 13;

export interface Question {
  /** `quiet`: what is no statement, and not reported. `connect`: the listener is asked. */
  readonly kind: 'connect' | 'login' | 'statement' | 'quiet';
  /** Its function, 0 when it is none. */
  readonly code: number;
  readonly sequence: number;
  readonly sql?: string;
  /** The text is longer than what was kept of it. */
  readonly isCut?: boolean;
  /** The statement that was parsed before. */
  readonly cursor?: number;
  /** Its bind variables, where it says what they are. */
  readonly binds?: readonly Bind[] | undefined;
  /** Rows of their values, lent. */
  readonly rows?: Uint8Array;
  /** Values of its bind variables, once they were read. */
  readonly params?: readonly string[];
  /** There are more values, or they are longer. */
  readonly isParamsCut?: boolean;
  readonly login?: Login;
  /** Cursors that were given back before. */
  readonly closed: readonly number[];
}

const NONE: readonly number[] = [];
export const CONNECT_QUESTION: Question = { kind: 'connect', code: 0, sequence: 0, closed: NONE };

/** @param content of a message, lent; possibly cut
 *  @param isHoled bytes are missing at its end
 *  @param textLimit bytes of a statement that are given
 *  @returns undefined when it is not understood */
export function readQuestion(content: Uint8Array, isHoled: boolean, textLimit: number): Question | undefined {
  const start = content[0] === ttc.TTC_FAST_AUTH ? authInFast(content) : 0;
  if (start < 0) return undefined;
  if (!ttc.isCall(content, start)) return { kind: 'quiet', code: 0, sequence: 0, closed: NONE };
  const { at, closed } = findFunction(content, start);
  if (at < 0) return undefined;
  const question = readFunction(content, at, isHoled, textLimit);
  return question && { ...question, closed };
}

/** Piggybacks come before the function. All have a number of their own, one after the other. */
function findFunction(content: Uint8Array, start: number): { at: number; closed: readonly number[] } {
  let closed = NONE;
  let at = start;
  while (at >= 0 && content[at] === ttc.TTC_PIGGYBACK) {
    const code = content[at + 1];
    if (code === ttc.OCCA || code === ttc.OCANA) closed = [...closed, ...readClosed(content, at)].slice(0, MAX_CLOSED);
    at = nextCall(content, at);
  }
  return { at, closed };
}

function nextCall(content: Uint8Array, from: number): number {
  const sequence = content[from + 2] ?? 0;
  for (let at = from + ttc.CALL_HEADER_BYTES; at + ttc.CALL_HEADER_BYTES <= content.length; at++)
    if (ttc.isCall(content, at) && follows(content[at + 2] ?? 0, sequence)) return at;
  return -1;
}

/** Numbers begin again after 255, or earlier. */
export const follows = (next: number, sequence: number): boolean =>
  next === ((sequence + 1) & 0xff) || (next === 1 && sequence >= 127);

function readClosed(content: Uint8Array, at: number): number[] {
  const reader = afterHeader(content, at, 1);
  reader.skip(1); // pointer
  const count = Math.min(ttc.ub(reader, 4), MAX_CLOSED);
  const closed: number[] = [];
  while (closed.length < count && !reader.failed) closed.push(ttc.ub(reader, 4));
  return reader.failed ? [] : closed;
}

/** From version 23.1 on a token number stands behind the header: 0, where otherwise no 0 can be.
 *  @param first what stands there without one, undefined: anything but 0 */
function afterHeader(content: Uint8Array, at: number, first?: number): ByteReader {
  const reader = new ByteReader(content, at + ttc.CALL_HEADER_BYTES);
  const isToken = content[reader.at] === 0 && (first === undefined || content[reader.at + 1] === first);
  if (isToken) reader.skip(1);
  return reader;
}

function readFunction(
  content: Uint8Array,
  at: number,
  isHoled: boolean,
  textLimit: number,
): Omit<Question, 'closed'> | undefined {
  const code = content[at + 1] ?? 0;
  const plain = { code, sequence: content[at + 2] ?? 0 };
  switch (code) {
    case ttc.OALL8: {
      const executed = readExecute(afterHeader(content, at), isHoled, textLimit);
      return executed && { ...plain, kind: 'statement', ...executed };
    }
    case ttc.OFETCH:
    case ttc.REEXECUTE:
    case ttc.REEXECUTE_AND_FETCH: {
      const reader = afterHeader(content, at);
      const cursor = ttc.ub(reader, 4);
      if (reader.failed) return undefined;
      return { ...plain, kind: 'statement', cursor, ...(code === ttc.OFETCH ? {} : { rows: rowsAgain(reader) }) };
    }
    case ttc.OCOMMIT:
      return { ...plain, kind: 'statement', sql: 'COMMIT' };
    case ttc.OROLLBACK:
      return { ...plain, kind: 'statement', sql: 'ROLLBACK' };
    case ttc.OSESSKEY:
    case ttc.OAUTH: {
      const login = readAuth(new ByteReader(content, at + ttc.CALL_HEADER_BYTES));
      return login && { ...plain, kind: 'login', login };
    }
    default:
      return { ...plain, kind: 'quiet' };
  }
}

/** How often it runs, and flags, stand before the rows of a statement that runs again. */
function rowsAgain(reader: ByteReader): Uint8Array {
  for (let number = 0; number < 3; number++) ttc.ub(reader, 4);
  return reader.bytes.subarray(reader.at, reader.failed ? reader.at : reader.end);
}

type Executed = Pick<Question, 'sql' | 'isCut' | 'cursor' | 'binds' | 'rows'>;

function readExecute(reader: ByteReader, isHoled: boolean, textLimit: number): Executed | undefined {
  const options = ttc.ub(reader, 4);
  const cursor = ttc.ub(reader, 4);
  const hasText = reader.u8() !== 0;
  const sqlBytes = ttc.ub(reader, 4);
  if (reader.failed) return undefined;
  const counts = new ByteReader(reader.bytes, reader.at, reader.end);
  const told = readBindCount(counts);
  const bindCount = (options & OPTION_BIND) === 0 ? 0 : told;
  if (!hasText || sqlBytes === 0) return { cursor, ...findBinds(counts, bindCount) };
  reader.at = counts.at;
  const { bytes, isWhole } = readText(reader, sqlBytes, textLimit);
  if (bytes.length === 0 || (isHoled && !isWhole && bytes.length < textLimit)) return undefined;
  const end = isWhole ? bytes.length : characterEnd(bytes, 0, bytes.length);
  const isCut = !isWhole || bindCount > MAX_BINDS;
  return { sql: utf8(bytes, 0, end), isCut, ...bindsBehind(reader, bindCount) };
}

/** @param reader behind the text's length */
function readBindCount(reader: ByteReader): number {
  reader.skip(1); // pointer
  ttc.ub(reader, 4); // count of numbers
  reader.skip(2); // pointers
  for (let number = 0; number < 3; number++) ttc.ub(reader, 4); // rows, size of them, longest value
  const hasBinds = reader.u8() !== 0;
  const count = ttc.ub(reader, 4);
  return hasBinds && !reader.failed ? count : 0;
}

type Binds = Pick<Question, 'binds' | 'rows'>;

/** Where there is no text behind which they stand: they are where they fit.
 *  @param reader behind the count of them */
function findBinds(reader: ByteReader, count: number): Binds {
  if (count === 0 || count > MAX_BINDS) return {};
  reader.skip(5 + 1); // pointers, to defines too
  ttc.ub(reader, 4); // defines
  ttc.ub(reader, 4); // registration
  for (let at = reader.at; at < Math.min(reader.end, reader.at + MAX_PREAMBLE_BYTES); at++) {
    const found = bindsBehind(new ByteReader(reader.bytes, at, reader.end), count);
    if (found.binds !== undefined) return found;
  }
  return {};
}

/** @param reader before the numbers that follow the text, lent */
function bindsBehind(reader: ByteReader, count: number): Binds {
  if (count === 0 || count > MAX_BINDS) return {};
  for (let number = 0; number < NUMBERS; number++) ttc.ub(reader, 4);
  for (const hasCollation of [true, false]) {
    const list = new ByteReader(reader.bytes, reader.at, reader.end);
    list.failed = reader.failed;
    const binds = readBinds(list, count, hasCollation);
    if (binds !== undefined) return { binds, rows: list.bytes.subarray(list.at, list.end) };
  }
  return {};
}

/** Of a text of `sqlBytes`, the first that stands behind the counts. Its length, or that of its chunks, stands before it once
 *  more; Oracle's JDBC driver writes the text alone. */
function readText(reader: ByteReader, sqlBytes: number, limit: number): ttc.Clr {
  const { bytes, at: from } = reader;
  for (let at = from; at < Math.min(reader.end, from + MAX_PREAMBLE_BYTES); at++) {
    reader.at = at;
    // The length of the first chunk follows, and that length's length.
    const isChunked = bytes[at] === LONG_LENGTH && isText(bytes, at + 2 + (bytes[at + 1] ?? 0), PROOF_BYTES);
    if (isChunked || isCounted(bytes, at, sqlBytes)) return ttc.readClr(reader, limit);
    if (isText(bytes, at, sqlBytes)) return ttc.readPresent(reader, sqlBytes, limit);
  }
  return { bytes: bytes.subarray(0, 0), isWhole: false };
}

/** A length may be the first letter of a text that has none before it: then what follows the text stands in its last place. */
const isCounted = (bytes: Uint8Array, at: number, sqlBytes: number): boolean =>
  sqlBytes <= SHORT_LENGTH &&
  bytes[at] === sqlBytes &&
  isText(bytes, at + 1, sqlBytes) &&
  (at + sqlBytes >= bytes.length || isText(bytes, at + sqlBytes, 1));

function isText(bytes: Uint8Array, at: number, lengthBytes: number): boolean {
  for (let i = at; i < at + Math.min(lengthBytes, PROOF_BYTES); i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false;
  }
  return true;
}
