// warm. One command as it is read.
import type { Redactor } from '../kit/redact/redactor.ts';
import { utf8 } from '../kit/text.ts';
import { LONGEST_NAME, nameLength } from './commands.ts';
import { wordsOf } from './inline.ts';
import type { ValueSink } from './reader.ts';
import { INLINE } from './resp.ts';
import { redactArguments } from './secrets.ts';
import { partText, quoted } from './text.ts';

/** Kept of a command even where nothing else is: its name, and what it is about. */
export const LABEL_BYTES = 128;
/** Arguments that are given at most; the rest is counted as cut. */
const ARGS_LIMIT = 256;
/** Of the first argument, in the summary. */
const SUBJECT_CHARS = 40;

export class RequestSink implements ValueSink {
  /** Name and arguments, as they are shown. */
  args: string[] = [];
  /** Of name and arguments, those that are not shown too. */
  count = 0;
  isCut = false;
  #roomBytes = 0;

  begin(limitBytes: number): void {
    this.args = [];
    this.count = 0;
    this.isCut = false;
    this.#roomBytes = limitBytes;
  }

  /** Keeps no more. */
  limit(): void {
    this.#roomBytes = 0;
  }

  open(): void {}
  close(): void {}

  none(): void {}

  scalar(type: number, bytes: Uint8Array, at: number, end: number, lengthBytes: number): void {
    if (type === INLINE) {
      const words = wordsOf(utf8(bytes, at, end));
      this.args = words.slice(0, ARGS_LIMIT).map(quoted);
      this.count = words.length;
      this.isCut = lengthBytes > end - at;
      return;
    }
    this.count += 1;
    if (this.#roomBytes <= 0 || this.args.length >= ARGS_LIMIT) {
      this.isCut = true;
      return;
    }
    const takes = Math.min(end - at, this.#roomBytes);
    const isCut = takes < lengthBytes;
    this.args.push(partText(bytes, at, at + takes, isCut));
    this.isCut ||= isCut;
    this.#roomBytes -= takes + 1;
  }
}

/** What was read of one message. */
export interface Span {
  readonly beginUs: number;
  readonly endUs: number;
  readonly bytes: number;
  /** Of `bytes`, those that were not captured. */
  readonly lostBytes: number;
}

/** What a waiting command costs beside its text. */
const REQUEST_BYTES = 160;

/** A command that waits for its reply. */
export class Request {
  readonly span: Span;
  /** `CONFIG GET`; empty when it could not be told. */
  readonly command: string;
  /** As redis-cli takes it, secrets left out. */
  readonly text: string;
  readonly isCut: boolean;
  /** Command and first argument, for the summary. */
  readonly label: string;
  readonly argCount: number;
  /** Place among those that wait, from 1; 0 where nothing is waited for. */
  place = 0;
  /** Another came before its reply. */
  isFollowed = false;

  constructor(sink: RequestSink, span: Span, redactor: Redactor) {
    const { args } = sink;
    redactArguments(args);
    const named = nameLength(args);
    const name = args.slice(0, named).join(' ').toUpperCase();
    this.span = span;
    this.command = name.length <= 2 * LONGEST_NAME ? name : '';
    this.text = redactor.text(args.join(' '));
    this.isCut = sink.isCut;
    this.label = redactor.text(labelOf(this.command, args[named], span.lostBytes > 0));
    this.argCount = sink.count - named;
  }

  get heldBytes(): number {
    return REQUEST_BYTES + this.text.length;
  }
}

function labelOf(command: string, subject: string | undefined, hasLost: boolean): string {
  if (command === '') return '?';
  if (hasLost) return `${command} ?`;
  if (subject === undefined) return command;
  return `${command} ${subject.length > SUBJECT_CHARS ? `${subject.slice(0, SUBJECT_CHARS)}…` : subject}`;
}
