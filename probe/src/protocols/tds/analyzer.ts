// cold. Reads requests and answers of one session, and pairs them. A session asks for one thing at a time: MARS, by which
// several share a connection, is left alone.
import { type Analyzer, type AnalyzerContext, type Direction, LOST, STOP } from '../analyzer.ts';
import { Kept } from '../kit/kept.ts';
import { Pairing } from '../kit/pairing.ts';
import { exchangeOf, type Request, type SessionFacts } from './exchange.ts';
import type { tdsFields } from './fields.ts';
import { ENCRYPT_OFF, encryptsAll, type Login, readEncryption, readLogin } from './login.ts';
import * as packet from './packet.ts';
import { Prepared } from './prepared.ts';
import { readRequest } from './request.ts';
import type { Statement } from './rpc.ts';
import { type Answer, TokenReader } from './tokens.ts';

type Context = AnalyzerContext<typeof tdsFields>;

/** Kept of a request beside twice `bodylen` (its text has two bytes a character): headers and parameters. */
const REQUEST_EXTRA_BYTES = 8 * 1024;
const TLS_HEADER_BYTES = 5;
const TLS_APPLICATION_DATA = 23;
const FIRST_PACKET_IDS = [0, 1];

/** A message that is coming in. */
interface Incoming {
  readonly type: number;
  readonly body: Kept;
  readonly beginUs: number;
  bytes: number;
}

export class TdsAnalyzer implements Analyzer {
  readonly #context: Context;
  readonly #pairing: Pairing<Request>;
  readonly #tokens = new TokenReader();
  readonly #prepared = new Prepared();
  readonly #encryption: [number, number] = [ENCRYPT_OFF, ENCRYPT_OFF];
  #login: Login | undefined;
  #database: string | undefined;
  #encrypted: SessionFacts['encrypted'];
  #request: Incoming | undefined;
  /** The rest of a request whose beginning was lost is passed over. */
  #isDiscarding: boolean;
  #reply: { beginUs: number; bytes: number; lostBytes: number } | undefined;
  #tlsBytes = 0;
  /** The client sent an attention while it waited for an answer. */
  #isCancelling = false;

  constructor(context: Context) {
    this.#context = context;
    this.#isDiscarding = context.midStream;
    this.#pairing = new Pairing<Request>(context.midStream, request => this.#report(request, undefined, 0));
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    if (this.#tlsBytes > 0 && direction === 0) return this.#passTls(bytes);
    if (packet.isTlsRecord(bytes)) return this.#onTls(direction, bytes, tsUs);
    if (!packet.isPacketHeader(direction, bytes, 0)) return this.#misread(direction);
    const end = packet.packetBytes(bytes);
    if (bytes.length < packet.HEADER_BYTES || bytes.length < end) return 0;
    const content = bytes.subarray(packet.HEADER_BYTES, end);
    if (direction === 0) this.#onClient(bytes, content, tsUs, beginUs);
    else this.#onServer(bytes, content, tsUs, beginUs);
    return end;
  }

  onGap(direction: Direction, lengthBytes: number): boolean {
    if (direction === 0 && this.#tlsBytes >= lengthBytes) {
      this.#tlsBytes -= lengthBytes;
      return true;
    }
    this.#lose(direction, lengthBytes);
    return false;
  }

  onClose(): void {
    this.#pairing.close();
  }

  #misread(direction: Direction): number {
    this.#context.parseError('packet_header');
    this.#lose(direction, 0);
    return LOST;
  }

