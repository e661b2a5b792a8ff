// warm. Reads both directions of an HTTP/1.x connection, message by message, and pairs them.
//
// A request that is never answered is reported at the end with ERR `no_response`; an answer whose request was not seen
// (mid-stream, one-sided capture, loss) is reported on its own with ERR `no_request`.
import { type Analyzer, type AnalyzerContext, type Direction, LOST } from '../analyzer.ts';
import type { httpFields } from '../kit/http-fields.ts';
import { httpExchange } from '../kit/http-record.ts';
import { Pairing } from '../kit/pairing.ts';
import { Body } from './body.ts';
import { FRAMING_FAULTS, HEAD_LIMIT_BYTES, Head, NO_LENGTH } from './head.ts';
import { hasBlockEnd, readLines, readStartLine } from './head-lines.ts';
import { HeadText, type Message, Request, Response } from './message.ts';
import { WebSocket } from './socket.ts';

type Context = AnalyzerContext<typeof httpFields>;

/** Switching Protocols. Source: RFC 9110 section 15.2.2. */
const SWITCHING = 101;

/** One for all conversations: it is read out before the next one is looked at. */
const head = new Head();

/** Where a direction stands. */
class Side<M extends Message> {
  readonly body = new Body();
  /** The message whose body is being read. */
  message: M | undefined;
  /** Bytes of an incomplete header block that were searched for its end. */
  scanned = 0;
}

export class HttpAnalyzer implements Analyzer {
  readonly #context: Context;
  readonly #pairing: Pairing<Request>;
  readonly #client = new Side<Request>();
  readonly #server = new Side<Response>();
  /** An answer that was complete before its request. */
  #early: Response | undefined;
  /** A request that asks for something else than HTTP/1 to follow, until it is answered. */
  #switching: Request | undefined;
  /** That answer may be lost. */
  #mayHaveSwitched = false;
  /** What followed. */
  #socket: WebSocket | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#pairing = new Pairing<Request>(context.midStream, request => this.#report(request, undefined));
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    if (this.#socket !== undefined) return this.#socket.read(direction, bytes, tsUs);
    const side = direction === 0 ? this.#client : this.#server;
    const refused = direction === 0 ? this.#refused : undefined;
    if (refused !== undefined && readStartLine(bytes, 0, bytes.length, true, head)) this.#finish(0, refused, tsUs);
    if (side.message !== undefined) return this.#readBody(direction, side, side.message, bytes, tsUs);
    return direction === 0 && this.#mayBeSwitched(bytes) ? 0 : this.#readHead(direction, side, bytes, tsUs, beginUs);
  }

