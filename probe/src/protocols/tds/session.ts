// cold. Reads requests and answers of one session, and pairs them. A session asks for one thing at a time.
import type { AnalyzerContext, Direction } from '../analyzer.ts';
import { Kept } from '../kit/kept.ts';
import { Pairing } from '../kit/pairing.ts';
import { exchangeOf, type Request, type SessionFacts } from './exchange.ts';
import type { tdsFields } from './fields.ts';
import { ENCRYPT_OFF, type Login, readEncryption, readLogin } from './login.ts';
import * as packet from './packet.ts';
import { Prepared } from './prepared.ts';
import { beginsMessage, readRequest } from './request.ts';
import type { Statement } from './rpc.ts';
import { type Answer, TokenReader } from './tokens.ts';

export type Context = AnalyzerContext<typeof tdsFields>;

/** Kept of a request beside twice `bodylen` (its text has two bytes a character): headers and parameters. */
const REQUEST_EXTRA_BYTES = 8 * 1024;
/** Content type of a TLS record, where a pre-login has an option's number. */
const TLS_HANDSHAKE = 22;

/** What all sessions of a connection share. */
export class Connection implements SessionFacts {
  readonly context: Context;
  /** Handles are the connection's. */
  readonly prepared = new Prepared();
  /** ENCRYPTION of the pre-login, by direction. */
  readonly encryption: [number, number] = [ENCRYPT_OFF, ENCRYPT_OFF];
  login: Login | undefined;
  database: string | undefined;
  encrypted: SessionFacts['encrypted'];

  constructor(context: Context) {
    this.context = context;
  }
}

/** A message that is coming in. */
interface Incoming {
  readonly type: number;
  readonly body: Kept;
  readonly beginUs: number;
  bytes: number;
}

export class Session {
  readonly #connection: Connection;
  readonly #context: Context;
  readonly #pairing: Pairing<Request>;
  readonly #tokens = new TokenReader();
  #request: Incoming | undefined;
  /** The rest of a request whose beginning was lost is passed over. */
  #isDiscarding: boolean;
  #reply: { beginUs: number; endUs: number; bytes: number; lostBytes: number } | undefined;
  /** What was asked for with `hold`, of a token that is not whole. */
  #tokenBytes = 0;
  /** The client sent an attention while it waited for an answer. */
  #isCancelling = false;

  /** @param midStream its beginning was not seen */
  constructor(connection: Connection, midStream: boolean) {
    this.#connection = connection;
    this.#context = connection.context;
    this.#isDiscarding = midStream;
    this.#tokens.isWide = connection.login?.isWide ?? true;
    this.#pairing = new Pairing<Request>(midStream, request => this.#report(request, undefined, 0));
  }

  /** Whether an answer is to come. */
  get isWaiting(): boolean {
    return this.#pairing.waiting > 0;
  }

  /** @param bytes of one TDS packet, lent */
  onPacket(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): void {
    const content = bytes.subarray(packet.HEADER_BYTES);
    if (direction === 0) this.#onClient(bytes, content, tsUs, beginUs);
    else this.#onServer(bytes, content, tsUs, beginUs);
  }

  /** A login that TLS hides. */
  askLogin(tsUs: number): void {
    this.#pairing.ask({ kind: 'login', statement: undefined, beginUs: tsUs, endUs: tsUs, bytes: 0, heldBytes: 0 });
  }

  lose(direction: Direction, lengthBytes: number): void {
    this.#pairing.lose(direction);
    if (direction === 0) {
      this.#isDiscarding = true;
      this.#dropRequest();
      return;
    }
    this.#tokens.isLost = true;
    this.#connection.database = undefined; // it may have been changed in what was lost
    if (this.#reply !== undefined) this.#reply.lostBytes += lengthBytes;
  }

  close(): void {
    this.#breakOff();
    this.#pairing.close();
    this.#dropRequest();
  }

  /** The end of what is being answered was not seen. */
  #breakOff(): void {
    if (this.#reply !== undefined && this.#pairing.next?.kind === 'statement')
      this.#report(this.#pairing.answer(), this.#tokens.answer, this.#reply.endUs);
    this.#endAnswer();
  }

  #dropRequest(): void {
    if (this.#request !== undefined) this.#context.release(this.#request.body.bytes.length);
    this.#request = undefined;
  }

  #onClient(header: Uint8Array, content: Uint8Array, tsUs: number, beginUs: number): void {
    const type = header[0] ?? 0;
    if (type === packet.ATTENTION) {
      this.#isCancelling = this.#pairing.next !== undefined;
      return;
    }
    const isEnd = ((header[1] ?? 0) & packet.EOM) !== 0;
    if (this.#isDiscarding && !beginsMessage(header)) {
      this.#isDiscarding = !isEnd;
      return;
    }
    this.#isDiscarding = false;
    const request = this.#requestOf(type, beginUs);
    request.bytes += packet.HEADER_BYTES + content.length;
    this.#keep(request.body, content);
    if (!isEnd) return;
    this.#ask(request, tsUs);
    this.#request = undefined;
  }

  #requestOf(type: number, beginUs: number): Incoming {
    if (this.#request?.type !== type) {
      this.#dropRequest();
      const body = new Kept(2 * this.#context.bodyLen + REQUEST_EXTRA_BYTES);
      this.#request = { type, body, beginUs, bytes: 0 };
    }
    return this.#request as Incoming;
  }

