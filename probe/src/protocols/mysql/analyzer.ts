// cold. Pairs a session's commands and answers. The client waits for an answer before it asks again, but for MariaDB's
// connectors, which send an execution right behind its preparation.
import { type Analyzer, type AnalyzerContext, type Direction, LOST, STOP } from '../analyzer.ts';
import { Pairing } from '../kit/pairing.ts';
import type { Dialect } from './answer.ts';
import { type AnswerHost, AnswerReader, type OpenReply } from './answer-reader.ts';
import type { Command } from './command.ts';
import { type CommandHost, CommandReader } from './command-reader.ts';
import { isFramed } from './detect.ts';
import { exchangeOf } from './exchange.ts';
import type { mysqlFields } from './fields.ts';
import { type Algorithm, canUnpack, FrameReader } from './frame-reader.ts';
import { compressionOf } from './login.ts';
import type { Moment } from './moment.ts';
import { PacketReader } from './packet-reader.ts';
import { Session } from './session.ts';

type Context = AnalyzerContext<typeof mysqlFields>;

export class MysqlAnalyzer implements Analyzer, CommandHost, AnswerHost {
  readonly context: Context;
  readonly moment: Moment = { tsUs: 0, beginUs: 0 };
  readonly #session: Session;
  readonly #pairing: Pairing<Command>;
  readonly #commands: CommandReader;
  readonly #answers: AnswerReader;
  readonly #packets: readonly [PacketReader, PacketReader];
  /** What packets come in, when both sides compress. */
  #frames: readonly [FrameReader, FrameReader] | undefined;
  /** Undefined until it shows, where the login was not seen. */
  #isFramed: boolean | undefined;
  #waiting = 0;
  /** Nothing more can be read. */
  #isOver = false;

  constructor(context: Context) {
    this.context = context;
    this.#session = new Session(context);
    this.#pairing = new Pairing<Command>(context.midStream, command => this.#giveUp(command));
    this.#commands = new CommandReader(this);
    this.#answers = new AnswerReader(this);
    this.#packets = [new PacketReader(this.#commands), new PacketReader(this.#answers)];
    this.#isFramed = context.midStream ? undefined : false;
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
    if (this.#isFramed === undefined) {
      this.#isFramed = isFramed(direction, bytes);
      if (this.#isFramed) this.#compress('zlib', true);
    }
    const read = (this.#frames ?? this.#packets)[direction].read(bytes);
    if (read === LOST) this.#misread(direction);
    return this.#isOver ? STOP : read;
  }

  onGap(direction: Direction, lengthBytes: number): boolean {
    if ((this.#frames ?? this.#packets)[direction].gap(lengthBytes)) return true;
    this.#lose(direction, lengthBytes);
    return false;
  }

  onClose(): void {
    this.#settle();
    this.#pairing.close();
  }

  onGreeting(capabilities: number): void {
    this.#session.serverCapabilities = capabilities;
    this.#commands.awaitsLogin = true;
  }

  onCommand(command: Command): void {
    if (command.answerKind === 'none') return;
    const reply = this.#answers.reply;
    if (this.#waiting === 0 || reply?.isBroken || reply?.isPerhapsOver) this.#settle();
    this.#pairing.ask(command);
    this.#waiting += 1;
  }

  onWhole(command: Command): void {
    this.#session.onCommand(command);
    if (command.answerKind === 'none') command.release();
    if (command.login?.isSslRequest) this.#isOver = true;
  }

  onMore(sequence: number): void {
    this.#answers.onMore(sequence);
  }

  onAnswer(reply: OpenReply): void {
    const paired = reply.isBroken ? reply.command : this.#takeAsked();
    if (paired !== undefined && paired !== reply.command) this.#giveUp(paired);
    this.#report(reply.command, reply);
    if (reply.command?.answerKind === 'events') this.#isOver = true;
    if (reply.command?.login !== undefined && reply.answer.errorCode === 0) this.#begin();
  }

  onRemains(): void {
    if (this.#waiting === 0) this.#pairing.answer();
  }

  onLostFrames(direction: Direction, reason: string): void {
    this.context.parseError(reason);
    this.#lose(direction, 0);
  }

  /** A client asks when it has read what it asked for before. */
  #settle(): void {
    const reply = this.#answers.settle();
    if (reply === undefined) return;
    if (!reply.isBroken) this.#takeAsked();
    if (reply.command !== undefined) this.#report(reply.command, reply);
  }

  #takeAsked(): Command | undefined {
    const command = this.#pairing.answer();
    if (command !== undefined) this.#waiting -= 1;
    return command;
  }

  #misread(direction: Direction): void {
    this.context.parseError(direction === 0 ? 'command' : 'answer');
    this.#lose(direction, 0);
  }

  #lose(direction: Direction, lengthBytes: number): void {
    if (direction === 0) {
      this.#commands.drop();
      this.#answers.onLostCommands();
      this.#session.onLostCommands();
    } else {
      // The answer keeps its command: what of the others was answered is not known any more.
      if (this.#answers.reply?.isBroken === false) this.#takeAsked();
      this.#answers.break(lengthBytes);
    }
    this.#pairing.lose(direction);
  }

  /** The login has worked: compression begins, if both sides want it. */
  #begin(): void {
    const algorithm = compressionOf(this.#session.capabilities ?? 0);
    if (algorithm === undefined || this.#frames !== undefined) return;
    if (canUnpack(algorithm)) return this.#compress(algorithm, false);
    this.context.parseError(algorithm);
    this.#isOver = true;
  }

  #compress(algorithm: Algorithm, isLost: boolean): void {
    const [client, server] = this.#packets;
    this.#isFramed = true;
    this.#frames = [
      new FrameReader(this.#commands, client, algorithm, isLost),
      new FrameReader(this.#answers, server, algorithm, isLost),
    ];
  }

  #giveUp(command: Command): void {
    this.#waiting -= 1;
    this.#report(command, undefined);
  }

  #report(command: Command | undefined, reply: OpenReply | undefined): void {
    if (command !== undefined && reply?.isOver) this.#session.onAnswer(command, reply.answer);
    else if (command !== undefined) this.#session.onUnanswered(command);
    this.context.emit(exchangeOf(command, reply, this.#session, this.context));
    command?.release();
  }
}
