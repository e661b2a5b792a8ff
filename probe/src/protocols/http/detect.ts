// warm. Whether bytes are HTTP/1.x, and where a message starts. Source: RFC 9112 sections 3 and 4, RFC 9110 section 9.
import type { Detection, Direction } from '../analyzer.ts';
import { Head, isVersion, lineEndOf, readStartLine } from './head.ts';

/** Methods as registered with IANA and as WebDAV, UPnP and common servers know them. */
const METHODS = new Set(
  (
    'GET POST PUT HEAD DELETE OPTIONS PATCH CONNECT TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH ' +
    'MERGE MKACTIVITY CHECKOUT NOTIFY SUBSCRIBE UNSUBSCRIBE M-SEARCH PURGE LINK UNLINK ACL BIND REBIND UNBIND QUERY'
  ).split(' '),
);
const LONGEST_METHOD = 11;
/** A target longer than this, all of it printable, is believed without its end. */
const PLAUSIBLE_TARGET_BYTES = 512;

const head = new Head();

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  return direction === 0 ? detectRequest(bytes) : detectResponse(bytes);
}

function detectRequest(bytes: Uint8Array): Detection {
  const methodEnd = methodEndOf(bytes, 0);
  if (methodEnd < 0) return 'no';
  if (methodEnd === 0) return 'more';
  const end = bytes.indexOf(0x0a);
  if (end >= 0) return readStartLine(bytes, 0, bytes.length, true, head) ? 'yes' : 'no';
  if (!isPrintable(bytes, methodEnd, bytes.length)) return 'no';
  return bytes.length > PLAUSIBLE_TARGET_BYTES ? 'yes' : 'more';
}

function detectResponse(bytes: Uint8Array): Detection {
  const version = Buffer.from('HTTP/1.');
  for (let i = 0; i < Math.min(bytes.length, version.length); i++) if (bytes[i] !== version[i]) return 'no';
  if (bytes.length < 13) return 'more';
  return readStartLine(bytes, 0, bytes.length, false, head) ? 'yes' : 'no';
}

/** @returns where the known method at `at` ends, 0 when the bytes end too soon to tell, -1 when there is none */
function methodEndOf(bytes: Uint8Array, at: number): number {
  for (let i = at; i <= at + LONGEST_METHOD; i++) {
    const byte = bytes[i];
    if (byte === undefined) return i === bytes.length && couldBeMethod(bytes, at, i) ? 0 : -1;
    if (byte === 0x20) return METHODS.has(wordOf(bytes, at, i)) ? i : -1;
    if ((byte < 0x41 || byte > 0x5a) && byte !== 0x2d) return -1;
  }
  return -1;
}

function couldBeMethod(bytes: Uint8Array, at: number, end: number): boolean {
  const start = wordOf(bytes, at, end);
  for (const method of METHODS) if (method.startsWith(start)) return true;
  return false;
}

const wordOf = (bytes: Uint8Array, at: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(at, Math.min(end, at + LONGEST_METHOD)));

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
  return targetAt > lineAt + 1 && methodEndOf(bytes, at) > 0 ? at : -1;
}

const isMethodByte = (byte: number): boolean => (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d;
