// warm. The token stream of an answer: read as it comes, rows passed over. Source: MS-TDS section 2.2.7.
import { ByteReader } from '../kit/byte-reader.ts';
import { readColumns } from './columns.ts';
import { RowSkipper } from './rows.ts';
import { readLongText, readShortText } from './text.ts';
import { readTypeInfo, type TypeInfo } from './types.ts';
import { readBytes, valueText } from './values.ts';

const RETURNSTATUS = 0x79;
const COLMETADATA = 0x81;
const TABNAME = 0xa4;
const COLINFO = 0xa5;
const ORDER = 0xa9;
const ERROR = 0xaa;
const INFO = 0xab;
const RETURNVALUE = 0xac;
const LOGINACK = 0xad;
const FEATUREEXTACK = 0xae;
const ROW = 0xd1;
const NBCROW = 0xd2;
const ENVCHANGE = 0xe3;
const SESSIONSTATE = 0xe4;
const SSPI = 0xed;
const FEDAUTHINFO = 0xee;
const DONE = 0xfd;
const DONEPROC = 0xfe;
const DONEINPROC = 0xff;
const FEATURE_TERMINATOR = 0xff;

/** DONE's status bits. */
const DONE_MORE = 0x01;
const DONE_ERROR = 0x02;
const DONE_COUNT = 0x10;
const DONE_ATTN = 0x20;
const ENV_DATABASE = 1;

/** A token that is longer is not put together: messages and columns are far shorter. */
const MAX_TOKEN_BYTES = 64 * 1024;

/** What an answer says. */
export interface Answer {
  /** Its last DONE was seen. */
  isComplete: boolean;
  rows: number | undefined;
  errorNumber: number;
  error: string | undefined;
  isCancelled: boolean;
  /** First output value: the handle of a prepared statement. */
  handle: string | undefined;
  database: string | undefined;
  isLoggedIn: boolean;
}

export const freshAnswer = (): Answer => ({
  isComplete: false,
  rows: undefined,
  errorNumber: 0,
  error: undefined,
  isCancelled: false,
  handle: undefined,
  database: undefined,
  isLoggedIn: false,
});

export class TokenReader {
  answer = freshAnswer();
  /** What follows cannot be found any more, until the next answer. */
  isLost = false;
  /** TDS 7.2 and later. */
  isWide = true;
  #held: Uint8Array = new Uint8Array(0);
  #columns: readonly TypeInfo[] = [];
  #row: RowSkipper | undefined;

  get heldBytes(): number {
    return this.#held.length;
  }

  /** There is no room to put a token together. */
  giveUp(): void {
    this.isLost = true;
    this.#held = new Uint8Array(0);
  }

  /** A new answer begins. */
  restart(): void {
    this.answer = freshAnswer();
    this.isLost = false;
    this.#held = new Uint8Array(0);
    this.#columns = [];
    this.#row = undefined;
  }

  /** @param content of one packet, lent */
  push(content: Uint8Array): void {
    if (this.isLost) return;
    const bytes = this.#held.length === 0 ? content : Buffer.concat([this.#held, content]);
    const end = this.#readTokens(bytes);
    if (this.isLost || bytes.length - end > MAX_TOKEN_BYTES) this.giveUp();
    else this.#held = bytes.slice(end);
  }

  /** Reads the DONE at the very end of an answer whose middle was lost.
   *  @param content of its last packet */
  readLast(content: Uint8Array): void {
    const lengthBytes = this.isWide ? 13 : 9;
    const last = content.subarray(Math.max(0, content.length - lengthBytes));
    const reader = new ByteReader(last);
    const type = reader.u8();
    if (last.length === lengthBytes && type >= DONE) this.#readDone(reader);
  }

