// cold. Pairs a session's commands and answers. The client waits for an answer before it asks again, but for MariaDB's
// connectors, which send an execution right behind its preparation.
import { type Analyzer, type AnalyzerContext, type Direction, LOST } from '../analyzer.ts';
import { Pairing } from '../kit/pairing.ts';
import type { Dialect } from './answer.ts';
import { type AnswerHost, AnswerReader, type OpenReply } from './answer-reader.ts';
import type { Command } from './command.ts';
import { type CommandHost, CommandReader } from './command-reader.ts';
import {
  COM_CONNECT,
  COM_PING,
  COM_STMT_BULK_EXECUTE,
  COM_STMT_EXECUTE,
  COM_STMT_PREPARE,
  COM_STMT_RESET,
} from './commands.ts';
import { framingOf } from './detect.ts';
import { exchangeOf } from './exchange.ts';
import type { mysqlFields } from './fields.ts';
import { type Algorithm, FrameReader } from './frame-reader.ts';
import type { Moment } from './moment.ts';
import { PacketReader } from './packet-reader.ts';
import { Session } from './session.ts';
import { LAST_STATEMENT_ID, statementIdOf } from './statements.ts';

type Context = AnalyzerContext<typeof mysqlFields>;

export class MysqlAnalyzer implements Analyzer, CommandHost, AnswerHost {
  readonly context: Context;
  readonly moment: Moment = { tsUs: 0, beginUs: 0 };
  readonly #session: Session;
  #pairing: Pairing<Command>;
  readonly #commands: CommandReader;
  readonly #answers: AnswerReader;
  readonly #packets: readonly [PacketReader, PacketReader];
  /** What packets come in, when both sides compress. */
  #frames: readonly [FrameReader, FrameReader] | undefined;
  /** Packets come in no frames, as far as the login tells; false when it was not seen. */
  #isPlain: boolean;
  #isLoggedIn = false;
  /** The client was seen to wait for each answer; undefined until one was paired. */
  #waits: boolean | undefined;
  #isHoled = false;
  /** Of a file that the client sends something was lost: what follows is passed over, whatever it looks like. */
  #passesFile = false;
  /** Answers may be missing to what waits for one. */
  #hasLostAnswers = false;

  constructor(context: Context) {
    this.context = context;
    this.#session = new Session(context);
    this.#pairing = this.#pairingFrom(context.midStream);
    this.#commands = new CommandReader(this);
    this.#answers = new AnswerReader(this);
    this.#packets = [new PacketReader(this.#commands), new PacketReader(this.#answers)];
    this.#isPlain = !context.midStream;
  }

  get dialect(): Dialect {
    return this.#session.dialect;
  }

