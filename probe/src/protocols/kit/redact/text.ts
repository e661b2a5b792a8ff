// cold. Hides the values of secret names in text of any kind: JSON, YAML, XML, `name=value`, addresses with a password.
//
// It looks at each `:`, `=` and `<` and decides by what stands before and behind it, without following the grammar of
// what it is in: the text may be cut anywhere, and be of several kinds at once. Where it is not known where a value ends,
// more is hidden rather than less. It never looks at a character more than a few times.
import { Rewrite, type Secrets } from './rewrite.ts';

const SIGNS = /[:=<]/g;

/** @returns the text, secrets replaced */
export function redactText(text: string, secrets: Secrets): string {
  const rewrite = new Rewrite(text, secrets);
  for (let at = next(SIGNS, text, 0); at < text.length; ) {
    const end = text[at] === '<' ? hideElement(text, at, secrets, rewrite) : hideValue(text, at, secrets, rewrite);
    at = next(SIGNS, text, end);
  }
  return rewrite.finish();
}

/** @returns where the pattern matches at or after `at`; the text's length when nowhere */
function next(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - 1 : text.length;
}

/** @param at of `:` or `=`
 *  @returns where to go on */
function hideValue(text: string, at: number, secrets: Secrets, rewrite: Rewrite): number {
  if (text.startsWith('://', at)) return hideUserInfo(text, at + 3, rewrite);
  let end = at;
  while (isBlank(text.charCodeAt(end - 1))) end -= 1;
  const isQuoted = isQuote(text[end - 1]);
  if (isQuoted) end = beforeQuote(text, end - 1);
  const start = nameStart(text, end);
  if (start === end) return at + 1;
  const name = text.slice(start, end);
  const from = valueStart(text, at + 1, isQuoted);
  const value = secrets.has(name) ? from : siblingValue(text, name, from, secrets);
  return value < 0 ? at + 1 : hideAt(text, value, text[at] === ':', isQuoted, rewrite);
}

