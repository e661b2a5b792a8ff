// warm. Reads both directions of a Redis connection, value by value, and pairs replies with commands in their order.
import { type Analyzer, type AnalyzerContext, type Direction, LOST, STOP } from '../analyzer.ts';
import { Pairing } from '../kit/pairing.ts';
import type { redisFields } from './fields.ts';
import { wordsOf } from './inline.ts';
import { isConfirmation, MONITOR_LINE, Subscriptions } from './pubsub.ts';
import { type Answer, redisExchange, redisPush } from './record.ts';
import { BRIEF_BYTES, ReplySink } from './reply.ts';
import { ReplyMode } from './reply-mode.ts';
import { LABEL_BYTES, Request, RequestSink } from './request.ts';
import { ARRAY, CR, LF, SIMPLE_STRING } from './resp.ts';
import { redactAclReply, redactArguments } from './secrets.ts';
import { Side } from './side.ts';

type Context = AnalyzerContext<typeof redisFields>;

/** Commands that are kept until their replies: clients pipeline by the thousand, and what is held has a limit too. */
const PENDING_LIMIT = 8192;

export class RedisAnalyzer implements Analyzer {
  readonly #context: Context;
  readonly #pairing: Pairing<Request>;
  readonly #client: Side<RequestSink>;
  readonly #server: Side<ReplySink>;
  readonly #subscriptions: Subscriptions;
  readonly #replyMode = new ReplyMode();
  /** The command that came last. */
  #latest: Request | undefined;
  /** Confirmations that are to come for a subscription, and what those that came said. */
  #confirmationsLeft = 0;
  #confirmed: Answer | undefined;
  /** Replies are passed over until the client, which waits for each, asks again: then one begins. */
  #isBlind = false;
  /** The server may speak unasked: in RESP3, to subscribers, and after MONITOR. */
  #getsPushes = false;
  /** A replication stream begins. */
  #isOver = false;

  constructor(context: Context) {
    this.#context = context;
    this.#pairing = new Pairing<Request>(context.midStream, request => this.#giveUp(request), PENDING_LIMIT);
    this.#subscriptions = new Subscriptions(!context.midStream);
    this.#client = new Side(true, new RequestSink(), Math.max(context.bodyLen, LABEL_BYTES));
    this.#server = new Side(false, new ReplySink(), Math.max(context.bodyLen, BRIEF_BYTES));
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    if (direction === 1 && this.#isBlind) return this.#passOver(bytes);
    const side = direction === 0 ? this.#client : this.#server;
    if (!side.isOpen) {
      // Empty lines: a client may send them, and a master does while a replica waits.
      if (bytes[0] === LF || bytes[0] === CR) return 1;
      side.begin(beginUs);
    }
    const consumed = side.reader.read(bytes, side.sink);
    if (consumed === LOST) return this.#misread(direction);
    side.isOpen ||= consumed > 0;
    side.bytes += consumed;
    if (side.reader.done) this.#finish(direction, tsUs);
    else if (side.isOpen && !side.isHeld) this.#hold(side);
    return this.#isOver ? STOP : consumed;
  }

  onGap(direction: Direction, lengthBytes: number): boolean {
    const side = direction === 0 ? this.#client : this.#server;
    if (side.isOpen && side.reader.skip(lengthBytes)) {
      side.bytes += lengthBytes;
      side.lostBytes += lengthBytes;
      return true;
    }
    return this.#lose(direction);
  }

  onClose(): void {
    this.#pairing.close();
  }

  #finish(direction: Direction, tsUs: number): void {
    const side = direction === 0 ? this.#client : this.#server;
    this.#close(side);
    if (direction === 0) this.#onRequest(tsUs);
    else this.#onReply(tsUs);
  }