  /** @returns where the first token begins that is not whole */
  #readTokens(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.isLost) {
      const next = this.#row === undefined ? this.#readToken(bytes, at) : this.#skipRow(bytes, at);
      if (next === at) return at;
      at = next;
    }
    return at;
  }

  #skipRow(bytes: Uint8Array, at: number): number {
    const row = this.#row;
    if (row === undefined) return at;
    const end = row.skip(bytes, at);
    if (row.isOver) this.#row = undefined;
    return end;
  }

  /** @returns where it ends, or `at` when it is not whole */
  #readToken(bytes: Uint8Array, at: number): number {
    const type = bytes[at] ?? 0;
    if (type === ROW || type === NBCROW) {
      this.#row = new RowSkipper(this.#columns, type === NBCROW);
      return at + 1;
    }
    const reader = new ByteReader(bytes, at + 1);
    this.#read(type, reader);
    return reader.failed || this.isLost ? at : reader.at;
  }

  #read(type: number, reader: ByteReader): void {
    switch (type) {
      case DONE:
      case DONEPROC:
      case DONEINPROC:
        this.#readDone(reader);
        break;
      case ERROR:
        this.#readError(reader);
        break;
      case ENVCHANGE:
        this.#readChange(reader.block(reader.u16le()));
        break;
      case COLMETADATA:
        this.#readColumns(reader);
        break;
      case RETURNVALUE:
        this.#readReturnValue(reader);
        break;
      case LOGINACK:
        this.answer.isLoggedIn = true;
        reader.skip(reader.u16le());
        break;
      case INFO:
      case ORDER:
      case TABNAME:
      case COLINFO:
      case SSPI:
        reader.skip(reader.u16le());
        break;
      case SESSIONSTATE:
      case FEDAUTHINFO:
        reader.skip(reader.u32le());
        break;
      case RETURNSTATUS:
        reader.skip(4);
        break;
      case FEATUREEXTACK:
        skipFeatures(reader);
        break;
      default: // ALTMETADATA too, of COMPUTE, which SQL Server 2012 gave up
        this.isLost = true;
    }
  }

  #readDone(reader: ByteReader): void {
    const status = reader.u16le();
    reader.skip(2); // CurCmd
    const count = this.isWide ? reader.u64le() : reader.u32le();
    if (reader.failed) return;
    this.answer.isComplete = (status & DONE_MORE) === 0;
    if ((status & DONE_COUNT) !== 0) this.answer.rows = (this.answer.rows ?? 0) + count;
    if ((status & DONE_ATTN) !== 0) this.answer.isCancelled = true;
    if ((status & DONE_ERROR) !== 0 && this.answer.errorNumber === 0) this.answer.errorNumber = -1;
  }

  #readError(reader: ByteReader): void {
    const token = reader.block(reader.u16le());
    if (reader.failed) return;
    const number = token.u32le();
    token.skip(2); // state, class
    const text = readLongText(token);
    if (token.failed || this.answer.error !== undefined) return; // the first one is the cause
    this.answer.errorNumber = number;
    this.answer.error = text;
  }

  #readChange(change: ByteReader): void {
    if (change.u8() !== ENV_DATABASE) return;
    const database = readShortText(change);
    if (!change.failed) this.answer.database = database;
  }

  #readColumns(reader: ByteReader): void {
    const columns = readColumns(reader, this.isWide);
    if (columns === undefined) this.isLost = true;
    else if (!reader.failed) this.#columns = columns;
  }

  #readReturnValue(reader: ByteReader): void {
    reader.skip(2); // ParamOrdinal
    readShortText(reader);
    reader.skip(1 + (this.isWide ? 4 : 2) + 2); // status, UserType, flags
    const info = readTypeInfo(reader);
    if (info === undefined) {
      this.isLost = !reader.failed;
      return;
    }
    const bytes = readBytes(reader, info, MAX_TOKEN_BYTES);
    if (bytes === undefined) reader.failed = true;
    else if (bytes !== null && !reader.failed) this.answer.handle ??= valueText(info, bytes);
  }
}

function skipFeatures(reader: ByteReader): void {
  while (!reader.failed && reader.u8() !== FEATURE_TERMINATOR) reader.skip(reader.u32le());
}