const SAYS_NAME = /^(?:name|key|field|variable)$/i;
const NAME_IN_QUOTES = /[\\"'`]{0,8}([^\s\\"'`,;]{1,64})/y;
const VALUE_BESIDE = /[\\"'`]{0,8}[\s,;]{0,200}[\\"'`]{0,8}value[\\"'`]{0,8}\s{0,8}[:=]\s{0,8}/iy;

/** The secret of `{"name":"password","value":"x"}`, `<add key="password" value="x"/>` and the like in YAML.
 *  @param from where the value of `name` begins
 *  @returns where the value that belongs to it begins; -1 when it is no such pair, or no secret's */
function siblingValue(text: string, name: string, from: number, secrets: Secrets): number {
  if (!SAYS_NAME.test(name)) return -1;
  NAME_IN_QUOTES.lastIndex = from;
  const secretName = NAME_IN_QUOTES.exec(text)?.[1];
  if (secretName === undefined || !secrets.has(secretName)) return -1;
  VALUE_BESIDE.lastIndex = NAME_IN_QUOTES.lastIndex;
  return VALUE_BESIDE.test(text) ? VALUE_BESIDE.lastIndex : -1;
}

/** Also behind `==`, `:=` and `=>`. A quoted name's value may stand on the next line. */
function valueStart(text: string, at: number, isQuoted: boolean): number {
  let start = at;
  while (text[start] === '=' || text[start] === '>') start += 1;
  while (isBlank(text.charCodeAt(start)) || (isQuoted && /[\r\n]/.test(text[start] ?? ''))) start += 1;
  return start;
}

const CLOSES_QUOTED = /[,}\]\s]/g;
const CLOSES_LINE = /[\r\n"<]/g;
const CLOSES_WORD = /[\s&"'<>]/g;

/** @param at where the value begins */
function hideAt(text: string, at: number, isColon: boolean, isQuoted: boolean, rewrite: Rewrite): number {
  const quote = afterBackslashes(text, at);
  if (isQuote(text[quote])) {
    const end = closingQuote(text, quote + 1, text[quote] ?? '', quote - at);
    rewrite.hide(quote + 1, end);
    return end;
  }
  if (isColon && (text[at] === '{' || text[at] === '[')) {
    const end = closingBracket(text, at);
    rewrite.hide(at, end, '"[redacted]"');
    return end;
  }
  const end = next(isQuoted ? CLOSES_QUOTED : isColon ? CLOSES_LINE : CLOSES_WORD, text, at);
  const isNothing = isQuoted && /^(?:null|true|false)$/.test(text.slice(at, Math.min(end, at + 6)));
  if (!isNothing) rewrite.hide(at, end, isQuoted ? '"[redacted]"' : undefined);
  return end;
}

/** `"x"` inside a JSON text, `\"x\"` where that is inside a string of another, and so on: a quote of the same depth.
 *  @param at behind the opening quote
 *  @param depth backslashes before the opening quote
 *  @returns where the closing quote, with its backslashes, begins; the text's length without one */
function closingQuote(text: string, at: number, quote: string, depth: number): number {
  for (let end = text.indexOf(quote, at); end >= 0; end = text.indexOf(quote, end + 1)) {
    let first = end;
    while (first > at && text[first - 1] === '\\') first -= 1;
    if ((end - first) % (2 * (depth + 1)) === depth) return end - depth;
  }
  return text.length;
}

const BRACKETS = /["{}[\]]/g;

function closingBracket(text: string, at: number): number {
  let depth = 0;
  for (let sign = at; sign < text.length; sign = next(BRACKETS, text, sign)) {
    if (text[sign] === '"') sign = closingQuote(text, sign + 1, '"', 0);
    else depth += text[sign] === '{' || text[sign] === '[' ? 1 : -1;
    sign += 1;
    if (depth === 0) return sign;
  }
  return text.length;
}

const CLOSES_AUTHORITY = /[\s/?#"'<>\\]/g;
const PORT_DIGITS = 5;

/** The password of `scheme://user:password@host`; where the text ends before the `@`, what may be one.
 *  @param at behind `://` */
function hideUserInfo(text: string, at: number, rewrite: Rewrite): number {
  const end = next(CLOSES_AUTHORITY, text, at);
  const authority = text.slice(at, end);
  const colon = authority.indexOf(':');
  const sign = authority.lastIndexOf('@');
  if (colon < 0) return end;
  if (sign > colon) rewrite.hide(at + colon + 1, at + sign);
  else if (end === text.length && sign < 0 && !isPort(authority.slice(colon + 1))) rewrite.hide(at + colon + 1, end);
  return end;
}

const isPort = (text: string): boolean => text.length <= PORT_DIGITS && /^\d*$/.test(text);

const TAG_NAME_ENDS = /[\s/<>]/g;
const ANGLES = /[<>]/g;
const CDATA = '<![CDATA[';

/** The text of `<name …>text</name>`.
 *  @param at of `<` */
function hideElement(text: string, at: number, secrets: Secrets, rewrite: Rewrite): number {
  const nameEnd = next(TAG_NAME_ENDS, text, at + 1);
  const name = text.slice(at + 1, nameEnd);
  if (name === '' || !secrets.has(name.slice(name.lastIndexOf(':') + 1))) return at + 1;
  const tagEnd = next(ANGLES, text, nameEnd);
  if (text[tagEnd] !== '>' || text[tagEnd - 1] === '/') return tagEnd;
  const isCdata = text.startsWith(CDATA, tagEnd + 1);
  const close = isCdata ? text.indexOf(']]>', tagEnd) : text.indexOf('<', tagEnd);
  const end = close < 0 ? text.length : close;
  rewrite.hide(tagEnd + 1 + (isCdata ? CDATA.length : 0), end);
  return end;
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const isQuote = (character: string | undefined): boolean => character === '"' || character === "'" || character === '`';

function beforeQuote(text: string, at: number): number {
  let end = at;
  while (text[end - 1] === '\\') end -= 1;
  return end;
}

function afterBackslashes(text: string, at: number): number {
  let end = at;
  while (text[end] === '\\') end += 1;
  return end;
}

function nameStart(text: string, end: number): number {
  let start = end;
  while (start > 0 && isOfName(text.charCodeAt(start - 1))) start -= 1;
  return start;
}

/** Letters, digits and `_ - . $ @ % [ ] \`. */
function isOfName(code: number): boolean {
  if ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) return true;
  if ((code >= 0x30 && code <= 0x39) || code >= 0x80) return true;
  return '_-.$@%[]\\'.includes(String.fromCharCode(code));
}