  passes(direction: Direction, lengthBytes: number, tsUs: number): boolean {
    const side = direction === 0 ? this.#client : this.#server;
    const message = side.message;
    if (message === undefined || message.keepsBody || this.#socket !== undefined) return false;
    if (message === this.#refused) return false;
    if (!side.body.skip(lengthBytes)) return false;
    message.bodyBytes += lengthBytes;
    this.#advance(direction, message, lengthBytes, tsUs);
    return true;
  }

  onGap(direction: Direction, lengthBytes: number, tsUs: number): boolean {
    if (this.#socket !== undefined) {
      this.#socket.skip(direction, lengthBytes);
      return true;
    }
    const side = direction === 0 ? this.#client : this.#server;
    const message = side.message;
    if (message === undefined || !side.body.skip(lengthBytes)) {
      this.#lose(direction, tsUs);
      return false;
    }
    message.addGap(lengthBytes);
    this.#advance(direction, message, lengthBytes, tsUs);
    return true;
  }

  get isIdle(): boolean {
    const isReading = this.#client.message !== undefined || this.#server.message !== undefined;
    return !isReading && this.#early === undefined && this.#socket === undefined && this.#pairing.waiting === 0;
  }

  onClose(tsUs: number): void {
    if (this.#socket !== undefined) this.#context.emit(this.#socket.exchange());
    if (this.#refused !== undefined) this.#finish(0, this.#refused, tsUs);
    const response = this.#server.message;
    if (response !== undefined && this.#server.body.phase !== 'until_close') response.addError('incomplete');
    if (this.#client.message !== undefined) this.#cutOff(this.#client.message);
    if (response !== undefined) this.#finish(1, response, tsUs);
    if (this.#early !== undefined) this.#report(this.#early.request, this.#early);
    this.#early = undefined;
    this.#pairing.close();
  }

  #readHead(direction: Direction, side: Side<Message>, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    if (side.scanned === 0 && (bytes[0] === 0x0d || bytes[0] === 0x0a)) return 1;
    // A block that comes in many pieces is not read from its start for each of them.
    if (side.scanned > 0 && !hasBlockEnd(bytes, Math.max(0, side.scanned - 3)))
      return this.#waitForHead(direction, side, bytes, tsUs);
    head.clear();
    if (!readStartLine(bytes, 0, bytes.length, direction === 0, head)) {
      const isWhole = bytes.indexOf(0x0a) >= 0;
      return isWhole ? this.#misread(direction, 'start_line', tsUs) : this.#waitForHead(direction, side, bytes, tsUs);
    }
    if (!readLines(bytes, head)) return this.#waitForHead(direction, side, bytes, tsUs);
    side.scanned = 0;
    // What follows begins where the request has ended.
    if (direction === 1 && head.status === SWITCHING && this.#pairing.next?.done === false) return 0;
    if (direction === 0) this.#onRequest(bytes, tsUs, beginUs);
    else this.#onResponse(bytes, tsUs, beginUs);
    return head.end;
  }

  #waitForHead(direction: Direction, side: Side<Message>, bytes: Uint8Array, tsUs: number): number {
    if (bytes.length > HEAD_LIMIT_BYTES) return this.#misread(direction, 'head_limit', tsUs);
    side.scanned = bytes.length;
    return 0;
  }

  #onRequest(bytes: Uint8Array, tsUs: number, beginUs: number): void {
    const request = new Request(bytes, new HeadText(bytes, head.end), head, beginUs, this.#context);
    this.#hold(request);
    this.#endBodyless(tsUs);
    this.#pairing.ask(request);
    // Whoever answers may have seen another request in it.
    if ((head.faults & FRAMING_FAULTS) !== 0) this.#pairing.lose(0);
    if (request.upgrade !== '' || request.method === 'CONNECT') {
      this.#switching = request;
      this.#mayHaveSwitched = false;
    }
    this.#client.message = request;
    if (head.chunked) this.#client.body.beginChunks();
    else this.#client.body.beginLength(head.transferCoded ? 0 : head.lengthBytes);
    this.#advance(0, request, head.end, tsUs);
  }

  /** An answer to an unseen HEAD request announces a body that never comes; the next request shows it. */
  #endBodyless(tsUs: number): void {
    const response = this.#server.message;
    if (response === undefined || response.request !== undefined || response.bodyBytes > 0) return;
    this.#finish(1, response, tsUs);
  }

  #onResponse(bytes: Uint8Array, tsUs: number, beginUs: number): void {
    if (head.status < 200 && head.status !== SWITCHING) {
      const waiting = this.#pairing.next;
      if (waiting !== undefined) waiting.bytes += head.end;
      return;
    }
    const request = this.#pairing.answer();
    if ((head.faults & FRAMING_FAULTS) !== 0) this.#pairing.lose(1);
    if (request === this.#switching) this.#switching = undefined;
    const text = new HeadText(bytes, head.end);
    const isConnected = request === undefined ? isEstablished(text) : request.method === 'CONNECT' && head.status < 300;
    const isTunnel = head.status === SWITCHING || isConnected;
    const upgrade = isTunnel ? text.value(head.upgradeAt, head.upgradeEnd).toLowerCase() : '';
    if (upgrade === 'h2c' && this.#goOnWithHttp2(request)) return;
    const response = new Response(bytes, text, head, beginUs, this.#context, request);
    this.#hold(response);
    this.#server.message = response;
    this.#beginResponseBody(request, isTunnel);
    this.#advance(1, response, head.end, tsUs);
    if (isTunnel) this.#leave(request, upgrade, tsUs);
  }

  /** The request is answered on stream 1 of what follows. Source: RFC 7540 section 3.2.
   *  @returns false when nobody reads HTTP/2 */
  #goOnWithHttp2(request: Request | undefined): boolean {
    if (!this.#context.handOver('http2', request)) return false;
    if (request !== undefined) request.bytes += head.end;
    return true;
  }

  /** What follows is not HTTP/1. */
  #leave(request: Request | undefined, upgrade: string, tsUs: number): void {
    if (upgrade === 'websocket') this.#socket = new WebSocket(request, this.#context, tsUs);
    else if (upgrade !== 'h2c') this.#context.handOver(undefined);
  }

  /** Whether the client may speak another protocol here: it depends on an answer that was not seen yet. Where that was
   *  lost, what the client says shows that it was granted. */
  #mayBeSwitched(bytes: Uint8Array): boolean {
    if (this.#switching === undefined || readStartLine(bytes, 0, bytes.length, true, head)) return false;
    if (this.#mayHaveSwitched) this.#context.handOver(undefined);
    return true;
  }

  /** Source: RFC 9112 section 6.3. */
  #beginResponseBody(request: Request | undefined, isTunnel: boolean): void {
    const body = this.#server.body;
    const isEmpty = isTunnel || request?.method === 'HEAD' || head.status === 204 || head.status === 304;
    if (isEmpty) body.beginLength(0);
    else if (head.chunked) body.beginChunks();
    else if (head.transferCoded || head.lengthBytes < 0) body.beginUntilClose();
    else body.beginLength(head.lengthBytes);
  }

  /** Its client asked whether to send the body, and got an answer instead of 100: it may leave the body out.
   *  Source: RFC 9110 section 10.1.1 */
  get #refused(): Request | undefined {
    const request = this.#client.message;
    const isRefused = request?.expects === true && request.bodyBytes === 0 && this.#early?.request === request;
    return isRefused ? request : undefined;
  }

  #readBody(direction: Direction, side: Side<Message>, message: Message, bytes: Uint8Array, tsUs: number): number {
    const consumed = side.body.read(bytes, message);
    if (consumed === LOST) return this.#misread(direction, 'bad_chunk', tsUs);
    if (consumed > 0) this.#advance(direction, message, consumed, tsUs);
    return consumed;
  }

  /** That much of the message went by; it may be its end. */
  #advance(direction: Direction, message: Message, lengthBytes: number, tsUs: number): void {
    const side = direction === 0 ? this.#client : this.#server;
    message.bytes += lengthBytes;
    message.endUs = tsUs;
    if (side.body.phase === 'done') this.#finish(direction, message, tsUs);
  }

  #finish(direction: Direction, message: Message, tsUs: number): void {
    message.done = true;
    message.finish();
    if (message.endUs === 0) message.endUs = tsUs;
    if (direction === 0) this.#finishRequest();
    else this.#finishResponse();
  }

  #finishRequest(): void {
    const request = this.#client.message;
    const early = this.#early;
    this.#client.message = undefined;
    if (early === undefined || early.request !== request) return;
    this.#early = undefined;
    this.#report(request, early);
  }

  #finishResponse(): void {
    const response = this.#server.message;
    this.#server.message = undefined;
    if (response === undefined) return;
    if (response.request === undefined || response.request.done) this.#report(response.request, response);
    else this.#early = response;
  }