  #close(side: { isOpen: boolean; heldBytes: number }): void {
    side.isOpen = false;
    this.#context.release(side.heldBytes);
    side.heldBytes = 0;
  }

  /** A value that comes in pieces is kept in between, once as bytes and once as text. */
  #hold(side: Side<RequestSink> | Side<ReplySink>): void {
    side.isHeld = true;
    const wanted = 2 * this.#context.bodyLen;
    if (this.#context.hold(wanted)) side.heldBytes = wanted;
    else {
      side.reader.limit(BRIEF_BYTES);
      side.sink.limit();
    }
  }

  #onRequest(tsUs: number): void {
    const { sink } = this.#client;
    if (sink.count === 0) return;
    const request = new Request(sink, this.#client.span(tsUs), this.#context.redactor);
    if (isAcknowledgement(request)) this.#stop();
    else if (this.#replyMode.isSilent(request)) this.#report(request, undefined);
    else this.#ask(request);
    if (request.command === 'SYNC') this.#isOver = true;
  }

  #ask(request: Request): void {
    const isKept = this.#context.hold(request.heldBytes);
    if (this.#pairing.ask(isKept ? request : undefined)) this.#startAfresh();
    request.place = this.#pairing.waiting;
    this.#getsPushes ||= opensPushes(request);
    if (this.#latest !== undefined && request.place > 1) this.#latest.isFollowed = true;
    this.#latest = request;
    if (isKept) return;
    this.#context.parseError('command_not_held');
    this.#report(request, undefined);
  }

  /** The client waits for replies and asks: whatever the server sends next is a reply from its start. */
  #startAfresh(): void {
    this.#isBlind = false;
    this.#close(this.#server);
  }

  #onReply(tsUs: number): void {
    const { sink } = this.#server;
    const next = this.#pairing.next?.command;
    const kind = this.#subscriptions.kindOf(sink, this.#pairing.waiting, next);
    if (kind !== undefined && isConfirmation(kind) && next === kind.toUpperCase()) this.#onConfirmation(kind, tsUs);
    else if (kind !== undefined) this.#onPush(kind, tsUs);
    else this.#onAnswer(tsUs);
  }

  #onAnswer(tsUs: number): void {
    const { sink } = this.#server;
    // A replica's command: what was taken for a server is one.
    if (sink.heads[0] === 'REPLCONF' && sink.heads[1] === 'ACK') {
      this.#stop();
      return;
    }
    this.#endSubscription();
    const request = this.#pairing.answer();
    if (request !== undefined) this.#context.release(request.heldBytes);
    this.#report(request, this.#answer(tsUs, request?.command));
    if (request?.command === 'RESET') this.#subscriptions.reset(true);
    this.#isOver = request?.command === 'PSYNC' && sink.type === SIMPLE_STRING;
  }

  /** One for each channel, in any case one. */
  #onConfirmation(kind: string, tsUs: number): void {
    const request = this.#pairing.next;
    const total = Number(this.#server.sink.heads[2]);
    if (this.#confirmed === undefined)
      this.#confirmationsLeft = request?.argCount || this.#subscriptions.confirmationsOfAll(kind);
    this.#subscriptions.confirm(kind, total);
    this.#confirmed = joined(this.#confirmed, this.#answer(tsUs, request?.command), this.#context.bodyLen);
    this.#confirmationsLeft -= 1;
    const isLastOfAll = total === 0 && request?.argCount === 0;
    if (this.#confirmationsLeft === 0 || isLastOfAll) this.#endSubscription();
  }

  /** Whatever the reply to the next command is, the confirmations before it are all there are. */
  #endSubscription(): void {
    if (this.#confirmed === undefined) return;
    const request = this.#pairing.answer();
    if (request !== undefined) this.#context.release(request.heldBytes);
    this.#report(request, this.#confirmed);
    this.#confirmed = undefined;
  }

  #onPush(kind: string, tsUs: number): void {
    const { heads, type } = this.#server.sink;
    this.#getsPushes = true;
    if (isConfirmation(kind)) this.#subscriptions.confirm(kind, Number(heads[2]));
    // A confirmation answers a command that was not seen. And what a subscriber of RESP2 is answered tells itself.
    const isAnswer = isConfirmation(kind) ? this.#pairing.next === undefined : type === ARRAY;
    if (isAnswer && (isConfirmation(kind) || this.#pairing.waiting === 0)) this.#pairing.answer();
    const answer = this.#answer(tsUs, kind);
    const brief = kind === 'monitor' ? answer.brief : (heads[1] ?? '');
    this.#context.emit(redisPush(kind, { ...answer, brief }, this.#context));
  }

  #answer(tsUs: number, command = ''): Answer {
    const { sink } = this.#server;
    if (command.startsWith('ACL ')) sink.text = redactAclReply(command, sink.text);
    if (command === 'monitor') sink.text = redactMonitored(sink.text);
    const { redactor } = this.#context;
    sink.text = redactor.text(sink.text);
    const { text, isCut, brief } = sink;
    const error = sink.error === undefined ? undefined : redactor.text(sink.error);
    return { span: this.#server.span(tsUs), text, isCut, brief, error };
  }

  #report(request: Request | undefined, answer: Answer | undefined): void {
    this.#context.emit(redisExchange(request, answer, this.#context));
  }

  /** If some confirmations came, they are the first one's that waits. */
  #giveUp(request: Request): void {
    const confirmed = this.#confirmed;
    this.#confirmed = undefined;
    this.#context.release(request.heldBytes);
    if (!this.#isOver) this.#report(request, confirmed);
  }

  /** A replication stream is met in mid-stream: what looked like commands were a master's. */
  #stop(): void {
    this.#isOver = true;
    this.#pairing.close();
  }

  #passOver(bytes: Uint8Array): number {
    const request = this.#pairing.answer();
    if (request !== undefined) this.#giveUp(request);
    return bytes.length;
  }

  #misread(direction: Direction): number {
    this.#context.parseError(direction === 0 ? 'command' : 'reply');
    this.#lose(direction);
    return LOST;
  }

  /** @returns whether it is known what follows */
  #lose(direction: Direction): boolean {
    this.#close(direction === 0 ? this.#client : this.#server);
    this.#subscriptions.reset(false);
    this.#endSubscription();
    const next = this.#pairing.next;
    this.#pairing.lose(direction);
    if (direction === 0 || next === undefined || this.#pairing.overlaps) return false;
    // What is found from here on may be a part of its reply.
    this.#pairing.close();
    this.#isBlind = !this.#getsPushes;
    return this.#isBlind;
  }
}

