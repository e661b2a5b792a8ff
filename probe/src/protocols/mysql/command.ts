// cold. One command of a client: what is kept of it, and what it says.
import type { AnalyzerContext } from '../analyzer.ts';
import { Kept } from '../kit/kept.ts';
import type { Charset } from './charsets.ts';
import * as commands from './commands.ts';
import type { mysqlFields } from './fields.ts';
import type { Login } from './login.ts';
import { type Attribute, readQuery } from './params.ts';
import type { Statement } from './statements.ts';
import { textOf } from './text.ts';

/** Kept of a command beside `bodylen`: parameters and attributes, which are told as their first characters. */
const EXTRA_BYTES = 8 * 1024;

type Context = AnalyzerContext<typeof mysqlFields>;

export class Command {
  readonly code: number;
  readonly beginUs: number;
  endUs: number;
  /** Of the wire, with what the client sent for it later (a file, a password). */
  bytes = 0;
  /** Of the last packet, or frame, that belongs to it. */
  lastSequence = 0;
  lostBytes = 0;
  /** Beginning of its payload. */
  readonly body: Kept;
  /** Not all of the payload was kept. */
  isCut = false;
  /** Bytes were lost among those that are told. */
  isDamaged = false;
  sql: string | undefined;
  attributes: readonly Attribute[] = [];
  statement: Statement | undefined;
  login: Login | undefined;
  readonly #context: Context;
  readonly #limitBytes: number;
  #heldBytes = 0;
  #isClosed = false;

  constructor(code: number, beginUs: number, context: Context) {
    this.code = code;
    this.beginUs = beginUs;
    this.endUs = beginUs;
    this.#context = context;
    this.#limitBytes = context.bodyLen + EXTRA_BYTES;
    this.body = new Kept(this.#limitBytes);
  }

  get answerKind(): commands.AnswerKind {
    return commands.answerKindOf(this.code);
  }

  /** Keeps what there is room for.
   *  @param content next bytes of the payload, lent */
  add(content: Uint8Array): void {
    const wanted = Math.min(content.length, this.#limitBytes - this.body.bytes.length);
    if (wanted < content.length) this.isCut = true;
    if (wanted <= 0 || this.#isClosed) return;
    if (!this.#context.hold(wanted)) {
      this.#close();
      return;
    }
    this.body.add(content, 0, wanted);
    this.#heldBytes += wanted;
  }

  #close(): void {
    this.isCut = true;
    this.#isClosed = true;
  }

  lose(lengthBytes: number): void {
    this.lostBytes += lengthBytes;
    if (!this.isCut) this.isDamaged = true;
    this.#close();
  }

  /** Reads the statement's text, when all of it has come.
   *  @param hasAttributes CLIENT_QUERY_ATTRIBUTES; undefined when that was not seen */
  readText(hasAttributes: boolean | undefined, charset: Charset): void {
    const { bytes } = this.body;
    const query =
      this.code === commands.COM_QUERY ? readQuery(bytes, hasAttributes) : { at: 1, attributes: this.attributes };
    this.attributes = query.attributes;
    const text = bytes.subarray(query.at);
    this.isCut ||= text.length > this.#context.bodyLen;
    this.sql = textOf(text, this.#context.bodyLen, charset);
  }

  /** Gives back what it held. */
  release(): void {
    this.#context.release(this.#heldBytes);
    this.#heldBytes = 0;
  }
}
