// cold. A scripted Oracle server for real drivers: there is none to install here. It answers as the thin drivers expect it,
// by what the statement says: `rows N` gives N rows, `fail N` an error, `break N` an error behind a break, `wait` nothing
// until the client cancels; a `delete` begins a transaction. Of the services, `nowhere` is refused, `moved` redirected,
// `again` asked for once more.
// Arguments: port; `19` or `23`, the server's version.
import { createServer, type Socket } from 'node:net';
import { Login, readLogin } from './login.ts';
import * as messages from './messages.ts';
import * as wire from './wire.ts';

const [port = '1521', version = '19'] = process.argv.slice(2);
const isNew = version === '23';
const FIELDS = isNew ? messages.FIELDS_23_4 : messages.FIELDS_19;
const HAS_END_OF_REQUEST_AND_FAST_AUTH = 0x12000000;
const END_OF_RPC = 0x800;
/** The message of types, and its character sets; the client's capabilities follow. */
const DATA_TYPES = Buffer.from([2, 0x69, 3, 0x69, 3]);
const TTC4 = 40;
const END_OF_ANSWER = 0x20;
const NO_NETWORK_SERVICES = 8;
/** Among the numbers of an execution: how many rows each row of values changed is asked for. */
const ROW_COUNTS = 0x4000;

const accept = (): Buffer =>
  wire.early(
    wire.ACCEPT,
    wire.join(
      wire.u16(319),
      wire.u16(1),
      wire.u16(8192),
      wire.u16(65535),
      wire.u8(1, 0, 0, 0, 0, 61, NO_NETWORK_SERVICES, NO_NETWORK_SERVICES),
      Buffer.alloc(8),
      wire.u32(8192),
      wire.u32(2097152),
      wire.u8(0),
      wire.u32(isNew ? HAS_END_OF_REQUEST_AND_FAST_AUTH : 0),
      Buffer.alloc(16), // the connection's name, for whoever wants to find it in a log
    ),
  );

function refuse(code: number): Buffer {
  const reason = `(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=${code})(ERROR_STACK=(ERROR=(CODE=${code})(EMFI=4))))`;
  return wire.early(wire.REFUSE, wire.join(wire.u8(34, 0), wire.u16(reason.length), Buffer.from(reason)));
}

/** The address, and behind a 0 what to connect with there; both in a packet of their own. */
function redirect(): Buffer {
  const address = `(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${port}))`;
  const target = `${address}\0(DESCRIPTION=${address}(CONNECT_DATA=(SERVICE_NAME=shop)))`;
  return wire.join(
    wire.early(wire.REDIRECT, wire.u16(target.length), 2),
    wire.early(wire.DATA, wire.join(wire.u16(0), Buffer.from(target))),
  );
}

interface Cursor {
  readonly sql: string;
  given: number;
  /** How often a change runs: once for each row of values. */
  executions: number;
  wantsCounts: boolean;
}

class Session {
  readonly #socket: Socket;
  readonly #cursors = new Map<number, Cursor>();
  #held = Buffer.alloc(0);
  #message: Buffer[] = [];
  #isAccepted = false;
  #awaitsDescriptor = false;
  #wasResent = false;
  #login = new Login('a secret');
  /** What is said once the client has reset. */
  #afterReset: Buffer | undefined;
  #sequence = 0;
  #marksEnd = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  push(bytes: Buffer): void {
    this.#held = Buffer.concat([this.#held, bytes]);
    while (this.#held.length >= 8) {
      const end = this.#isAccepted ? this.#held.readUInt32BE(0) : this.#held.readUInt16BE(0);
      if (this.#held.length < end) return;
      const packet = this.#held.subarray(0, end);
      this.#held = this.#held.subarray(end);
      this.#onPacket(packet);
    }
  }