const opensPushes = ({ command, text }: Request): boolean =>
  command === 'MONITOR' || isConfirmation(command.toLowerCase()) || (command === 'HELLO' && /^\S+ 3/.test(text));

const isAcknowledgement = ({ command, text }: Request): boolean => command === 'REPLCONF' && /^\S+ ack /i.test(text);

function joined(earlier: Answer | undefined, answer: Answer, limitChars: number): Answer {
  if (earlier === undefined) return answer;
  return {
    ...answer,
    text: earlier.text.length < limitChars ? `${earlier.text} ${answer.text}` : earlier.text,
    isCut: earlier.isCut || answer.isCut || earlier.text.length >= limitChars,
    span: {
      beginUs: earlier.span.beginUs,
      endUs: answer.span.endUs,
      bytes: earlier.span.bytes + answer.span.bytes,
      lostBytes: earlier.span.lostBytes + answer.span.lostBytes,
    },
  };
}

/** Servers leave secrets out of MONITOR since version 6.2; older ones do not. */
function redactMonitored(line: string): string {
  const [head] = MONITOR_LINE.exec(line) ?? [''];
  const words = wordsOf(line.slice(head.length));
  const shown = [...words];
  redactArguments(shown);
  return shown.some((word, i) => word !== words[i]) ? head + shown.join(' ') : line;
}