  get asked(): Command | undefined {
    return this.#pairing.next;
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    this.moment.tsUs = tsUs;
    this.moment.beginUs = beginUs;
    if (direction === 0 && this.#passesFile && this.sendsFile) return this.#passFile(bytes.length);
    if (this.#mayBeFramed(direction) && !this.#findFraming(direction, bytes)) return 0;
    const read = (this.#frames ?? this.#packets)[direction].read(bytes);
    if (read === LOST) this.#misread(direction);
    return read;
  }

  onGap(direction: Direction, lengthBytes: number): boolean {
    if ((this.#frames ?? this.#packets)[direction].gap(lengthBytes)) return true;
    if (direction === 0 && this.sendsFile && this.#frames === undefined) return this.#loseOfFile(lengthBytes);
    this.#lose(direction, lengthBytes);
    return this.#frames !== undefined; // they are found again
  }

  onSkip(direction: Direction, lengthBytes: number): void {
    if (direction === 1) this.#answers.lose(lengthBytes);
    else this.#loseOfCommand(lengthBytes);
  }

  onClose(): void {
    this.#settle();
    this.#pairing.close();
  }

  get sendsFile(): boolean {
    const { reply } = this.#answers;
    return reply?.isBroken === false && reply.answer.wantsFile;
  }

  onGreeting(capabilities: number): void {
    this.#session.serverCapabilities = capabilities;
    this.#commands.awaitsLogin = true;
  }

  onCommand(command: Command): void {
    if (command.answerKind === 'none') return;
    if (this.#mustBeOver()) this.#settle();
    this.#answers.hear();
    const isFirst = command.code === COM_CONNECT;
    if (this.#pairing.waiting > 0 && !this.#hasLostAnswers && !isBehind(command)) this.#waits = false;
    if (isFirst || (this.#isHoled && this.#waits && !isBehind(command))) this.#restart();
    this.#pairing.ask(command);
  }

  onWhole(command: Command): void {
    this.#session.onCommand(command);
    if (command.answerKind === 'none') command.release();
    if (command.login?.isSslRequest) this.context.handOver('tls');
  }

  onMore(sequence: number): void {
    this.#answers.onMore(sequence);
  }

  onAnswer(reply: OpenReply): void {
    this.#passesFile = false;
    const paired = reply.isBroken ? reply.command : this.#pairing.answer();
    if (paired !== undefined && paired !== reply.command) this.#report(paired, undefined);
    if (reply.command !== undefined) this.#waits ??= !this.#session.mayPipeline;
    this.#report(reply.command, reply);
    if (reply.command?.login !== undefined && reply.answer.errorCode === 0) this.#begin();
  }

  onRemains(): void {
    if (this.#pairing.waiting === 0) this.#pairing.answer();
  }

  onLostFrames(direction: Direction, reason: string, lengthBytes: number): void {
    this.context.parseError(reason);
    this.#lose(direction, lengthBytes);
  }

  /** A command or an answer begins, and the login did not tell. */
  #mayBeFramed(direction: Direction): boolean {
    if (this.#isPlain || this.#frames !== undefined) return false;
    return direction === 0 || this.#answers.reply === undefined;
  }

  /** @returns false when a few bytes more would tell */
  #findFraming(direction: Direction, bytes: Uint8Array): boolean {
    const framing = framingOf(direction, bytes);
    if (framing === 'frames') this.#compress('zlib', true);
    return framing !== 'short';
  }

  #pairingFrom(midStream: boolean): Pairing<Command> {
    return new Pairing<Command>(midStream, command => this.#report(command, undefined));
  }

  /** Nothing comes before a login; and a client that was seen to wait asks when all before is over. */
  #restart(): void {
    this.#pairing.close();
    this.#pairing = this.#pairingFrom(false);
    this.#isHoled = false;
    this.#hasLostAnswers = false;
  }

  /** Whether what is being answered has ended, now that the client asks again. */
  #mustBeOver(): boolean {
    const reply = this.#answers.reply;
    if (reply === undefined || reply.isBroken || reply.isPerhapsOver) return true;
    return this.#pairing.waiting === 0 || (reply.command === undefined && this.#waits !== false);
  }

  /** A client asks when it has read what it asked for before. */
  #settle(): void {
    const reply = this.#answers.settle();
    if (reply === undefined) return;
    if (!reply.isBroken) this.#pairing.answer();
    if (reply.command !== undefined) this.#report(reply.command, reply);
  }

  #misread(direction: Direction): void {
    this.context.parseError(direction === 0 ? 'command' : 'answer');
    this.#lose(direction, 0);
  }

  #lose(direction: Direction, lengthBytes: number): void {
    if (direction === 0) {
      this.#loseOfCommand(lengthBytes);
      this.#commands.drop();
      this.#answers.onLostCommands();
      this.#session.onLostCommands();
    } else {
      // The answer keeps its command: what of the others was answered is not known any more.
      if (this.#answers.reply?.isBroken === false) this.#pairing.answer();
      this.#answers.break(lengthBytes);
    }
    this.#pairing.lose(direction);
    this.#passesFile = false;
    this.#isHoled = true;
    this.#hasLostAnswers ||= direction === 1;
    if (!this.#isLoggedIn) this.#isPlain = false;
  }

  #loseOfFile(lengthBytes: number): true {
    this.#passesFile = true;
    this.#loseOfCommand(lengthBytes);
    this.#answers.onLostCommands();
    return true;
  }

  #passFile(lengthBytes: number): number {
    const command = this.#answers.reply?.command;
    if (command !== undefined) command.bytes += lengthBytes;
    return lengthBytes;
  }

  /** The client sends files and passwords while it is answered. */
  #loseOfCommand(lengthBytes: number): void {
    const command = this.#answers.reply?.command ?? this.#pairing.next;
    if (command !== undefined) command.lostBytes += lengthBytes;
  }

  /** The login has worked: compression begins, if both sides want it. */
  #begin(): void {
    this.#isLoggedIn = true;
    const algorithm = this.#session.compression;
    this.#isPlain = algorithm === undefined;
    if (algorithm === undefined || this.#frames !== undefined) return;
    if (this.#session.serverCapabilities === undefined) return; // whether the server can, is to be seen
    this.#compress(algorithm, false);
  }

  #compress(algorithm: Algorithm, isLost: boolean): void {
    const [client, server] = this.#packets;
    this.#frames = [
      new FrameReader(this.#commands, client, algorithm, isLost),
      new FrameReader(this.#answers, server, algorithm, isLost),
    ];
    if (!isLost) return;
    this.#lose(1, 0);
    this.#pairing.close();
  }

  #report(command: Command | undefined, reply: OpenReply | undefined): void {
    if (command !== undefined && reply?.isOver) this.#session.onAnswer(command, reply.answer);
    else if (command !== undefined) this.#session.onUnanswered(command);
    if (!isSilent(command, reply)) this.context.emit(exchangeOf(command, reply, this.#session, this.context));
    command?.release();
  }
}

/** An execution of what was prepared last is sent without waiting for the answer to that. */
const isBehind = ({ code, body }: Command): boolean =>
  (code === COM_STMT_EXECUTE || code === COM_STMT_BULK_EXECUTE) && statementIdOf(body.bytes) === LAST_STATEMENT_ID;

/** Commands that only serve others are told when they fail. */
const SERVING: readonly number[] = [COM_PING, COM_STMT_PREPARE, COM_STMT_RESET];

function isSilent(command: Command | undefined, reply: OpenReply | undefined): boolean {
  if (command?.login?.isSslRequest) return true;
  return (
    command !== undefined && SERVING.includes(command.code) && reply?.isOver === true && reply.answer.errorCode === 0
  );
}
