// warm. The client's direction: commands, and what belongs to them (passwords, files).
import type { AnalyzerContext } from '../analyzer.ts';
import { isLoginAt } from './client-look.ts';
import { Command } from './command.ts';
import * as commands from './commands.ts';
import { findFrame, findPacket } from './detect.ts';
import type { mysqlFields } from './fields.ts';
import type { FrameHandler } from './frame-reader.ts';
import type { Moment } from './moment.ts';

export interface CommandHost {
  readonly context: AnalyzerContext<typeof mysqlFields>;
  readonly moment: Moment;
  /** A command begins. */
  onCommand(command: Command): void;
  /** All of its payload has come. */
  onWhole(command: Command): void;
  /** The client went on within the exchange. */
  onMore(sequence: number): void;
  /** Nothing but a file comes from the client, until it is answered. */
  readonly sendsFile: boolean;
  onLostFrames(direction: 0 | 1, reason: string, lengthBytes: number): void;
}

const LOGIN_HEAD_BYTES = 32;
const STATEMENT_HEAD_BYTES = 5;

export class CommandReader implements FrameHandler {
  /** The server has greeted, or may have. */
  awaitsLogin: boolean;
  readonly #host: CommandHost;
  /** What further packets belong to. */
  #newest: Command | undefined;
  /** Whose payload is passing by. */
  #open: Command | undefined;
  #frame: { readonly sequence: number; readonly beginUs: number } | undefined;
  #wireBytes = 0;

  constructor(host: CommandHost) {
    this.#host = host;
    this.awaitsLogin = !host.context.midStream;
  }

  /** A login shows late, and an execution's statement behind the command. */
  needs(): number {
    return this.#newest === undefined ? LOGIN_HEAD_BYTES : STATEMENT_HEAD_BYTES;
  }

  pass(wireBytes: number): void {
    if (this.#frame === undefined) this.#wireBytes += wireBytes;
  }

  beginFrame(sequence: number, wireBytes: number): boolean {
    const isCommand = this.#isCommand(sequence);
    this.#wireBytes = isCommand ? wireBytes : this.#wireBytes + wireBytes;
    this.#frame = { sequence, beginUs: this.#host.moment.beginUs };
    return isCommand;
  }

  findFrame(bytes: Uint8Array): number {
    return findFrame(0, bytes);
  }

  findPacket(bytes: Uint8Array): number {
    return this.#host.sendsFile ? -1 : findPacket(0, bytes);
  }

  passOver(lengthBytes: number): void {
    this.#wireBytes = 0;
    this.lose(lengthBytes);
  }

  loseFrames(reason: string, lengthBytes: number): void {
    this.#host.onLostFrames(0, reason, lengthBytes);
  }

  begin(sequence: number, lengthBytes: number, content: Uint8Array): boolean {
    if (this.#isCommand(sequence)) return this.#beginCommand(content[0] ?? 0, content);
    const isLogin = this.awaitsLogin || (this.#newest === undefined && isLoginAt(content, 0, lengthBytes));
    if (isLogin) return this.#beginCommand(commands.COM_CONNECT, content);
    this.#goOn(sequence);
    return true;
  }

  more(content: Uint8Array): void {
    const { moment } = this.#host;
    this.#open?.add(content);
    const wireBytes = this.#claim();
    if (this.#newest === undefined) return;
    if (this.#open !== undefined) this.#newest.endUs = moment.tsUs;
    this.#newest.bytes += wireBytes;
  }

  lose(lengthBytes: number): void {
    if (this.#open !== undefined) this.#open.lose(lengthBytes);
    else if (this.#newest !== undefined) this.#newest.lostBytes += lengthBytes;
  }

  end(sequence: number): void {
    const command = this.#open;
    if (command === undefined) return;
    command.lastSequence = this.#frame?.sequence ?? sequence;
    command.endUs = this.#host.moment.tsUs;
    this.#open = undefined;
    this.#host.onWhole(command);
  }

  /** The place in the stream was lost. */
  drop(): void {
    this.#open = undefined;
    this.#newest = undefined;
    this.#wireBytes = 0;
    this.awaitsLogin = false;
  }

  /** In a file the sequence comes round to 0, too. */
  #isCommand(sequence: number): boolean {
    return sequence === 0 && !this.#host.sendsFile;
  }

  #beginCommand(code: number, content: Uint8Array): boolean {
    if (commands.nameOf(code) === undefined) return false;
    const { context, moment } = this.#host;
    const command = new Command(code, this.#frame?.beginUs ?? moment.beginUs, context);
    this.awaitsLogin = false;
    command.endUs = moment.tsUs;
    command.bytes = this.#claim();
    command.lastSequence = this.#frame?.sequence ?? 0;
    this.#newest = command;
    this.#open = command;
    command.add(content);
    this.#host.onCommand(command);
    return true;
  }

  #goOn(sequence: number): void {
    const last = this.#frame?.sequence ?? sequence;
    const wireBytes = this.#claim();
    if (this.#newest !== undefined) {
      this.#newest.bytes += wireBytes;
      this.#newest.lastSequence = last;
    }
    this.#host.onMore(last);
  }

  #claim(): number {
    const claimed = this.#wireBytes;
    this.#wireBytes = 0;
    return claimed;
  }
}
