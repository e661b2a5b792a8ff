// cold. Words of an SQL text, in whatever dialect. Source: ISO 9075-2 section 5.2, the manuals of MySQL 8.4 (9.1.1),
// PostgreSQL 17 (4.1) and Transact-SQL (constants, delimited identifiers).

/** `mysql`: backslashes escape, # begins a comment, "x" is a string. `standard`: PostgreSQL, MS SQL Server, Oracle. */
export type SqlDialect = 'mysql' | 'standard';

/** `name`: quoted. `mark`: stands for a parameter, ? $1 :name. */
export type TokenKind = 'word' | 'name' | 'string' | 'number' | 'mark' | 'sign' | 'comment' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly at: number;
  readonly end: number;
  /** What lies between the quotes. */
  readonly innerAt: number;
  readonly innerEnd: number;
}

const SPACE = /\s*/y;
const WORD = /[\p{L}_@#][\p{L}\p{N}_$#@]*/uy;
const NUMBER = /0x[0-9a-f]*|\d[\p{L}\p{N}.]*/iuy;
const CAST = /::/y;
const MARK = /\?|\$\d+|:[\p{L}\d_][\p{L}\p{N}_]*/uy;
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const OPERATOR = /[=<>!~|+*/%^&-]+/y;
/** Of MS SQL Server; in PostgreSQL brackets also hold values, but then with quotes or commas. */
const BRACKETED = /\[[^\]'",]{1,128}\]/y;
/** Stand directly before a string and belong to it: N'x' (national), E'x', X'41', _utf8'x'. */
const PREFIX = /(?:[nexbr]|u&|_\w{1,32})'/iy;

const PLAIN: readonly (readonly [TokenKind, RegExp])[] = [
  ['name', BRACKETED],
  ['sign', CAST],
  ['mark', MARK],
  ['word', WORD],
  ['number', NUMBER],
  ['sign', OPERATOR],
];

/** @param opensDollar whether `$tag$` opens a string; otherwise what it holds is read as SQL, as of a DO block
 *  @returns the token at or behind `from` */
export function readToken(sql: string, from: number, dialect: SqlDialect, opensDollar: boolean): Token {
  const at = endOf(SPACE, sql, from);
  const first = sql[at];
  const isMysql = dialect === 'mysql';
  if (first === undefined) return token('end', at, at);
  if (first === "'") return quoted(sql, 'string', at, at, isMysql);
  if (first === '"') return quoted(sql, isMysql ? 'string' : 'name', at, at, isMysql);
  if (first === '`') return quoted(sql, 'name', at, at, false);
  if (first === '$' && !isMysql) return dollar(sql, at, opensDollar);
  if (sql.startsWith('/*', at)) return token('comment', at, indexAfter(sql, '*/', at + 2));
  if (sql.startsWith('--', at) || (isMysql && first === '#')) return token('comment', at, indexAfter(sql, '\n', at));
  const prefix = endOf(PREFIX, sql, at);
  return prefix > at
    ? quoted(sql, 'string', at, prefix - 1, isMysql || first === 'e' || first === 'E')
    : plain(sql, at);
}

function plain(sql: string, at: number): Token {
  for (const [kind, pattern] of PLAIN) {
    const end = endOf(pattern, sql, at);
    if (end > at) return kind === 'name' ? inside(kind, at, end) : token(kind, at, end);
  }
  return token('sign', at, at + 1);
}

function dollar(sql: string, at: number, opens: boolean): Token {
  const mark = endOf(MARK, sql, at);
  if (mark > at) return token('mark', at, mark);
  const innerAt = endOf(DOLLAR_QUOTE, sql, at);
  if (innerAt === at || !opens) return token('sign', at, Math.max(innerAt, at + 1));
  const tag = sql.slice(at, innerAt);
  const close = sql.indexOf(tag, innerAt);
  return close < 0 ? open('string', at, innerAt, sql) : inside('string', at, close + tag.length, tag.length);
}

/** The quote is doubled, or escaped, where it is part of the text.
 *  @param quoteAt where the opening quote is */
function quoted(sql: string, kind: TokenKind, at: number, quoteAt: number, escapes: boolean): Token {
  const quote = sql[quoteAt] ?? '';
  const innerAt = quoteAt + 1;
  for (let end = sql.indexOf(quote, innerAt); end >= 0; end = sql.indexOf(quote, end + 1)) {
    if (escapes && isEscaped(sql, innerAt, end)) continue;
    if (sql[end + 1] !== quote) return { kind, at, end: end + 1, innerAt, innerEnd: end };
    end += 1;
  }
  return open(kind, at, innerAt, sql);
}

function isEscaped(sql: string, innerAt: number, quote: number): boolean {
  let first = quote;
  while (first > innerAt && sql[first - 1] === '\\') first -= 1;
  return (quote - first) % 2 === 1;
}

function endOf(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : at;
}

function indexAfter(sql: string, sign: string, at: number): number {
  const found = sql.indexOf(sign, at);
  return found < 0 ? sql.length : found + sign.length;
}

const token = (kind: TokenKind, at: number, end: number): Token => ({ kind, at, end, innerAt: at, innerEnd: end });

const inside = (kind: TokenKind, at: number, end: number, quoteLength = 1): Token => ({
  kind,
  at,
  end,
  innerAt: at + quoteLength,
  innerEnd: end - quoteLength,
});

/** Not closed: the text was cut. */
const open = (kind: TokenKind, at: number, innerAt: number, sql: string): Token => ({
  kind,
  at,
  end: sql.length,
  innerAt,
  innerEnd: sql.length,
});
