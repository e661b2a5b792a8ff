// warm. One answer, packet by packet: rows are counted and forgotten.
// Source: MySQL 8.4, "OK_Packet", "ERR_Packet", "EOF_Packet", "Text Resultset", "COM_STMT_PREPARE Response";
// MariaDB, "Result Set Packets", "Progress Reporting".
import { ByteReader } from '../kit/byte-reader.ts';
import { latin1 } from '../kit/text.ts';
import type { AnswerKind } from './commands.ts';
import { textOf } from './text.ts';
import * as wire from './wire.ts';

/** What was learned of how both sides talk. */
export interface Dialect {
  /** CLIENT_DEPRECATE_EOF; undefined until it shows. */
  deprecatesEof: boolean | undefined;
}

/** `over`; `more` to come; `perhaps`: an EOF may follow, where it is not known whether the server sends it. */
export type Progress = 'over' | 'more' | 'perhaps';

const MAX_ERROR_BYTES = 512; // MYSQL_ERRMSG_SIZE
const SESSION_TRACK_SCHEMA = 1;
const SQLSTATE_MARK = 0x23; // '#'
const PREPARE_OK_BYTES = 12;

export class Answer {
  /** Returned, or affected; undefined until either is told. */
  rows: number | undefined;
  results = 0;
  errorCode = 0;
  sqlState: string | undefined;
  error: string | undefined;
  /** Of a statement that was prepared. */
  statementId: number | undefined;
  paramCount = 0;
  /** The session's new one. */
  database: string | undefined;
  /** The server waits for a file of the client's. */
  wantsFile = false;
  readonly #kind: AnswerKind;
  readonly #dialect: Dialect;
  #state: 'start' | 'columns' | 'columns_end' | 'rows';
  /** Column definitions that are to come, in groups that an EOF may follow each. */
  #groups: number[] = [];

  constructor(kind: AnswerKind, dialect: Dialect) {
    this.#kind = kind;
    this.#dialect = dialect;
    this.#state = kind === 'rows' ? 'rows' : kind === 'columns' ? 'columns' : 'start';
    if (kind === 'columns') this.#groups = [Number.POSITIVE_INFINITY];
    if (kind === 'rows') this.rows = 0;
  }

  /** Whether its end can be told from what follows a loss. */
  get isAmongRows(): boolean {
    return this.#state === 'rows' || this.#kind === 'events';
  }

  /** @param lengthBytes of the packet's payload
   *  @param content its beginning, lent: the whole of OK, EOF and ERR */
  read(lengthBytes: number, content: Uint8Array): Progress {
    if (content[0] === wire.ERR && lengthBytes > 2) return this.#readError(content);
    if (this.#kind === 'events') return content[0] === wire.EOF && lengthBytes <= wire.EOF_BYTES ? 'over' : 'more';
    switch (this.#state) {
      case 'start':
        return this.#readStart(lengthBytes, content);
      case 'columns':
        return this.#readColumn(lengthBytes, content);
      case 'columns_end':
        return this.#readColumnsEnd(lengthBytes, content);
      case 'rows':
        return this.#readRow(lengthBytes, content);
    }
  }

  #readError(content: Uint8Array): Progress {
    const reader = new ByteReader(content, 1);
    const code = reader.u16le();
    if (code === wire.PROGRESS) return 'more';
    this.errorCode = code;
    if (content[reader.at] === SQLSTATE_MARK) {
      reader.skip(1);
      const state = reader.take(5);
      this.sqlState = latin1(state, 0, state.length);
    }
    this.error = textOf(reader.take(reader.left), MAX_ERROR_BYTES);
    return 'over';
  }