  #lose(direction: Direction, lengthBytes: number): void {
    this.#pairing.lose(direction);
    if (direction === 0) {
      this.#tlsBytes = 0;
      this.#isDiscarding = true;
      this.#dropRequest();
      return;
    }
    this.#tokens.isLost = true;
    this.#database = undefined; // it may have been changed in what was lost
    if (this.#reply !== undefined) this.#reply.lostBytes += lengthBytes;
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
    if (this.#isDiscarding && this.#request === undefined && !FIRST_PACKET_IDS.includes(header[6] ?? 0)) return;
    this.#isDiscarding = false;
    const request = this.#requestOf(type, beginUs);
    request.bytes += packet.HEADER_BYTES + content.length;
    this.#keep(request.body, content);
    if (((header[1] ?? 0) & packet.EOM) === 0) return;
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
    if (this.#tokens.isLost) this.#endAnswer();
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
    this.#encryption[0] = encryption;
    this.#pairing.ask({ kind: 'pre_login', statement: undefined, ...times });
  }

  #onLogin(type: number, content: Uint8Array, times: Omit<Request, 'kind' | 'statement'>): void {
    if (type === packet.LOGIN7) {
      this.#login = readLogin(content);
      this.#database = this.#login?.database;
      this.#tokens.isWide = this.#login?.isWide ?? true;
      if (this.#login === undefined) this.#context.parseError('login');
    }
    this.#pairing.ask({ kind: 'login', statement: undefined, ...times });
  }

  #onStatement(type: number, content: Uint8Array, times: Omit<Request, 'kind' | 'statement'>): void {
    const statement = content.length === 0 ? undefined : readRequest(type, content, 2 * this.#context.bodyLen + 2);
    if (statement === undefined) this.#context.parseError(content.length === 0 ? 'request_not_kept' : 'request');
    this.#pairing.ask({ kind: 'statement', statement: statement && this.#resolve(statement), ...times });
  }

  /** Puts the text in that was prepared before. */
  #resolve(statement: Statement): Statement {
    const { handle, forgets } = statement;
    if (handle === undefined) return statement;
    const sql = this.#prepared.get(handle);
    if (forgets) this.#context.release(this.#prepared.delete(handle));
    return sql === undefined ? statement : { ...statement, sql };
  }

  #onServer(header: Uint8Array, content: Uint8Array, tsUs: number, beginUs: number): void {
    if (header[0] === packet.PRE_LOGIN) return; // TLS handshake
    const isEnd = ((header[1] ?? 0) & packet.EOM) !== 0;
    this.#reply ??= { beginUs, bytes: 0, lostBytes: 0 };
    this.#reply.bytes += packet.HEADER_BYTES + content.length;
    if (this.#pairing.next?.kind === 'pre_login') this.#encryption[1] = readEncryption(content) ?? ENCRYPT_OFF;
    else this.#tokens.push(content);
    if (!isEnd) return;
    if (this.#tokens.isLost) this.#tokens.readLast(content);
    this.#onAnswer(tsUs);
  }

  #onAnswer(tsUs: number): void {
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

  #endAnswer(): void {
    this.#reply = undefined;
    this.#tokens.restart();
  }

  #learn(request: Request | undefined, { handle, database }: Answer): void {
    this.#database = database ?? this.#database;
    const statement = request?.statement;
    if (handle === undefined || !statement?.prepares || statement.sql === undefined) return;
    const { sql } = statement;
    if (!this.#context.hold(sql.length * 2)) return;
    const moreBytes = this.#prepared.set(handle, sql);
    this.#context.release(sql.length * 2 - moreBytes);
  }

  #report(request: Request | undefined, answer: Answer | undefined, endUs: number): void {
    if (request !== undefined) this.#context.release(request.heldBytes);
    if (request?.kind === 'pre_login') return;
    // A login may take several rounds (SSPI): only the last one tells how it ended.
    if (request?.kind === 'login' && answer !== undefined && !answer.isLoggedIn && answer.errorNumber === 0) return;
    const reply = answer && { ...(this.#reply ?? { beginUs: endUs, bytes: 0, lostBytes: 0 }), endUs, answer };
    const facts = { login: this.#login, database: this.#database, encrypted: this.#encrypted };
    this.#context.emit(exchangeOf(request, reply, facts, this.#context.bodyLen, this.#context.redactor));
  }

  /** A login alone is one or more TLS records, and the answer comes in clear; a whole session has no end. */
  #onTls(direction: Direction, bytes: Uint8Array, tsUs: number): number {
    const all = direction === 1 || encryptsAll(...this.#encryption);
    if (bytes.length < TLS_HEADER_BYTES) return 0;
    if (this.#encrypted === undefined && bytes[0] === TLS_APPLICATION_DATA) {
      this.#encrypted = all ? 'session' : 'login';
      this.#pairing.ask({ kind: 'login', statement: undefined, beginUs: tsUs, endUs: tsUs, bytes: 0, heldBytes: 0 });
    }
    if (all) return STOP;
    this.#tlsBytes = TLS_HEADER_BYTES + (((bytes[3] ?? 0) << 8) | (bytes[4] ?? 0));
    return this.#passTls(bytes);
  }

  #passTls(bytes: Uint8Array): number {
    const passed = Math.min(this.#tlsBytes, bytes.length);
    this.#tlsBytes -= passed;
    return passed;
  }
}

/** Content type of a TLS record, where a pre-login has an option's number. */
const TLS_HANDSHAKE = 22;
