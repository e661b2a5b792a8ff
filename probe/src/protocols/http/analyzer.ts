// warm. Reads both directions of an HTTP/1.x connection, message by message, and pairs them.
//
// A request that is never answered is reported at the end with ERR `no_response`; an answer whose request was not seen
// (mid-stream, one-sided capture, loss) is reported on its own with ERR `no_request`.
import { type Analyzer, type AnalyzerContext, type Direction, LOST, STOP } from '../analyzer.ts';
import type { httpFields } from '../kit/http-fields.ts';
import { httpExchange } from '../kit/http-record.ts';
import { Pairing } from '../kit/pairing.ts';
import { latin1 } from '../kit/text.ts';
import { Body } from './body.ts';
import { HEAD_LIMIT_BYTES, Head, hasBlockEnd, readLines, readStartLine } from './head.ts';
import { HeadText, type Message, Request, Response } from './message.ts';

type Context = AnalyzerContext<typeof httpFields>;

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
  /** What follows is not HTTP/1: a tunnel, a WebSocket. */
  #isOver = false;

  constructor(context: Context) {
    this.#context = context;
    this.#pairing = new Pairing<Request>(context.midStream, request => this.#report(request, undefined));
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    const side = direction === 0 ? this.#client : this.#server;
    const consumed =
      side.message === undefined
        ? this.#readHead(direction, side, bytes, tsUs, beginUs)
        : this.#readBody(direction, side, side.message, bytes, tsUs);
    return this.#isOver ? STOP : consumed;
  }

  onGap(direction: Direction, lengthBytes: number, tsUs: number): boolean {
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

  onClose(tsUs: number): void {
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
    if (direction === 1 && head.status === 101 && isHttp2(bytes)) return this.#switchToHttp2();
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
    this.#client.message = request;
    if (head.transferCoded) this.#client.body.beginChunks();
    else this.#client.body.beginLength(head.lengthBytes);
    this.#advance(0, request, head.end, tsUs);
  }

  /** The request is answered on stream 1 of what follows. Source: RFC 7540 section 3.2. */
  #switchToHttp2(): number {
    const request = this.#pairing.next;
    // Its body comes to the end in HTTP/1.
    if (request?.done === false) return 0;
    this.#pairing.answer();
    if (request !== undefined) request.bytes += head.end;
    this.#context.handOver('http2', request);
    return head.end;
  }

  /** An answer to an unseen HEAD request announces a body that never comes; the next request shows it. */
  #endBodyless(tsUs: number): void {
    const response = this.#server.message;
    if (response === undefined || response.request !== undefined || response.bodyBytes > 0) return;
    this.#finish(1, response, tsUs);
  }

  #onResponse(bytes: Uint8Array, tsUs: number, beginUs: number): void {
    if (head.status < 200 && head.status !== 101) {
      const waiting = this.#pairing.next;
      if (waiting !== undefined) waiting.bytes += head.end;
      return;
    }
    const request = this.#pairing.answer();
    const text = new HeadText(bytes, head.end);
    const response = new Response(bytes, text, head, beginUs, this.#context, request);
    this.#hold(response);
    this.#server.message = response;
    const opensTunnel = head.status === 101 || (request?.method === 'CONNECT' && head.status < 300);
    this.#beginResponseBody(request, opensTunnel);
    this.#advance(1, response, head.end, tsUs);
    this.#isOver = opensTunnel;
  }

  /** Source: RFC 9112 section 6.3. */
  #beginResponseBody(request: Request | undefined, opensTunnel: boolean): void {
    const body = this.#server.body;
    const isEmpty = opensTunnel || request?.method === 'HEAD' || head.status === 204 || head.status === 304;
    if (isEmpty) body.beginLength(0);
    else if (head.chunked) body.beginChunks();
    else if (head.transferCoded || head.lengthBytes < 0) body.beginUntilClose();
    else body.beginLength(head.lengthBytes);
  }

  #readBody(direction: Direction, side: Side<Message>, message: Message, bytes: Uint8Array, tsUs: number): number {
    const consumed = side.body.read(bytes, message);
    if (consumed === LOST) return this.#misread(direction, 'chunk', tsUs);
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
    this.#lose(direction, tsUs);
    return LOST;
  }

  /** The direction's place is lost: what was being read ends here. */
  #lose(direction: Direction, tsUs: number): void {
    const side: Side<Message> = direction === 0 ? this.#client : this.#server;
    const message = side.message;
    side.scanned = 0;
    if (message !== undefined) {
      this.#cutOff(message);
      message.addError('lost_bytes');
      this.#finish(direction, message, tsUs);
    }
    this.#pairing.lose(direction);
  }

  #cutOff(message: Message): void {
    message.addError('incomplete');
    message.kept?.close();
  }

  #hold(message: Message): void {
    if (!this.#context.hold(message.heldBytes)) message.strip();
  }

  #report(request: Request | undefined, response: Response | undefined): void {
    this.#context.emit(httpExchange(request, response, this.#context.bodyLen));
    this.#context.release((request?.heldBytes ?? 0) + (response?.heldBytes ?? 0));
  }
}

const isHttp2 = (bytes: Uint8Array): boolean =>
  /^upgrade:[ \t]*h2c[ \t]*\r?$/im.test(latin1(bytes, head.linesAt, head.linesEnd));
