// cold. MySQL's commands and their answers as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { all, counted, type Layer, written } from './pdml.ts';

/** Those that are answered. */
const COMMANDS: ReadonlyMap<number, string> = new Map([
  [0x02, 'COM_INIT_DB'],
  [0x03, 'COM_QUERY'],
  [0x04, 'COM_FIELD_LIST'],
  [0x09, 'COM_STATISTICS'],
  [0x0e, 'COM_PING'],
  [0x11, 'COM_CHANGE_USER'],
  [0x16, 'COM_STMT_PREPARE'],
  [0x17, 'COM_STMT_EXECUTE'],
  [0x1a, 'COM_STMT_RESET'],
  [0x1b, 'COM_SET_OPTION'],
  [0x1c, 'COM_STMT_FETCH'],
  [0x1f, 'COM_RESET_CONNECTION'],
  [0xfa, 'COM_STMT_BULK_EXECUTE'],
]);

interface Command {
  readonly talk: string;
  readonly command: string;
  readonly sql: string | undefined;
  readonly begin: string;
  end: string | undefined;
  answered: boolean;
  code: number;
  state: string | undefined;
  error: string | undefined;
  affected: number | undefined;
  rows: number;
  readonly login: { readonly [field: string]: unknown };
}

/** MariaDB: the statement that was prepared last, whose id is not known yet. */
const LAST_PREPARED = 0xffffffff;

/** One connection. A sequence number of 1 tells where an answer begins. */
class Session {
  readonly commands: Command[] = [];
  readonly #texts = new Map<number, string>();
  #latest: string | undefined;
  #now = 0;

  take(layer: Layer): void {
    if (layer.fromClient) this.#request(layer);
    else this.#answer(layer);
  }

  #request(layer: Layer): void {
    const code = counted(layer, 'mysql.command');
    const isLogin = all(layer, 'mysql.login_request').length > 0;
    const command = isLogin ? 'COM_CONNECT' : COMMANDS.get(code ?? -1);
    if (command === undefined) return;
    const sql = written(layer, 'mysql.query') ?? this.#prepared(counted(layer, 'mysql.stmt_id'));
    if (command === 'COM_STMT_PREPARE') this.#latest = sql;
    const login = isLogin ? { USER: written(layer, 'mysql.user'), DB: written(layer, 'mysql.schema') } : {};
    const { talk, begin } = layer;
    const answer = { end: undefined, answered: false, code: 0, state: undefined, error: undefined };
    this.commands.push({ talk, command, sql, begin, ...answer, affected: undefined, rows: 0, login });
  }

  #prepared(id: number | undefined): string | undefined {
    return id === LAST_PREPARED ? this.#latest : this.#texts.get(id ?? -1);
  }

  #answer(layer: Layer): void {
    const before = this.commands[this.#now];
    const number = counted(layer, 'mysql.packet_number') ?? 0;
    // The number wraps, but then nothing else is waiting.
    if (before?.answered && number === 1 && this.#now + 1 < this.commands.length) this.#now++;
    if (before?.answered && before.command === 'COM_CONNECT' && number > 1 && before.code === 0) before.end = layer.end;
    const command = this.commands[this.#now];
    if (command === undefined) return;
    command.answered = true;
    command.end = layer.end;
    const statement = counted(layer, 'mysql.stmt_id');
    if (statement !== undefined && command.sql !== undefined) this.#texts.set(statement, command.sql);
    const code = counted(layer, 'mysql.error_code');
    if (code !== undefined && code !== 0xffff) {
      command.code = code;
      command.state = written(layer, 'mysql.sqlstate');
      command.error = written(layer, 'mysql.error.message') ?? written(layer, 'mysql.error_message');
    }
    const affected = counted(layer, 'mysql.affected_rows');
    if (affected !== undefined) command.affected = (command.affected ?? 0) + affected;
    if (/row packet/i.test(layer.label)) command.rows++;
  }
}

export const mysqlJudge: Judge = {
  layers: ['mysql'],
  claims(layers) {
    const session = new Session();
    for (const layer of layers) session.take(layer);
    return session.commands.filter(({ command, code }) => code !== 0 || !SILENT.has(command)).map(claimOf);
  },
  nameOf: ({ COMMAND, SQL }) => nameOf(COMMAND, SQL),
  unread: layers =>
    layers.some(layer => layer.fromClient && counted(layer, 'mysql.caps.cp') === 1)
      ? 'the first packet alone of those that are compressed together'
      : undefined,
};

/** Reported when they fail. */
const SILENT = new Set(['COM_PING', 'COM_STMT_PREPARE', 'COM_STMT_RESET']);

/** Short enough not to reach a secret, which we replace. */
const nameOf = (command: unknown, sql: unknown): string => `${command} ${String(sql ?? '').slice(0, 24)}`.trim();

/** After an error those that came before it. */
function rowsOf(code: number, affected: number | undefined, rows: number): number | undefined {
  const sum = (affected ?? 0) + rows;
  return code === 0 || sum > 0 ? sum : undefined;
}

const HAS_ROWS = new Set(['COM_QUERY', 'COM_STMT_EXECUTE', 'COM_STMT_BULK_EXECUTE', 'COM_STMT_FETCH']);

function claimOf({ command, sql, begin, end, answered, code, state, error, affected, rows, login }: Command): Claim {
  return {
    name: nameOf(command, sql),
    facts: {
      SQL: sql,
      BEGIN_TIME: begin,
      END_TIME: end,
      RESP: answered ? 1 : 0,
      RET_CODE: answered ? code : undefined,
      SQLSTATE: state,
      ERR: error,
      ROWS: HAS_ROWS.has(command) ? rowsOf(code, affected, rows) : undefined,
      ...login,
    },
  };
}