  /** Bytes that make no sense: the same as a loss. */
  #misread(direction: Direction, reason: string, tsUs: number): number {
    this.#context.parseError(reason);
    this.#lose(direction, tsUs, reason);
    return LOST;
  }

  /** The direction's place is lost: what was being read ends here. */
  #lose(direction: Direction, tsUs: number, error = 'lost_bytes'): void {
    const side: Side<Message> = direction === 0 ? this.#client : this.#server;
    const message = side.message;
    side.scanned = 0;
    if (message !== undefined) {
      this.#cutOff(message);
      message.addError(error);
      this.#finish(direction, message, tsUs);
    }
    if (direction === 1) this.#mayHaveSwitched = true;
    this.#pairing.lose(direction);
  }

  #cutOff(message: Message): void {
    message.addError('incomplete');
    message.closeBody();
  }

  #hold(message: Message): void {
    if (!this.#context.hold(message.heldBytes)) message.strip();
  }

  #report(request: Request | undefined, response: Response | undefined): void {
    this.#context.emit(httpExchange(request, response));
    this.#context.release((request?.heldBytes ?? 0) + (response?.heldBytes ?? 0));
  }
}

/** What proxies answer to CONNECT, for an answer whose request was not seen: it has no body, and says so in words alone. */
const isEstablished = (text: HeadText): boolean =>
  head.status === 200 &&
  head.lengthBytes === NO_LENGTH &&
  !head.transferCoded &&
  /^HTTP\/1\.\d 200 connection established\r?$/i.test(text.slice(0, head.linesAt).trimEnd());