  #keep(body: Kept, content: Uint8Array): void {
    const before = body.bytes.length;
    if (!this.#context.hold(content.length)) {
      body.close();
      return;
    }
    body.add(content, 0, content.length);
    this.#context.release(content.length - (body.bytes.length - before));
  }

  #ask({ type, body, beginUs, bytes }: Incoming, endUs: number): void {
    // A client asks again when the answer before has ended, seen or not.
    if (this.#tokens.isLost) this.#breakOff();
    const { bytes: content } = body;
    const times = { beginUs, endUs, bytes, heldBytes: content.length };
    if (type === packet.PRE_LOGIN) this.#onPreLogin(content, times);
    else if (type === packet.LOGIN7 || type === packet.SSPI) this.#onLogin(type, content, times);
    else this.#onStatement(type, content, times);
  }

  /** The first one negotiates; in the others the TLS handshake travels, which is no question of ours. */
  #onPreLogin(content: Uint8Array, times: Omit<Request, 'kind' | 'statement'>): void {
    const encryption = readEncryption(content);
    if (encryption === undefined || content[0] === TLS_HANDSHAKE) {
      this.#context.release(times.heldBytes);
      return;
    }
    this.#connection.encryption[0] = encryption;
    this.#pairing.ask({ kind: 'pre_login', statement: undefined, ...times });
  }

  #onLogin(type: number, content: Uint8Array, times: Omit<Request, 'kind' | 'statement'>): void {
    if (type === packet.LOGIN7) {
      this.#connection.login = readLogin(content);
      this.#connection.database = this.#connection.login?.database;
      this.#tokens.isWide = this.#connection.login?.isWide ?? true;
      if (this.#connection.login === undefined) this.#context.parseError('login');
    }
    this.#pairing.ask({ kind: 'login', statement: undefined, ...times });
  }

  #onStatement(type: number, content: Uint8Array, times: Omit<Request, 'kind' | 'statement'>): void {
    const statement = content.length === 0 ? undefined : readRequest(type, content, 2 * this.#context.bodyLen + 2);
    if (statement === undefined) this.#context.parseError(content.length === 0 ? 'request_not_kept' : 'request');
    this.#pairing.ask({ kind: 'statement', statement: statement && this.#resolve(statement), ...times });
  }

  /** Puts the text in that was prepared before. */
  #resolve(read: Statement): Statement {
    const statement = this.#context.bodies ? read : { ...read, values: [], names: [] };
    const { handle, forgets } = statement;
    if (handle === undefined) return statement;
    const sql = this.#connection.prepared.get(handle);
    if (forgets) this.#context.release(this.#connection.prepared.delete(handle));
    return sql === undefined ? statement : { ...statement, sql };
  }

  #onServer(header: Uint8Array, content: Uint8Array, tsUs: number, beginUs: number): void {
    if (header[0] === packet.PRE_LOGIN) return; // TLS handshake
    const isEnd = ((header[1] ?? 0) & packet.EOM) !== 0;
    this.#reply ??= { beginUs, endUs: tsUs, bytes: 0, lostBytes: 0 };
    this.#reply.endUs = tsUs;
    this.#reply.bytes += packet.HEADER_BYTES + content.length;
    if (this.#pairing.next?.kind === 'pre_login')
      this.#connection.encryption[1] = readEncryption(content) ?? ENCRYPT_OFF;
    else this.#read(content);
    if (!isEnd) return;
    if (this.#tokens.isLost) this.#tokens.readLast(content);
    this.#onAnswer(tsUs);
  }

  #onAnswer(tsUs: number): void {
    this.#isDiscarding = false; // the client waited for it: a message of its own follows
    const { answer } = this.#tokens;
    // The attention is acknowledged in an answer of its own where the statement's had ended already.
    const isAcknowledgement = answer.isCancelled && this.#pairing.next === undefined;
    const request = this.#pairing.answer();
    answer.isCancelled ||= this.#isCancelling;
    this.#isCancelling = false;
    this.#learn(request, answer);
    if (!isAcknowledgement) this.#report(request, answer, tsUs);
    this.#endAnswer();
  }

  #read(content: Uint8Array): void {
    this.#tokens.push(content);
    const moreBytes = this.#tokens.heldBytes - this.#tokenBytes;
    if (moreBytes > 0 && !this.#context.hold(moreBytes)) {
      this.#tokens.giveUp();
      this.#releaseToken();
      return;
    }
    if (moreBytes < 0) this.#context.release(-moreBytes);
    this.#tokenBytes += moreBytes;
  }

  #releaseToken(): void {
    this.#context.release(this.#tokenBytes);
    this.#tokenBytes = 0;
  }

  #endAnswer(): void {
    this.#reply = undefined;
    this.#tokens.restart();
    this.#releaseToken();
  }

  #learn(request: Request | undefined, { handle, database }: Answer): void {
    this.#connection.database = database ?? this.#connection.database;
    const statement = request?.statement;
    if (handle === undefined || !statement?.prepares || statement.sql === undefined) return;
    const { sql } = statement;
    if (!this.#context.hold(sql.length * 2)) return;
    const moreBytes = this.#connection.prepared.set(handle, sql);
    this.#context.release(sql.length * 2 - moreBytes);
  }

  #report(request: Request | undefined, answer: Answer | undefined, endUs: number): void {
    if (request !== undefined) this.#context.release(request.heldBytes);
    if (request?.kind === 'pre_login') return;
    // A login may take several rounds (SSPI): only the last one tells how it ended.
    if (request?.kind === 'login' && answer !== undefined && !answer.isLoggedIn && answer.errorNumber === 0) return;
    const reply = answer && { ...(this.#reply ?? { beginUs: endUs, bytes: 0, lostBytes: 0 }), endUs, answer };
    this.#context.emit(exchangeOf(request, reply, this.#connection, this.#context.bodyLen, this.#context.redactor));
  }
}
