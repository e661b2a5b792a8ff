// warm. The server's direction: its greeting, then one answer after the other.
import { Answer, type Dialect } from './answer.ts';
import type { Command } from './command.ts';
import { findFrame, findPacket } from './detect.ts';
import type { Reply } from './exchange.ts';
import type { FrameHandler } from './frame-reader.ts';
import { readGreeting } from './login.ts';
import type { Moment } from './moment.ts';
import { isGreetingAt } from './server-look.ts';
import * as wire from './wire.ts';

export interface AnswerHost {
  readonly moment: Moment;
  readonly dialect: Dialect;
  /** The command that the next answer surely belongs to. */
  readonly asked: Command | undefined;
  onGreeting(capabilities: number): void;
  onAnswer(reply: OpenReply): void;
  /** A part of an answer whose beginning was not seen. */
  onRemains(): void;
  onLostFrames(direction: 0 | 1, reason: string, lengthBytes: number): void;
}

/** Of a packet that is no row: more than OK and ERR have, but for long messages, which are cut. */
const NEEDED_BYTES = 1024;

/** An answer that is coming in. */
export class OpenReply implements Reply {
  readonly answer: Answer;
  /** Undefined when it was not seen. */
  readonly command: Command | undefined;
  readonly beginUs: number;
  endUs: number;
  bytes = 0;
  lostBytes = 0;
  isOver = false;
  /** An EOF may follow. */
  isPerhapsOver = false;
  /** Parts of it were lost, packets among them. */
  isBroken = false;
  /** Undefined after a loss, and where there is none. */
  nextSequence: number | undefined;

  constructor(command: Command | undefined, dialect: Dialect, beginUs: number) {
    this.command = command;
    this.answer = new Answer(command?.answerKind ?? 'unknown', dialect);
    this.beginUs = beginUs;
    this.endUs = beginUs;
  }

  /** Where a replica acknowledges, the source counts anew. */
  expectAfter(sequence: number): void {
    if (this.command?.answerKind !== 'events') this.nextSequence = wire.following(sequence);
  }
}

export class AnswerReader implements FrameHandler {
  readonly #host: AnswerHost;
  #reply: OpenReply | undefined;
  /** Lost bytes may have held the beginning of the answer that is due: none begins until a command has been seen. */
  #isDeaf = false;
  /** When the frame began that is being read; undefined without compression. */
  #frameBeginUs: number | undefined;
  #wireBytes = 0;

  constructor(host: AnswerHost) {
    this.#host = host;
  }

  get reply(): OpenReply | undefined {
    return this.#reply;
  }

  needs(first: number): number {
    const isRow = this.#reply?.answer.isAmongRows === true && first !== wire.EOF && first !== wire.ERR;
    return isRow ? 1 : NEEDED_BYTES;
  }

