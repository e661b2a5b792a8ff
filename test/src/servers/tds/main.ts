// cold. A scripted SQL Server for real drivers: there is none to install here. It answers as MS-TDS describes, by what the
// statement says: `rows N` gives N rows, `fail N` an error, `wait` nothing until the client cancels.
// Arguments: port; then certificate and key, where sessions are encrypted.
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { sessions } from './mars.ts';
import { type SecureSide, secure } from './secure.ts';
import * as wire from './wire.ts';

const ENCRYPT_ON = 1;
const ENCRYPT_NOT_SUP = 2;
const ATTENTION = 6;
/** Begins a packet of a session that shares the connection. */
const SMID = 0x53;
const [port = '1433', certificate, key] = process.argv.slice(2);
let handles = 0;

interface Message {
  readonly type: number;
  readonly body: Buffer;
}

/** Puts packets together. */
function reader(take: (message: Message) => void): (bytes: Buffer) => void {
  let held = Buffer.alloc(0);
  let body: Buffer[] = [];
  return bytes => {
    held = Buffer.concat([held, bytes]);
    while (held.length >= 8 && held.length >= held.readUInt16BE(2)) {
      const end = held.readUInt16BE(2);
      body.push(held.subarray(8, end));
      const [type = 0, status = 0] = held;
      if ((status & 1) !== 0) {
        take({ type, body: Buffer.concat(body) });
        body = [];
      }
      held = held.subarray(end);
    }
  };
}

const NOTE = 'a note of some length, '.repeat(8);
/** Some rows hold no note, and one in a thousand a long one, over several packets. */
const noteOf = (id: number): string | null => (id % 3 === 0 ? null : id % 1000 === 4 ? NOTE.repeat(60) : NOTE);

function* rowsOf(count: number): Generator<Buffer> {
  yield wire.columns();
  for (let id = 0; id < count; id++) yield wire.row(id, `name ${id}`, noteOf(id));
}

/** @returns tokens that answer the statement */
function answerTo(sql: string, lastDone: number): Buffer[] {
  const rows = /rows (\d+)/.exec(sql);
  if (rows !== null) return [...rowsOf(Number(rows[1])), wire.done(wire.COUNT, Number(rows[1]), lastDone)];
  const twice = /both (\d+) (\d+)/.exec(sql);
  if (twice !== null) {
    const [first, second] = [Number(twice[1]), Number(twice[2])];
    const more = wire.done(wire.COUNT | wire.MORE, first, lastDone);
    return [...rowsOf(first), more, ...rowsOf(second), wire.done(wire.COUNT, second, lastDone)];
  }
  const fails = /fail (\d+)/.exec(sql);
  if (fails !== null)
    return [wire.error(Number(fails[1]), `scripted error: ${sql}`), wire.done(wire.ERROR, 0, lastDone)];
  const use = /use (\w+)/i.exec(sql);
  if (use !== null) return [wire.databaseChange(use[1] ?? '', 'shop'), wire.done(0, 0, lastDone)];
  const changes = /^(?:insert|update|delete)/i.test(sql);
  return [changes ? wire.inserted(1, lastDone) : wire.done(0, 0, lastDone)];
}

const prepared = new Map<number, string>();

function answerCall(body: Buffer): Buffer[] | undefined {
  const at = body.readUInt32LE(0);
  const isNumbered = body.readUInt16LE(at) === 0xffff;
  const procedure = isNumbered ? body.readUInt16LE(at + 2) : 0;
  const text = body.toString('utf16le', at + (at % 2));
  const odd = body.toString('utf16le', at + 1);
  const sql =
    [text, odd].map(each => /(?:select|insert|wait|fail|rows|both)[\x20-\x7e]*/i.exec(each)?.[0]).find(Boolean) ?? '';
  if (sql.startsWith('wait')) return undefined;
  const end = [wire.returnStatus(), wire.done(0, 0, wire.DONEPROC)];
  if (procedure === 11) {
    handles += 1;
    prepared.set(handles, sql);
    return [wire.returnInt('@handle', handles), ...end];
  }
  if (procedure === 12)
    return [...answerTo(prepared.get(body.readUInt32LE(body.length - 4)) ?? lastPrepared(), wire.DONEINPROC), ...end];
  if (procedure === 15) return end;
  return [...answerTo(sql, wire.DONEINPROC), ...end];
}

const lastPrepared = (): string => prepared.get(handles) ?? '';

function converse(socket: Socket): void {
  let tls: SecureSide | undefined;
  const out = () => (tls?.isSecure ? tls.socket : socket);
  const send = (tokens: Buffer[]) => out().write(wire.packets(Buffer.concat(tokens)));
  const answerOnly = answerer(send);
  const answer = ({ type, body }: Message): void => {
    if (type === 18 && tls !== undefined) tls.push(body);
    else if (type === 18) {
      socket.write(wire.preLogin(certificate === undefined ? ENCRYPT_NOT_SUP : ENCRYPT_ON, wire.asksForMars(body)));
      if (certificate === undefined || key === undefined) return;
      tls = secure(socket, readFileSync(certificate), readFileSync(key));
      tls.socket.on('data', reader(answer));
    } else if (type === 16) send(logIn(body));
    else answerOnly({ type, body });
  };
  const inClear = reader(answer);
  const shared = sessions(socket, sendPackets =>
    reader(answerer(tokens => sendPackets(wire.packets(Buffer.concat(tokens))))),
  );
  let isShared = false;
  socket.on('data', bytes => {
    isShared ||= bytes[0] === SMID;
    if (tls?.isSecure) tls.push(bytes);
    else if (isShared) shared(bytes);
    else inClear(bytes);
  });
  socket.on('error', () => {});
}

/** @returns what answers one session's statements */
function answerer(send: (tokens: Buffer[]) => void): (message: Message) => void {
  let isWaiting = false;
  return message => {
    if (message.type === ATTENTION) {
      if (isWaiting) send([wire.done()]); // the cancelled statement's answer ends, then the attention is acknowledged
      isWaiting = false;
      send([wire.done(wire.ATTENTION)]);
      return;
    }
    const tokens = answerMessage(message);
    isWaiting = tokens === undefined;
    if (tokens !== undefined) send(tokens);
  };
}

/** @returns undefined for what waits until it is cancelled */
function answerMessage({ type, body }: Message): Buffer[] | undefined {
  if (type === 14) return transaction(body);
  if (type === 3) return answerCall(body);
  const sql = body.toString('utf16le', body.readUInt32LE(0));
  return sql.startsWith('wait') ? undefined : answerTo(sql, 0xfd);
}

function logIn(body: Buffer): Buffer[] {
  const user = body.toString('utf16le', body.readUInt16LE(40), body.readUInt16LE(40) + 2 * body.readUInt16LE(42));
  if (user === 'nobody') return [wire.error(18456, "Login failed for user 'nobody'."), wire.done(wire.ERROR)];
  return [wire.databaseChange('shop', 'master'), wire.collation(), wire.loginAck(), wire.done()];
}

function transaction(body: Buffer): Buffer[] {
  const type = body.readUInt16LE(body.readUInt32LE(0));
  if (type === 5) return [wire.beginTransaction(), wire.done()];
  return [wire.endTransaction(type === 7 ? 9 : 10), wire.done()];
}

createServer(converse).listen(Number(port), '127.0.0.1', () => console.log('ready'));