  #readStart(lengthBytes: number, content: Uint8Array): Progress {
    const first = content[0] ?? 0;
    if (this.#kind === 'text') return 'over';
    if (this.#kind === 'login') return first === wire.OK ? this.#readOk(content) : 'more';
    if (this.#kind === 'prepared' && lengthBytes >= PREPARE_OK_BYTES) return this.#readPrepared(lengthBytes, content);
    if (first === wire.OK) return this.#readOk(content);
    if (first === wire.EOF && lengthBytes <= wire.EOF_BYTES) return this.#readEof(content);
    // COM_SET_OPTION; within a login that was not seen to begin, it asks for another method.
    if (first === wire.EOF && this.#kind === 'ok') return this.#readOk(content);
    if (first === wire.LOCAL_INFILE && lengthBytes > 1) {
      this.wantsFile = true;
      return 'more';
    }
    return this.#readColumnCount(lengthBytes, content);
  }

  /** Also reads an OK that stands for EOF. */
  #readOk(content: Uint8Array): Progress {
    const reader = new ByteReader(content, 1);
    const affected = wire.readLenenc(reader);
    wire.readLenenc(reader); // last insert id
    const status = reader.u16le();
    reader.skip(2); // warnings
    if (this.#countsAffected(content.length) && content[0] === wire.OK && !reader.failed)
      this.rows = (this.rows ?? 0) + affected;
    if ((status & wire.SERVER_SESSION_STATE_CHANGED) !== 0) this.#readSessionState(reader);
    return this.#endResult(status);
  }

  /** An answer to COM_STMT_PREPARE looks like OK, where the command was not seen. */
  #countsAffected(lengthBytes: number): boolean {
    const mayBePrepared = lengthBytes === PREPARE_OK_BYTES || lengthBytes === PREPARE_OK_BYTES + 1;
    return this.#kind === 'result' || (this.#kind === 'unknown' && !mayBePrepared);
  }

  #readSessionState(reader: ByteReader): void {
    wire.takeLenenc(reader); // info
    const changes = new ByteReader(wire.takeLenenc(reader));
    while (changes.left > 0 && !changes.failed) {
      const type = changes.u8();
      const change = new ByteReader(wire.takeLenenc(changes));
      if (type === SESSION_TRACK_SCHEMA && !changes.failed) this.database = textOf(wire.takeLenenc(change));
    }
  }

  #readEof(content: Uint8Array): Progress {
    return this.#endResult((content[3] ?? 0) | ((content[4] ?? 0) << 8));
  }

  #endResult(status: number): Progress {
    this.results += 1;
    this.wantsFile = false;
    this.#state = 'start';
    return (status & wire.SERVER_MORE_RESULTS_EXISTS) === 0 ? 'over' : 'more';
  }

  #readPrepared(lengthBytes: number, content: Uint8Array): Progress {
    const reader = new ByteReader(content, 1);
    this.statementId = reader.u32le();
    const columnCount = reader.u16le();
    this.paramCount = reader.u16le();
    // CLIENT_OPTIONAL_RESULTSET_METADATA appends whether definitions follow.
    const hasNone = lengthBytes > PREPARE_OK_BYTES && content[PREPARE_OK_BYTES] === 0;
    this.#groups = hasNone ? [] : [this.paramCount, columnCount].filter(count => count > 0);
    this.#state = 'columns';
    return this.#groups.length === 0 ? 'over' : 'more';
  }

  #readColumnCount(lengthBytes: number, content: Uint8Array): Progress {
    const reader = new ByteReader(content);
    const count = wire.readLenenc(reader);
    // Within a login that was not seen to begin, anything may come before OK.
    if (this.#kind === 'unknown' && (reader.failed || lengthBytes > reader.at + 1)) return 'more';
    // CLIENT_OPTIONAL_RESULTSET_METADATA and MARIADB_CLIENT_CACHE_METADATA append whether definitions follow.
    const hasNone = lengthBytes > reader.at && content[reader.at] === 0;
    this.#groups = [count];
    this.#state = hasNone ? 'columns_end' : 'columns';
    this.rows ??= 0;
    return 'more';
  }

  #readColumn(lengthBytes: number, content: Uint8Array): Progress {
    if (this.#kind === 'columns' && content[0] === wire.EOF && lengthBytes < wire.OK_LIMIT_BYTES) return 'over';
    const left = (this.#groups[0] ?? 1) - 1;
    this.#groups[0] = left;
    if (left > 0) return 'more';
    if (this.#dialect.deprecatesEof === true) return this.#endGroup();
    this.#state = 'columns_end';
    const mayBeOver =
      this.#kind === 'prepared' && this.#groups.length === 1 && this.#dialect.deprecatesEof === undefined;
    return mayBeOver ? 'perhaps' : 'more';
  }

  #readColumnsEnd(lengthBytes: number, content: Uint8Array): Progress {
    const isEof = content[0] === wire.EOF && lengthBytes === wire.EOF_BYTES;
    this.#dialect.deprecatesEof ??= !isEof;
    const progress = this.#endGroup();
    if (!isEof) return progress === 'over' ? progress : this.read(lengthBytes, content);
    const hasCursor = ((content[3] ?? 0) & wire.SERVER_STATUS_CURSOR_EXISTS) !== 0;
    return this.#kind !== 'prepared' && hasCursor ? this.#readEof(content) : progress;
  }

  #endGroup(): Progress {
    this.#groups.shift();
    this.#state = this.#kind === 'prepared' ? 'columns' : 'rows';
    return this.#kind === 'prepared' && this.#groups.length === 0 ? 'over' : 'more';
  }

  #readRow(lengthBytes: number, content: Uint8Array): Progress {
    if (content[0] !== wire.EOF || lengthBytes >= wire.OK_LIMIT_BYTES) {
      this.rows = (this.rows ?? 0) + 1;
      return 'more';
    }
    return lengthBytes === wire.EOF_BYTES ? this.#readEof(content) : this.#readOk(content);
  }
}
