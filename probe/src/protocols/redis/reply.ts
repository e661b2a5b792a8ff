// warm. One reply, or push, as it is read.

import { MARK } from '../kit/redact/rewrite.ts';
import type { ValueSink } from './reader.ts';
import {
  ATTRIBUTE,
  BOOLEAN,
  BULK_ERROR,
  BULK_STRING,
  MAP,
  NONE,
  SIMPLE_ERROR,
  SIMPLE_STRING,
  VERBATIM_STRING,
} from './resp.ts';
import { isSecretParameter, redactError } from './secrets.ts';
import { partText, wholeText } from './text.ts';

/** Kept of a reply even where nothing else is: enough to tell it by. */
export const BRIEF_BYTES = 64;
const BRIEF_CHARS = 40;
/** First elements that are looked at: kind, channel, payload or count of a push. */
const HEADS = 3;
/** A verbatim string starts with its format and a colon: `txt:`. */
const FORMAT_BYTES = 4;
const NIL = '(nil)';
const STRINGS = new Set([BULK_STRING, SIMPLE_STRING, VERBATIM_STRING]);

export class ReplySink implements ValueSink {
  /** Type of the whole. */
  type = NONE;
  text = '';
  isCut = false;
  /** First error among the reply, or the elements of the outer list. */
  error: string | undefined;
  /** The first elements of the outer list. */
  readonly heads: string[] = [];
  /** It is a list, a map, a set or a push. */
  isList = false;
  /** Elements of the outer list. */
  count = 0;
  #roomChars = 0;
  /** Levels that are open, attributes included. */
  #depth = 0;
  /** Depth of the outermost attribute; 0 when none is open. */
  #attributeDepth = 0;
  /** Per open level that is shown: elements so far, and whether it is a map. */
  readonly #elements: number[] = [];
  readonly #isMap: boolean[] = [];
  #isSecretNext = false;

  begin(limitBytes: number): void {
    this.type = NONE;
    this.text = '';
    this.isCut = false;
    this.error = undefined;
    this.heads.length = 0;
    this.isList = false;
    this.count = 0;
    this.#roomChars = limitBytes;
    this.#depth = 0;
    this.#attributeDepth = 0;
    this.#elements.length = 0;
    this.#isMap.length = 0;
    this.#isSecretNext = false;
  }

  /** Keeps no more than can be told by. */
  limit(): void {
    this.#roomChars = Math.min(this.#roomChars, BRIEF_BYTES - this.text.length);
    this.text = this.text.slice(0, BRIEF_BYTES);
    this.isCut = true;
  }

  /** @returns one short line */
  get brief(): string {
    if (this.isList) return `[${this.count}]`;
    const line = this.text.split('\n', 1)[0] ?? '';
    return line.length > BRIEF_CHARS ? `${line.slice(0, BRIEF_CHARS)}…` : line;
  }

  open(type: number, count: number): void {
    this.#depth += 1;
    if (this.#attributeDepth > 0) return;
    if (type === ATTRIBUTE) {
      this.#attributeDepth = this.#depth;
      return;
    }
    this.#beginElement(type);
    if (this.#elements.length === 0) {
      this.isList = true;
      this.count = Math.max(0, count);
    }
    this.#put(type === MAP ? '{' : '[');
    this.#elements.push(0);
    this.#isMap.push(type === MAP);
    this.#isSecretNext = false;
  }

  close(type: number): void {
    this.#depth -= 1;
    if (this.#attributeDepth > this.#depth) this.#attributeDepth = 0;
    else if (this.#attributeDepth === 0) this.#closeShown(type);
  }

  none(): void {
    if (this.#attributeDepth > 0) return;
    this.#beginElement(BULK_STRING);
    this.#head(NIL);
    this.#put(NIL);
  }

  scalar(type: number, bytes: Uint8Array, at: number, end: number, lengthBytes: number): void {
    if (this.#attributeDepth > 0) return;
    this.#beginElement(type);
    const isError = type === SIMPLE_ERROR || type === BULK_ERROR;
    const isWanted = this.#roomChars > 0 || this.heads.length < HEADS || isError;
    if (!isWanted) {
      this.isCut = true;
      return;
    }
    const from = type === VERBATIM_STRING ? Math.min(end, at + FORMAT_BYTES) : at;
    const takes = Math.min(end - from, Math.max(this.#roomChars, BRIEF_BYTES));
    const isCut = from + takes - at < lengthBytes;
    this.isCut ||= isCut;
    this.#show(type, isError, this.#textOf(type, bytes, from, from + takes, isCut));
  }

  #show(type: number, isError: boolean, text: string): void {
    const shown = isError ? redactError(text) : text;
    if (isError && this.#elements.length <= 1) this.error ??= shown;
    this.#head(shown);
    if (this.#isSecretNext) this.#put(MARK);
    else this.#put(isError && this.#elements.length > 0 ? `(error) ${shown}` : shown);
    this.#isSecretNext = !this.#isSecretNext && type === BULK_STRING && isSecretParameter(text);
  }

  #textOf(type: number, bytes: Uint8Array, at: number, end: number, isCut: boolean): string {
    if (type === BOOLEAN) return bytes[at] === 0x74 ? 'true' : 'false';
    const isPart = this.#elements.length > 0 && STRINGS.has(type);
    return (isPart ? partText : wholeText)(bytes, at, end, isCut);
  }

  #beginElement(type: number): void {
    const top = this.#elements.length - 1;
    if (top < 0) {
      this.type = type;
      return;
    }
    const index = this.#elements[top] ?? 0;
    this.#elements[top] = index + 1;
    if (index > 0) this.#put(this.#isMap[top] === true && index % 2 === 1 ? ': ' : ', ');
  }

  #head(text: string): void {
    if (this.#elements.length === 1 && this.heads.length < HEADS) this.heads.push(text);
  }

  #closeShown(type: number): void {
    const elements = this.#elements.pop() ?? 0;
    this.#isMap.pop();
    if (this.#elements.length === 0 && this.count === 0) this.count = type === MAP ? elements / 2 : elements;
    this.#put(type === MAP ? '}' : ']');
  }

  #put(text: string): void {
    if (text.length > this.#roomChars) this.isCut = true;
    if (this.#roomChars <= 0) return;
    this.text += text.length > this.#roomChars ? text.slice(0, this.#roomChars) : text;
    this.#roomChars -= text.length;
  }
}
