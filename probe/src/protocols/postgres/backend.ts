// warm. The server's messages: they move the answered group on, and end its requests.
import { characterEnd, latin1 } from '../kit/text.ts';
import type { Dialogue } from './dialogue.ts';
import type { Step } from './group.ts';
import type { Arrival, Message } from './message.ts';
import { BACKEND, HEADER_BYTES } from './messages.ts';
import { readTypes } from './params.ts';
import { isFatal, readReport, type ServerReport } from './report.ts';
import { type Asked, Prepared, Request } from './request.ts';
import { int32, stringEnd } from './wire.ts';

export class Backend {
  /** What is not here belongs to an answer, and says nothing more: CopyOutResponse, CopyDone. */
  static readonly #HANDLERS: ReadonlyMap<number, (backend: Backend, message: Message) => void> = new Map([
    [BACKEND.Authentication, (to, message) => to.#onLogin(message)],
    [BACKEND.NegotiateProtocolVersion, (to, message) => to.#touch(to.#dialogue.answered?.answering, message)],
    [BACKEND.ParameterStatus, (to, message) => to.#onParameterStatus(message)],
    [BACKEND.BackendKeyData, (to, message) => to.#onKey(message)],
    [BACKEND.NotificationResponse, (to, message) => to.#onNotification(message)],
    [BACKEND.NoticeResponse, (to, message) => to.#onNotice(message)],
    [BACKEND.ErrorResponse, (to, message) => to.#onError(message)],
    [BACKEND.ReadyForQuery, (to, message) => to.#onReady(message)],
    [BACKEND.ParseComplete, (to, message) => to.#step('parse', message)],
    [BACKEND.BindComplete, (to, message) => to.#step('bind', message)],
    [BACKEND.CloseComplete, (to, message) => to.#step('close', message)],
    [BACKEND.ParameterDescription, (to, message) => to.#onParameterDescription(message)],
    [BACKEND.NoData, (to, message) => to.#step('describe', message)],
    [BACKEND.RowDescription, (to, message) => to.#onRowDescription(message)],
    [BACKEND.CommandComplete, (to, message) => to.#onCommandComplete(message)],
    [BACKEND.EmptyQueryResponse, (to, message) => to.#complete(message, 'empty', undefined)],
    [BACKEND.FunctionCallResponse, (to, message) => to.#complete(message, 'ok', undefined)],
    [BACKEND.PortalSuspended, (to, message) => to.#onSuspended(message)],
    [BACKEND.CopyInResponse, (to, message) => to.#onCopyIn(message)],
    [BACKEND.CopyBothResponse, (to, message) => to.#onCopyBoth(message)],
  ] as readonly [number, (backend: Backend, message: Message) => void][]);

  readonly #dialogue: Dialogue;
  /** An answer whose question is not known, while it comes. */
  #stray: Request | undefined;
  /** What the latest message belonged to. */
  #latest: Request | undefined;

  constructor(dialogue: Dialogue) {
    this.#dialogue = dialogue;
  }

  onMessage(message: Message): void {
    const handle = Backend.#HANDLERS.get(message.type);
    if (handle === undefined) this.#touch(this.#answering(), message);
    else handle(this, message);
  }

  /** Rows, or data of a COPY: of those only the server knows how many rows they hold.
   *  @param count of rows */
  onRows(count: number, lengthBytes: number, tsUs: number, beginUs: number): void {
    const request = this.#answering();
    request.answer.rowMessages += count;
    this.#touch(request, { lengthBytes, tsUs, beginUs });
  }

  /** What is not read of a long message. */
  onMore(lengthBytes: number, tsUs: number): void {
    this.#touch(this.#latest, { lengthBytes, tsUs, beginUs: tsUs });
  }

  /** Bytes inside the latest message were lost. */
  loseInside(lengthBytes: number): void {
    if (this.#latest !== undefined) this.#latest.lostBytes += lengthBytes;
  }

  /** Messages were lost. */
  lose(): void {
    this.#stray = undefined;
    this.#latest = undefined;
  }

  /** The head of the group was done. */
  #step(kind: Step['kind'], { lengthBytes, tsUs, beginUs }: Message): void {
    const group = this.#dialogue.answered;
    this.#latest = undefined;
    if (group === undefined || group.isBlind || group.head?.kind === 'hole') return;
    if (group.head?.kind === kind) {
      const run = group.nextRequest;
      if (run === undefined) group.prepared.add(lengthBytes, tsUs, beginUs);
      else run.answer.bytes += lengthBytes;
      group.finish();
      return;
    }
    this.#dialogue.context.parseError('out_of_step');
    group.isBlind = true;
  }

  /** The types of the parameters, where Parse left them open. */
  #onParameterDescription({ bytes, lengthBytes }: Message): void {
    const group = this.#dialogue.answered;
    const head = group?.isBlind ? undefined : group?.head;
    if (head?.kind !== 'describe' || head.statement === undefined) return;
    head.statement.types = readTypes(bytes, HEADER_BYTES, lengthBytes);
    head.statement.asksTypes = false;
  }

  #onRowDescription(message: Message): void {
    const head = this.#dialogue.answered?.head;
    if (head?.kind === 'query' || head === undefined) this.#touch(this.#answering(), message);
    else this.#step('describe', message);
  }

  #onCommandComplete(message: Message): void {
    const { bytes, lengthBytes: end } = message;
    const found = stringEnd(bytes, HEADER_BYTES, end);
    const tag = latin1(bytes, HEADER_BYTES, found < 0 ? end : found);
    this.#notePrepared(tag);
    const rows = /\d+$/.exec(tag);
    this.#complete(message, tag, rows === null ? undefined : Number(rows[0]));
  }

  /** Perhaps the server has made prepared statements, or forgotten them. */
  #notePrepared(tag: string): void {
    const { answered, statements } = this.#dialogue;
    const forgetsAll = tag === 'DISCARD ALL' || tag === 'DEALLOCATE ALL';
    if (!forgetsAll && tag !== 'PREPARE' && tag !== 'DEALLOCATE') return;
    const isKnown = answered?.confirm() === true;
    // Where it is not known which, any name may be another statement's from now on.
    if (forgetsAll || (tag === 'DEALLOCATE' && !isKnown)) statements.clear();
  }

  #onSuspended(message: Message): void {
    const { rowMessages } = this.#answering().answer;
    this.#complete(message, `suspended ${rowMessages}`, rowMessages);
  }

  /** One statement is done: all of a run, perhaps not all of a Query. */
  #complete(message: Message, tag: string, rows: number | undefined): void {
    const request = this.#answering();
    this.#touch(request, message);
    request.answer.complete(tag, rows);
    if (request === this.#stray || request.asked.isPrepared) this.#finish(request);
  }

  /** It waits for nothing more. */
  #finish(request: Request): void {
    request.answer.isComplete = true;
    if (request === this.#dialogue.done) return;
    if (request === this.#stray) this.#stray = undefined;
    else this.#dialogue.answered?.finish(request);
    this.#dialogue.finish(request);
  }

  #onError(message: Message): void {
    const report = readReport(message.bytes, HEADER_BYTES, message.lengthBytes, this.#dialogue.facts);
    const request = this.#mayBeUnasked(report) ? this.#makeStray({}, new Prepared()) : this.#failing();
    this.#touch(request, message);
    request.answer.error = report;
    const group = this.#dialogue.answered;
    if (group !== undefined && !group.isBlind && group.head?.kind !== 'hole') group.hasFailed = true;
    const isOver = request === this.#stray || request.asked.isPrepared || isFatal(report);
    if (isOver) this.#finish(request);
  }

  /** The server ends sessions also while they are idle: whether this one was is not known when answers were lost. */
  #mayBeUnasked(report: ServerReport): boolean {
    const { answered } = this.#dialogue;
    return isFatal(report) && answered?.isBlind === true && answered.answering?.asked.isLogin !== true;
  }

  /** @returns the request that an error is about: the one being answered, or the one that what failed was to prepare */
  #failing(): Request {
    const group = this.#dialogue.answered;
    const { answering, head } = group ?? {};
    if (group === undefined || head?.kind === 'hole' || (group.isBlind && answering === undefined))
      return this.#answering();
    if (answering !== undefined) return answering;
    if (head === undefined) return this.#dialogue.done ?? this.#makeStray({ command: 'Sync' }, new Prepared());
    group.failedStatement = head.statement;
    const run = group.runOf(head);
    if (run !== undefined) return run;
    const { sql, isCut } = head.statement ?? {};
    return this.#makeStray({ sql, isCut: isCut === true, isPrepared: true }, group.takePrepared());
  }

  #onReady(message: Message): void {
    this.#dialogue.ready(message);
    this.#stray = undefined;
    this.#latest = undefined;
  }

  #onNotice(message: Message): void {
    const request = this.#dialogue.answered?.answering;
    this.#touch(request, message);
    if (request === undefined) return;
    const { context, facts } = this.#dialogue;
    const { severity, message: text } = readReport(message.bytes, HEADER_BYTES, message.lengthBytes, facts);
    const notice = `${severity}: ${text}`;
    if (!context.hold(notice.length)) return;
    if (!request.answer.addNotice(notice)) context.release(notice.length);
  }

  #onNotification({ bytes, lengthBytes: end, tsUs, beginUs }: Message): void {
    const { context, facts } = this.#dialogue;
    const channelEnd = stringEnd(bytes, HEADER_BYTES + 4, end);
    if (channelEnd < 0) return;
    const found = stringEnd(bytes, channelEnd + 1, end);
    const payloadEnd = Math.min(found < 0 ? end : found, channelEnd + 1 + context.bodyLen);
    const channel = facts.decode(bytes, HEADER_BYTES + 4, channelEnd);
    const payload = facts.decode(bytes, channelEnd + 1, characterEnd(bytes, channelEnd + 1, payloadEnd));
    context.emit({
      beginUs,
      endUs: tsUs,
      bytes: end,
      summary: `? NotificationResponse ${channel}`,
      fields: {
        ...facts.fields(),
        COMMAND: 'NotificationResponse',
        BACKEND_PID: int32(bytes, HEADER_BYTES),
        NOTIFY_CHANNEL: channel,
        ...(payload !== '' && context.bodies && { NOTIFY_PAYLOAD: context.redactor.text(payload) }),
      },
    });
  }

  /** @returns what the answer is to; of an unknown question where that is not sure */
  #answering(): Request {
    return this.#dialogue.answered?.answering ?? this.#stray ?? this.#makeStray({}, new Prepared());
  }

  #makeStray(asked: Asked, from: Prepared): Request {
    this.#stray = new Request(asked, from);
    return this.#stray;
  }

  /** The client sends data now. */
  #onCopyIn(message: Message): void {
    const request = this.#answering();
    request.isCopyIn = true;
    this.#dialogue.reopen();
    this.#touch(request, message);
  }

  #onCopyBoth(message: Message): void {
    this.#answering().answer.isStream = true;
    this.#onCopyIn(message);
  }

  #onParameterStatus({ bytes, lengthBytes }: Message): void {
    this.#dialogue.facts.setParameter(bytes, HEADER_BYTES, lengthBytes);
  }

  #onLogin(message: Message): void {
    this.#dialogue.noteLogin();
    this.#touch(this.#dialogue.answered?.answering, message);
  }

  #onKey(message: Message): void {
    this.#onLogin(message);
    this.#dialogue.facts.setKey(message.bytes, HEADER_BYTES);
  }

  #touch(request: Request | undefined, { lengthBytes, tsUs, beginUs }: Arrival): void {
    this.#latest = request;
    request?.answer.touch(lengthBytes, tsUs, beginUs);
  }
}