  pass(wireBytes: number): void {
    if (this.#frameBeginUs === undefined) this.#wireBytes += wireBytes;
  }

  beginFrame(sequence: number, wireBytes: number): boolean {
    this.#wireBytes += wireBytes;
    this.#frameBeginUs = this.#host.moment.beginUs;
    const isStart = this.#reply === undefined && this.#isStart(sequence);
    if (this.#reply === undefined && !isStart) this.#host.onRemains();
    return isStart;
  }

  findFrame(bytes: Uint8Array): number {
    return findFrame(1, bytes);
  }

  findPacket(bytes: Uint8Array): number {
    return findPacket(1, bytes);
  }

  passOver(lengthBytes: number): void {
    this.#wireBytes = 0;
    this.lose(lengthBytes);
  }

  loseFrames(reason: string, lengthBytes: number): void {
    this.#host.onLostFrames(1, reason, lengthBytes);
  }

  begin(sequence: number, lengthBytes: number, content: Uint8Array): boolean {
    if (this.#reply?.isPerhapsOver && !isEof(lengthBytes, content)) this.#endPerhaps();
    if (this.#reply === undefined && !this.#start(sequence, lengthBytes, content)) return true;
    const reply = this.#reply;
    if (reply === undefined) return true;
    if (this.#frameBeginUs === undefined && sequence !== (reply.nextSequence ?? sequence)) return false;
    reply.expectAfter(sequence);
    this.#count(reply);
    if (reply.isBroken && !reply.answer.isAmongRows) return true;
    const progress = reply.answer.read(lengthBytes, content);
    reply.isOver = progress === 'over';
    reply.isPerhapsOver = progress === 'perhaps';
    return true;
  }

  more(): void {
    if (this.#reply !== undefined) this.#count(this.#reply);
  }

  lose(lengthBytes: number): void {
    if (this.#reply !== undefined) this.#reply.lostBytes += lengthBytes;
  }

  end(sequence: number): void {
    const reply = this.#reply;
    if (reply === undefined) return;
    reply.expectAfter(sequence);
    if (reply.isOver) this.#finish(reply);
  }

  /** A command was seen: its answer is to come. */
  hear(): void {
    this.#isDeaf = false;
    if (this.#reply === undefined) this.#wireBytes = 0; // they belong to none
  }

  /** A command follows: whatever was being answered has ended, seen or not.
   *  @returns the answer that has no end */
  settle(): OpenReply | undefined {
    if (this.#reply?.isPerhapsOver) this.#endPerhaps();
    const reply = this.#reply;
    this.#reply = undefined;
    return reply;
  }

  /** The client went on within the exchange. */
  onMore(sequence: number): void {
    this.#reply?.expectAfter(sequence);
  }

  /** The client's bytes were lost: it may have gone on. */
  onLostCommands(): void {
    if (this.#reply !== undefined) this.#reply.nextSequence = undefined;
  }

  /** The place in the stream was lost. */
  break(lengthBytes: number): void {
    this.#isDeaf = true;
    this.#wireBytes = 0;
    const reply = this.#reply;
    if (reply === undefined) return;
    reply.isBroken = true;
    reply.isPerhapsOver = false;
    reply.lostBytes += lengthBytes;
    reply.nextSequence = undefined;
  }

  /** @returns whether an answer begins */
  #start(sequence: number, lengthBytes: number, content: Uint8Array): boolean {
    if (sequence === 0 && isGreetingAt(content, 0, lengthBytes)) {
      this.#host.onGreeting(readGreeting(content));
      this.#count(undefined);
      return false;
    }
    // A server that refuses, or ends a session, says so unasked.
    const isUnasked = sequence === 0 && content[0] === wire.ERR && !this.#isDeaf;
    if (!isUnasked && !this.#isStart(sequence)) {
      this.#count(undefined);
      this.#host.onRemains();
      return false;
    }
    this.#reply = new OpenReply(isUnasked ? undefined : this.#host.asked, this.#host.dialect, this.#beginUs);
    return true;
  }

  get #beginUs(): number {
    return this.#frameBeginUs ?? this.#host.moment.beginUs;
  }

  #isStart(sequence: number): boolean {
    const last = this.#host.asked?.lastSequence ?? 0;
    return !this.#isDeaf && sequence === wire.following(last);
  }

  #endPerhaps(): void {
    const reply = this.#reply;
    if (reply === undefined) return;
    this.#host.dialect.deprecatesEof = true;
    reply.isOver = true;
    this.#finish(reply);
  }

  #finish(reply: OpenReply): void {
    this.#reply = undefined;
    this.#host.onAnswer(reply);
  }

  #count(reply: OpenReply | undefined): void {
    if (reply !== undefined) {
      reply.bytes += this.#wireBytes;
      reply.endUs = this.#host.moment.tsUs;
    }
    this.#wireBytes = 0;
  }
}

const isEof = (lengthBytes: number, content: Uint8Array): boolean =>
  content[0] === wire.EOF && lengthBytes === wire.EOF_BYTES;
