// cold. Commands of clients. Source: MySQL 8.4, "Command Phase"; MariaDB, "COM_STMT_BULK_EXECUTE".

export const COM_QUIT = 0x01;
export const COM_INIT_DB = 0x02;
export const COM_QUERY = 0x03;
export const COM_FIELD_LIST = 0x04;
export const COM_STATISTICS = 0x09;
export const COM_PROCESS_INFO = 0x0a;
/** Never sent: the server's own name of the login. */
export const COM_CONNECT = 0x0b;
export const COM_PING = 0x0e;
export const COM_CHANGE_USER = 0x11;
export const COM_BINLOG_DUMP = 0x12;
export const COM_TABLE_DUMP = 0x13;
export const COM_STMT_PREPARE = 0x16;
export const COM_STMT_EXECUTE = 0x17;
export const COM_STMT_SEND_LONG_DATA = 0x18;
export const COM_STMT_CLOSE = 0x19;
export const COM_STMT_RESET = 0x1a;
export const COM_STMT_FETCH = 0x1c;
export const COM_BINLOG_DUMP_GTID = 0x1e;
export const COM_RESET_CONNECTION = 0x1f;
/** No command: a replica has what the source sent so far. Source: MySQL and MariaDB, "Semisynchronous Replication". */
export const SEMISYNC_ACK = 0xef;
export const COM_STMT_BULK_EXECUTE = 0xfa;

const NAMES: ReadonlyMap<number, string> = new Map([
  [COM_QUIT, 'COM_QUIT'],
  [COM_INIT_DB, 'COM_INIT_DB'],
  [COM_QUERY, 'COM_QUERY'],
  [COM_FIELD_LIST, 'COM_FIELD_LIST'],
  [0x05, 'COM_CREATE_DB'],
  [0x06, 'COM_DROP_DB'],
  [0x07, 'COM_REFRESH'],
  [0x08, 'COM_SHUTDOWN'],
  [COM_STATISTICS, 'COM_STATISTICS'],
  [COM_PROCESS_INFO, 'COM_PROCESS_INFO'],
  [COM_CONNECT, 'COM_CONNECT'],
  [0x0c, 'COM_PROCESS_KILL'],
  [0x0d, 'COM_DEBUG'],
  [COM_PING, 'COM_PING'],
  [COM_CHANGE_USER, 'COM_CHANGE_USER'],
  [COM_BINLOG_DUMP, 'COM_BINLOG_DUMP'],
  [COM_TABLE_DUMP, 'COM_TABLE_DUMP'],
  [0x15, 'COM_REGISTER_SLAVE'],
  [COM_STMT_PREPARE, 'COM_STMT_PREPARE'],
  [COM_STMT_EXECUTE, 'COM_STMT_EXECUTE'],
  [COM_STMT_SEND_LONG_DATA, 'COM_STMT_SEND_LONG_DATA'],
  [COM_STMT_CLOSE, 'COM_STMT_CLOSE'],
  [COM_STMT_RESET, 'COM_STMT_RESET'],
  [0x1b, 'COM_SET_OPTION'],
  [COM_STMT_FETCH, 'COM_STMT_FETCH'],
  [COM_BINLOG_DUMP_GTID, 'COM_BINLOG_DUMP_GTID'],
  [COM_RESET_CONNECTION, 'COM_RESET_CONNECTION'],
  [SEMISYNC_ACK, 'SEMISYNC_ACK'],
  [COM_STMT_BULK_EXECUTE, 'COM_STMT_BULK_EXECUTE'],
]);

/** @returns undefined for a byte that no client sends first */
export const nameOf = (code: number): string | undefined => NAMES.get(code);

/** How an answer is made: `result` is rows, or their number; `ok` is OK or an error; `none` is no answer at all; `events`
 *  of replication, until the connection ends or an EOF; `unknown` where the command was not seen. */
export type AnswerKind =
  | 'unknown'
  | 'result'
  | 'ok'
  | 'prepared'
  | 'rows'
  | 'columns'
  | 'text'
  | 'login'
  | 'events'
  | 'none';

const KINDS: ReadonlyMap<number, AnswerKind> = new Map<number, AnswerKind>([
  [COM_QUIT, 'none'],
  [COM_QUERY, 'result'],
  [COM_PROCESS_INFO, 'result'],
  [COM_STMT_EXECUTE, 'result'],
  [COM_STMT_BULK_EXECUTE, 'result'],
  [COM_FIELD_LIST, 'columns'],
  [COM_STATISTICS, 'text'],
  [COM_CONNECT, 'login'],
  [COM_CHANGE_USER, 'login'],
  [COM_BINLOG_DUMP, 'events'],
  [COM_TABLE_DUMP, 'events'],
  [COM_BINLOG_DUMP_GTID, 'events'],
  [COM_STMT_PREPARE, 'prepared'],
  [COM_STMT_SEND_LONG_DATA, 'none'],
  [COM_STMT_CLOSE, 'none'],
  [COM_STMT_FETCH, 'rows'],
  [SEMISYNC_ACK, 'none'],
]);

export const answerKindOf = (code: number): AnswerKind => KINDS.get(code) ?? 'ok';
