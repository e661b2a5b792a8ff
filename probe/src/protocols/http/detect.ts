// warm. Whether bytes are HTTP/1.x, and where a message starts. Source: RFC 9112 sections 3 and 4, RFC 9110 section 9.
import type { Detection, Direction } from '../analyzer.ts';
import { latin1 } from '../kit/text.ts';
import { Head } from './head.ts';
import { isVersion, readStartLine } from './head-lines.ts';
import { lineEndOf } from './scan.ts';

/** Methods as registered with IANA and as UPnP and common servers know them: believed before their line has ended. */
const METHODS = new Set(
  (
    'GET POST PUT HEAD DELETE OPTIONS PATCH CONNECT TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH ' +
    'MERGE MKACTIVITY CHECKOUT NOTIFY SUBSCRIBE UNSUBSCRIBE M-SEARCH PURGE LINK UNLINK ACL BIND REBIND UNBIND QUERY ' +
    'MKCALENDAR ORDERPATCH UPDATE LABEL CHECKIN UNCHECKOUT MKWORKSPACE VERSION-CONTROL BASELINE-CONTROL ' +
    'MKREDIRECTREF UPDATEREDIRECTREF'
  ).split(' '),
);
const LONGEST_METHOD = 17;
/** Of a method that we do not know; what is longer is rather some other protocol's text. */
const LONGEST_TOKEN = 24;
/** Two empty lines before the request: some clients end a body with one that it does not count. */
const MOST_EMPTY_BYTES = 4;
const OTHER_TOKEN_BYTES = Buffer.from("!#$%&'*+-.^_`|~");
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
/** A target longer than this, all of it printable, is believed without its end. */
const PLAUSIBLE_TARGET_BYTES = 512;

const head = new Head();

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  return direction === 0 ? detectRequest(bytes) : detectResponse(bytes);
}

function detectRequest(bytes: Uint8Array): Detection {
  const at = afterEmptyLines(bytes);
  const tokenEnd = tokenEndOf(bytes, at);
  if (tokenEnd < 0) return 'no';
  if (tokenEnd === bytes.length) return 'more';
  if (bytes.indexOf(LF, at) >= 0) return readStartLine(bytes, at, bytes.length, true, head) ? 'yes' : 'no';
  if (!isPrintable(bytes, tokenEnd, bytes.length)) return 'no';
  if (bytes.length <= PLAUSIBLE_TARGET_BYTES) return 'more';
  return METHODS.has(latin1(bytes, at, tokenEnd)) ? 'yes' : 'no';
}

/** Source: RFC 9112 section 2.2. */
function afterEmptyLines(bytes: Uint8Array): number {
  let at = 0;
  while (at < MOST_EMPTY_BYTES && (bytes[at] === CR || bytes[at] === LF)) at++;
  return at;
}

/** Servers know methods that nobody registered; the end of the line tells.
 *  @returns where the token at `at` ends, -1 when there is none that a blank ends, or it is too long
 *  Source: RFC 9110, sections 5.6.2 and 9.1 */
function tokenEndOf(bytes: Uint8Array, at: number): number {
  const limit = Math.min(bytes.length, at + LONGEST_TOKEN);
  let end = at;
  while (end < limit && isTokenByte(bytes[end] ?? 0)) end++;
  if (end === bytes.length) return end;
  return end > at && bytes[end] === SP ? end : -1;
}

const isTokenByte = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x30 && byte <= 0x39) ||
  OTHER_TOKEN_BYTES.includes(byte);

function detectResponse(bytes: Uint8Array): Detection {
  if (isOtherAnswer(bytes)) return 'more';
  const version = Buffer.from('HTTP/1.');
  for (let i = 0; i < Math.min(bytes.length, version.length); i++) if (bytes[i] !== version[i]) return 'no';
  if (bytes.length < 13) return 'more';
  return readStartLine(bytes, 0, bytes.length, false, head) ? 'yes' : 'no';
}

/** What a server that speaks HTTP/2 or TLS only says to a request of HTTP/1: the request was one all the same.
 *  Source: RFC 9113 section 6.5 (SETTINGS), RFC 8446 section 6 (alert) */
function isOtherAnswer(bytes: Uint8Array): boolean {
  const isSettings = bytes[0] === 0 && bytes[3] === 4 && bytes[4] === 0 && [5, 6, 7, 8].every(at => bytes[at] === 0);
  const isAlert = bytes[0] === 0x15 && bytes[1] === 3 && bytes[3] === 0 && bytes[4] === 2;
  return isSettings || isAlert;
}

/** @returns whether a known method, and a blank, stand at `at` */
function isMethod(bytes: Uint8Array, at: number): boolean {
  const end = bytes.indexOf(SP, at);
  return end > at && end - at <= LONGEST_METHOD && METHODS.has(latin1(bytes, at, end));
}

/** CR is let pass: the line's end may be cut between CR and LF. */
function isPrintable(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 && !(byte === 0x0d && i === end - 1)) return false;
  }
  return true;
}

/** Looks for a whole start line, at the start of the bytes or behind whatever a lost message left. */
export function resync(direction: Direction, bytes: Uint8Array): number {
  return direction === 0 ? findRequest(bytes) : findResponse(bytes);
}

function findResponse(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x48); at >= 0; at = bytes.indexOf(0x48, at + 1)) {
    if (!isVersion(bytes, at)) continue;
    const lineEnd = lineEndOf(bytes, at, bytes.length);
    if (lineEnd < bytes.length && readStartLine(bytes, at, bytes.length, false, head)) return at;
  }
  return -1;
}

/** A request line is known by its end, ` HTTP/1.x`; its method is the capital letters before the target. */
function findRequest(bytes: Uint8Array): number {
  for (let lineAt = 0; lineAt < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, lineAt);
    if (newline < 0) return -1;
    const at = requestInLine(bytes, lineAt, lineEndOf(bytes, lineAt, bytes.length));
    if (at >= 0) return at;
    lineAt = newline + 1;
  }
  return -1;
}

function requestInLine(bytes: Uint8Array, lineAt: number, lineEnd: number): number {
  const version = lineEnd - 8;
  if (version <= lineAt || !isVersion(bytes, version) || bytes[version - 1] !== 0x20) return -1;
  const targetAt = bytes.lastIndexOf(0x20, version - 2) + 1;
  let at = targetAt - 1;
  while (at > lineAt && isMethodByte(bytes[at - 1] ?? 0)) at--;
  return targetAt > lineAt + 1 && isMethod(bytes, at) ? at : -1;
}

const isMethodByte = (byte: number): boolean => (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d;
