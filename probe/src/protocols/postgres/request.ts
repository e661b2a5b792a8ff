// warm. What becomes a record, with its answer as far as it came.
import type { ServerReport } from './report.ts';

/** Command tags that are kept for the summary: a script has thousands. */
const TAGS_LIMIT = 4;
/** Remarks that are kept: a loop may raise one a row. */
const NOTICES_LIMIT = 8;

/** A request's answer so far. */
export class Answer {
  /** 0 while nothing of it was seen. */
  beginUs = 0;
  endUs = 0;
  bytes = 0;
  /** DataRow messages of the statement that is not complete yet. */
  rowMessages = 0;
  /** Rows of those that are: what CommandComplete counted, or those that passed where it counts none. */
  #counted: number | undefined;
  /** Data streams both ways: what is copied has no rows. */
  isStream = false;
  readonly tags: string[] = [];
  readonly notices: string[] = [];
  noticeBytes = 0;
  error: ServerReport | undefined;
  /** Something of it was lost, so that the first byte seen is not surely its first. */
  beginLost = false;
  /** Nothing more belongs to it. */
  isComplete = false;

  touch(lengthBytes: number, tsUs: number, beginUs: number): void {
    if (this.beginUs === 0) this.beginUs = beginUs;
    this.endUs = tsUs;
    this.bytes += lengthBytes;
  }

  /** What the client got so far; undefined where nothing was counted. */
  get rows(): number | undefined {
    const { rowMessages } = this;
    return rowMessages > 0 ? (this.#counted ?? 0) + rowMessages : this.#counted;
  }

  /** One statement is complete.
   *  @param rows what the tag counts, if it does */
  complete(tag: string, rows: number | undefined): void {
    if (rows !== undefined) this.rowMessages = rows;
    if (rows !== undefined || this.rowMessages > 0) this.#counted = (this.#counted ?? 0) + this.rowMessages;
    this.rowMessages = 0;
    this.#addTag(tag);
  }

  /** Messages of it may be missing here. */
  lose(): void {
    if (this.beginUs === 0) this.beginLost = true;
    this.#addTag('-');
  }

  /** @returns false when there are enough */
  addNotice(text: string): boolean {
    if (this.notices.length >= NOTICES_LIMIT) return false;
    this.notices.push(text);
    this.noticeBytes += text.length;
    return true;
  }

  #addTag(tag: string): void {
    if (this.tags.length < TAGS_LIMIT) this.tags.push(tag);
    else this.tags[TAGS_LIMIT] = tag === '-' || this.tags[TAGS_LIMIT] === '-' ? '-' : '...';
  }
}

export interface Asked {
  /** What it is where it is no statement, as COMMAND says it. */
  readonly command?: string;
  /** Undefined when it is not known. */
  readonly sql?: string | undefined;
  readonly isCut?: boolean;
  /** A portal is run: its own answer ends it, not ReadyForQuery. */
  readonly isPrepared?: boolean;
  /** It is an EXECUTE in SQL: `sql` is what it runs, or, where that is not known, the EXECUTE without its arguments. */
  readonly execute?: 'known' | 'unknown';
  readonly isLogin?: boolean;
  readonly params?: readonly string[] | undefined;
}

/** Messages that prepare a run: Parse, Bind, Describe, and their answers. */
export class Prepared {
  bytes = 0;
  lostBytes = 0;
  beginUs = 0;
  endUs = 0;

  add(lengthBytes: number, tsUs: number, beginUs: number): void {
    if (this.beginUs === 0) this.beginUs = beginUs;
    this.endUs = tsUs;
    this.bytes += lengthBytes;
  }
}

/** A statement that is to be run, or another message that is to be answered. */
export class Request {
  readonly asked: Asked;
  readonly beginUs: number;
  endUs: number;
  /** Of the client. */
  bytes: number;
  lostBytes: number;
  /** What `hold` was asked for. */
  heldBytes = 0;
  readonly answer = new Answer();
  /** The client sends data. */
  isCopyIn = false;
  /** The server passed it over after an error. */
  isSkipped = false;

  /** @param from the messages that asked for it */
  constructor(asked: Asked, from: Prepared) {
    this.asked = asked;
    this.bytes = from.bytes;
    this.lostBytes = from.lostBytes;
    this.beginUs = from.beginUs;
    this.endUs = from.endUs;
  }
}
