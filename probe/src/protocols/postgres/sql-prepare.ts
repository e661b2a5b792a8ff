// cold. PREPARE, EXECUTE, DEALLOCATE and DISCARD where SQL text says them.
// Source: PostgreSQL documentation, "SQL Commands"; its chapter "Lexical Structure" for names.
import { readToken, type Token } from '../kit/redact/sql-tokens.ts';

/** One of these. A text may say several, between other statements. */
export interface Saying {
  readonly verb: 'PREPARE' | 'EXECUTE' | 'DEALLOCATE';
  /** Undefined for DEALLOCATE ALL, and DISCARD ALL, which does the same. */
  readonly name: string | undefined;
  /** Where the prepared statement stands, or the arguments of EXECUTE with their parentheses; nothing otherwise. */
  readonly at: number;
  readonly end: number;
  readonly args: readonly string[];
  /** What stands before EXECUTE: `EXPLAIN ANALYZE `, as a rule nothing. */
  readonly lead: string;
}

export interface Sayings {
  readonly found: readonly Saying[];
  /** The text is this one statement, and nothing else. */
  readonly isAlone: boolean;
  /** So much of the text was read: less than all where it says too many. */
  readonly endsAt: number;
}

/** Read of one text at most: scripts prepare a handful. */
const SAYINGS_LIMIT = 64;
const HINT = /\b(?:prepare|execute|deallocate|discard)\b/i;

/** @param sql perhaps cut at its end */
export function findSayings(sql: string): Sayings {
  if (!HINT.test(sql)) return { found: [], isAlone: false, endsAt: sql.length };
  const walk = new Walk(sql);
  const found: Saying[] = [];
  let statements = 0;
  while (walk.token.kind !== 'end') {
    if (found.length === SAYINGS_LIMIT) return { found, isAlone: false, endsAt: walk.token.at };
    const saying = readSaying(walk);
    if (saying !== undefined) found.push(saying);
    if (saying !== undefined || !walk.is(';')) statements += 1;
    walk.passStatement();
  }
  return { found, isAlone: found.length === 1 && statements === 1, endsAt: sql.length };
}

/** @returns the text without the arguments of EXECUTE: which of them are secrets only the prepared text says */
export function withoutArguments(sql: string, found: readonly Saying[]): string {
  let text = '';
  let at = 0;
  for (const { verb, at: from, end } of found) {
    if (verb !== 'EXECUTE' || from === end) continue;
    text += sql.slice(at, from).trimEnd();
    at = end;
  }
  return text + sql.slice(at);
}

/** Goes through the tokens of a text, past comments. */
class Walk {
  readonly sql: string;
  token: Token;
  #depth = 0;

  constructor(sql: string) {
    this.sql = sql;
    this.token = readToken(sql, 0, 'standard', true);
    if (this.token.kind === 'comment') this.next();
  }

  next(): void {
    if (this.is('(') || this.is('[')) this.#depth += 1;
    if (this.is(')') || this.is(']')) this.#depth -= 1;
    do this.token = readToken(this.sql, this.token.end, 'standard', true);
    while (this.token.kind === 'comment');
  }

  /** Whether this is the token, a sign or a word in capitals. */
  is(text: string): boolean {
    const { kind, at, end } = this.token;
    return (kind === 'sign' || kind === 'word') && this.sql.slice(at, end).toUpperCase() === text;
  }

  /** Passes the word if it is there. */
  take(text: string): boolean {
    const isThere = this.is(text);
    if (isThere) this.next();
    return isThere;
  }

  /** @returns the name that stands here, folded as the server folds it; undefined when there is none */
  takeName(): string | undefined {
    const { kind, at, innerAt, innerEnd } = this.token;
    const isQuoted = kind === 'name' && this.sql[at] === '"';
    if (kind !== 'word' && !isQuoted) return undefined;
    const text = this.sql.slice(innerAt, innerEnd);
    this.next();
    return isQuoted ? text.replaceAll('""', '"') : text.replace(/[A-Z]+/g, capitals => capitals.toLowerCase());
  }

  get isAtEnd(): boolean {
    return this.token.kind === 'end' || (this.#depth <= 0 && this.is(';'));
  }

  /** Goes on behind the statement's `;`. */
  passStatement(): void {
    this.toEnd();
    this.next();
    this.#depth = 0;
  }

  /** @returns where the statement ends */
  toEnd(): number {
    while (!this.isAtEnd) this.next();
    return this.token.at;
  }

  /** From `(` to behind its `)`; of what stands between, where each part begins and ends. */
  passList(): readonly (readonly [first: Token, last: Token])[] {
    const parts: [Token, Token][] = [];
    const outside = this.#depth;
    this.next();
    for (let begins = true; this.#depth > outside && this.token.kind !== 'end'; this.next()) {
      const isOver = this.is(')') && this.#depth === outside + 1;
      const isComma = this.is(',') && this.#depth === outside + 1;
      if (begins && !isComma && !isOver) parts.push([this.token, this.token]);
      const last = parts.at(-1);
      if (last !== undefined && !isComma && !isOver) last[1] = this.token;
      begins = isComma;
    }
    return parts;
  }
}

/** @returns undefined when the statement is another one */
function readSaying(walk: Walk): Saying | undefined {
  if (walk.take('PREPARE')) return readPrepare(walk);
  const { at } = walk.token;
  if (walk.take('EXPLAIN')) passOptions(walk);
  const lead = walk.sql.slice(at, walk.token.at);
  if (walk.take('EXECUTE')) return readExecute(walk, lead);
  if (walk.take('DISCARD')) return walk.is('ALL') ? deallocate(walk, undefined) : undefined;
  return walk.take('DEALLOCATE') ? readDeallocate(walk) : undefined;
}

/** Of EXPLAIN. */
function passOptions(walk: Walk): void {
  if (walk.is('(')) walk.passList();
  while (walk.take('ANALYZE') || walk.take('VERBOSE'));
}

function readPrepare(walk: Walk): Saying | undefined {
  const name = walk.takeName();
  if (name !== undefined && walk.is('(')) walk.passList();
  const { end: at } = walk.token;
  if (name === undefined || !walk.take('AS')) return undefined;
  return { verb: 'PREPARE', name, at, end: walk.toEnd(), args: [], lead: '' };
}

function readExecute(walk: Walk, lead: string): Saying | undefined {
  const name = walk.takeName();
  if (name === undefined) return undefined;
  const { at } = walk.token;
  const parts = walk.is('(') ? walk.passList() : [];
  const saying: Saying = {
    verb: 'EXECUTE',
    name,
    at,
    end: walk.token.at,
    args: parts.map(part => argument(walk, part)),
    lead,
  };
  return walk.isAtEnd ? saying : undefined;
}

function readDeallocate(walk: Walk): Saying | undefined {
  const isWord = walk.take('PREPARE');
  if (walk.is('ALL')) return deallocate(walk, undefined);
  const name = walk.takeName() ?? (isWord ? 'prepare' : undefined);
  return name === undefined ? undefined : deallocate(walk, name);
}

const deallocate = ({ token: { at } }: Walk, name: string | undefined): Saying => ({
  verb: 'DEALLOCATE',
  name,
  at,
  end: at,
  args: [],
  lead: '',
});

/** A plain string without its quotes, anything else as it was written. */
function argument({ sql }: Walk, [first, last]: readonly [Token, Token]): string {
  if (first === last && first.kind === 'string' && sql[first.at] === "'")
    return sql.slice(first.innerAt, first.innerEnd).replaceAll("''", "'");
  const text = sql.slice(first.at, last.end);
  return /^null$/i.test(text) ? 'NULL' : text;
}