  #onPacket(packet: Buffer): void {
    const type = packet[4];
    if (type === wire.CONNECT) this.#onConnect(packet);
    else if (type === wire.MARKER) this.#onMarker(packet[10] ?? 0);
    else if (this.#awaitsDescriptor) this.#onDescriptor(packet.toString('latin1', 10));
    else if (packet.length > 10) {
      this.#message.push(packet.subarray(10));
      if ((packet.readUInt16BE(8) & END_OF_RPC) === 0) return;
      const message = Buffer.concat(this.#message);
      this.#message = [];
      this.#onMessage(message);
    }
  }

  #onConnect(packet: Buffer): void {
    const at = packet.readUInt16BE(26);
    this.#awaitsDescriptor = packet.length <= at;
    if (!this.#awaitsDescriptor) this.#onDescriptor(packet.toString('latin1', at));
  }

  #onDescriptor(descriptor: string): void {
    this.#awaitsDescriptor = false;
    const service = /SERVICE_NAME=([^)]*)/i.exec(descriptor)?.[1];
    if (service === 'nowhere') this.#socket.write(refuse(12514));
    else if (service === 'moved') this.#socket.write(redirect());
    else if (service === 'again' && !this.#wasResent) {
      this.#wasResent = true;
      this.#socket.write(wire.early(wire.RESEND, Buffer.alloc(0)));
    } else {
      this.#isAccepted = true;
      this.#socket.write(accept());
    }
  }

  /** The client breaks off, or says that it has reset. */
  #onMarker(kind: number): void {
    if (kind !== wire.RESET) {
      this.#afterReset = this.#failure(1013, 'ORA-01013: user requested cancel of current operation');
      this.#socket.write(wire.marker(wire.BREAK));
      return;
    }
    this.#socket.write(wire.marker(wire.RESET));
    this.#say(this.#afterReset ?? Buffer.alloc(0));
    this.#afterReset = undefined;
  }

  #say(...parts: Buffer[]): void {
    const message = wire.join(...parts, this.#marksEnd ? wire.u8(29) : Buffer.alloc(0));
    this.#socket.write(wire.data(message, this.#marksEnd));
  }

  /** Before the login no end is marked. */
  #sayPlain(message: Buffer): void {
    this.#socket.write(wire.data(message, false));
  }

  #onMessage(message: Buffer): void {
    if (message[0] === 1) this.#sayPlain(messages.protocol(FIELDS));
    else if (message[0] === 2) this.#sayPlain(messages.dataTypes());
    else if (message[0] === 34) this.#onFastLogin(message);
    else this.#onCall(message, callAt(message));
  }

  /** All that is said before a login, at once; among it, whether the client wants the end of an answer marked. */
  #onFastLogin(message: Buffer): void {
    const at = message.indexOf(DATA_TYPES) + DATA_TYPES.length + 1;
    this.#marksEnd = isNew && ((message[at + 1 + TTC4] ?? 0) & END_OF_ANSWER) !== 0;
    this.#say(messages.protocol(FIELDS), messages.dataTypes(), this.#challenge());
  }

  #challenge(): Buffer {
    return wire.join(this.#login.challenge(), messages.status(1));
  }

  #onCall(message: Buffer, at: number): void {
    const code = message[at + 1] ?? 0;
    this.#sequence = message[at + 2] ?? 0;
    const start = at + 3;
    if (code === 118) this.#say(this.#challenge());
    else if (code === 115) this.#onLogin(message, message[start] === 0 ? start + 1 : start);
    else this.#onStatement(code, new wire.Reader(message, isNew ? start + 1 : start));
  }

  #onLogin(message: Buffer, at: number): void {
    const { user, pairs } = readLogin(message, at);
    const verdict = user.toLowerCase() === 'clerk' ? this.#login.verdict(pairs) : undefined;
    if (verdict === undefined) this.#say(this.#failure(1017, 'ORA-01017: invalid username/password; logon denied'));
    else this.#say(verdict, messages.status(this.#sequence));
  }

  #onStatement(code: number, reader: wire.Reader): void {
    if (code === 94) this.#onExecute(reader);
    else if (code === 4 || code === 78) this.#run(reader.ub(), reader.ub(), false);
    else if (code === 5) this.#fetch(reader.ub(), reader.ub());
    else this.#say(messages.status(this.#sequence)); // commit, rollback, ping, logoff
  }

  #onExecute(reader: wire.Reader): void {
    reader.ub();
    const known = reader.ub();
    const hasText = reader.u8() === 1;
    const textBytes = reader.ub();
    reader.at += 1;
    reader.ub();
    reader.at += 2;
    reader.ub(); // size of the rows
    const rows = reader.ub();
    reader.ub();
    reader.at += 1;
    reader.ub();
    reader.at += 6;
    reader.ub(); // defines
    reader.ub();
    reader.at += 3;
    reader.ub();
    reader.at += 1;
    reader.ub();
    reader.ub();
    reader.at += 1;
    reader.ub();
    reader.at += 1;
    reader.at += 7; // signature, chunks
    const number = hasText ? this.#cursors.size + 1 : known;
    if (hasText)
      this.#cursors.set(number, { sql: reader.name(textBytes), given: 0, executions: 1, wantsCounts: false });
    const numbers = Array.from({ length: 13 }, () => reader.ub());
    const cursor = this.#cursors.get(number);
    if (cursor !== undefined) {
      cursor.executions = numbers[1] ?? 1;
      cursor.wantsCounts = ((numbers[9] ?? 0) & ROW_COUNTS) !== 0;
    }
    this.#run(number, rows, true);
  }

  #run(number: number, rows: number, isFull: boolean): void {
    const cursor = this.#cursors.get(number);
    if (cursor === undefined) {
      this.#say(this.#failure(1001, 'ORA-01001: invalid cursor'));
      return;
    }
    cursor.given = 0;
    const { sql } = cursor;
    const failure = /(fail|break) (\d+)/.exec(sql);
    if (failure !== null) this.#fail(failure[1] === 'break', Number(failure[2]), sql);
    else if (/wait/.test(sql)) return;
    else if (/^select/i.test(sql)) this.#give(number, cursor, rows, isFull ? messages.describe(FIELDS) : undefined);
    else this.#change(number, cursor);
  }

  /** Each row of values changes one row. */
  #change(number: number, { sql, executions, wantsCounts }: Cursor): void {
    const rows = /^(?:insert|update|delete)/i.test(sql) ? executions : 0;
    const counts = wantsCounts ? Array<number>(executions).fill(1) : undefined;
    this.#say(
      messages.returned(number, counts),
      this.#end({ cursor: number, rows, isTransaction: /^delete/i.test(sql) }),
    );
  }

  #fetch(number: number, rows: number): void {
    const cursor = this.#cursors.get(number);
    if (cursor === undefined) this.#say(this.#failure(1001, 'ORA-01001: invalid cursor'));
    else this.#give(number, cursor, rows, undefined);
  }

  /** As many rows as are asked for, or are left. The count is of all that the cursor gave. */
  #give(number: number, cursor: Cursor, rows: number, description: Buffer | undefined): void {
    const all = Number(/rows (\d+)/.exec(cursor.sql)?.[1] ?? 0);
    const until = Math.min(all, cursor.given + rows);
    const parts = [description ?? Buffer.alloc(0), messages.rowHeader()];
    for (; cursor.given < until; cursor.given++) parts.push(messages.row(cursor.given));
    const isOver = until === all;
    const over = isOver ? { number: 1403, message: 'ORA-01403: no data found' } : {};
    this.#say(...parts, messages.returned(number, undefined), this.#end({ cursor: number, rows: until, ...over }));
  }

  #fail(breaks: boolean, number: number, sql: string): void {
    const answer = this.#failure(number, `ORA-${String(number).padStart(5, '0')}: scripted error: ${sql.slice(0, 40)}`);
    if (!breaks) {
      this.#say(answer);
      return;
    }
    this.#afterReset = answer;
    this.#socket.write(wire.marker(wire.BREAK));
  }

  #failure(number: number, message: string): Buffer {
    return this.#end({ number, message });
  }

  #end(end: Omit<messages.End, 'sequence'>): Buffer {
    return messages.end({ ...end, sequence: this.#sequence }, FIELDS);
  }
}

/** Where the function stands, behind the piggybacks. */
function callAt(message: Buffer): number {
  let at = 0;
  while (message[at] === 17) {
    const sequence = ((message[at + 2] ?? 0) + 1) & 255;
    at += 3;
    while (!([3, 17].includes(message[at] ?? 0) && message[at + 2] === sequence)) at += 1;
  }
  return at;
}

createServer(socket => {
  const session = new Session(socket);
  socket.on('data', bytes => session.push(bytes));
  socket.on('error', () => {});
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
