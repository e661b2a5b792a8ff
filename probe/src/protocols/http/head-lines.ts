// warm. Reads one header block out of lent bytes into a reused Head.
// Source: RFC 9112 sections 2-5 (lenient where servers are: bare LF, obsolete folding, odd lines are passed over).
import { readLength, readTransferCoding } from './framing.ts';
import { FAULTS, type Head } from './head.ts';
import { CR, isName, LF, lineEndOf, nameOf, nextLine, readNumber, SP, skipSpace, TAB, trimEnd } from './scan.ts';

/** @param from where to look: no block ends before it
 *  @returns whether a header block's end, an empty line, is there */
export function hasBlockEnd(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1];
    if (next === LF || (next === CR && bytes[at + 2] === LF)) return true;
  }
  return false;
}

/** @param at offset where a start line begins
 *  @returns whether one does; the start line's parts are then in `head` */
export function readStartLine(bytes: Uint8Array, at: number, end: number, isRequest: boolean, head: Head): boolean {
  const lineEnd = lineEndOf(bytes, at, end);
  head.linesAt = nextLine(bytes, lineEnd);
  return isRequest ? readRequestLine(bytes, at, lineEnd, head) : readStatusLine(bytes, at, lineEnd, head);
}

/** Blanks may be doubled, and stand at the end. A client may claim a later version; how it writes is HTTP/1 all the same.
 *  Source: RFC 9112 section 3. */
function readRequestLine(bytes: Uint8Array, at: number, lineEnd: number, head: Head): boolean {
  const version = trimEnd(bytes, at, lineEnd) - 8;
  if (version < at + 4 || bytes[version - 1] !== SP || !isClaim(bytes, at, version)) return false;
  const methodEnd = bytes.indexOf(SP, at);
  if (methodEnd <= at || methodEnd >= version - 2) return false;
  head.methodEnd = methodEnd;
  head.targetAt = skipSpace(bytes, methodEnd, version);
  head.targetEnd = trimEnd(bytes, head.targetAt, version);
  if (head.targetEnd === head.targetAt) return false;
  head.major = (bytes[version + 5] ?? 0) - 0x30;
  head.minor = (bytes[version + 7] ?? 0) - 0x30;
  return true;
}

/** The preface of HTTP/2 is made to look like a request. Source: RFC 9113 section 3.4. */
function isClaim(bytes: Uint8Array, at: number, version: number): boolean {
  if (isVersion(bytes, version)) return true;
  const major = bytes[version + 5];
  const isPreface = bytes[at] === 0x50 && bytes[at + 1] === 0x52 && bytes[at + 2] === 0x49 && bytes[at + 3] === SP;
  return (major === 0x32 || major === 0x33) && isVersionOf(bytes, version, major) && !isPreface;
}

/** Source: RFC 9112 section 4. */
function readStatusLine(bytes: Uint8Array, at: number, lineEnd: number, head: Head): boolean {
  if (lineEnd < at + 12 || !isVersion(bytes, at) || bytes[at + 8] !== SP) return false;
  head.status = readNumber(bytes, at + 9, at + 12);
  head.minor = (bytes[at + 7] ?? 0) - 0x30;
  return head.status >= 100 && (lineEnd === at + 12 || bytes[at + 12] === SP);
}

/** @returns whether `HTTP/1.` and a digit stand at `at` */
export const isVersion = (bytes: Uint8Array, at: number): boolean => isVersionOf(bytes, at, 0x31);

function isVersionOf(bytes: Uint8Array, at: number, major: number): boolean {
  const minor = bytes[at + 7] ?? 0;
  return (
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f &&
    bytes[at + 5] === major &&
    bytes[at + 6] === 0x2e &&
    minor >= 0x30 &&
    minor <= 0x39
  );
}

/** Reads the header lines from `head.linesAt` on.
 *  @returns whether the block is complete; its end is then in `head` */
export function readLines(bytes: Uint8Array, head: Head): boolean {
  let at = head.linesAt;
  head.linesEnd = at;
  for (;;) {
    const newline = bytes.indexOf(LF, at);
    if (newline < 0) return false;
    const lineEnd = newline > at && bytes[newline - 1] === CR ? newline - 1 : newline;
    if (lineEnd === at) {
      head.end = newline + 1;
      return true;
    }
    const fieldEnd = wrappedEnd(bytes, newline);
    if (fieldEnd < 0) return false;
    if (fieldEnd !== newline) head.faults |= FAULTS.wrapped_header;
    head.linesEnd = fieldEnd === newline ? lineEnd : fieldEnd;
    readLine(bytes, at, head.linesEnd, head);
    at = bytes.indexOf(LF, fieldEnd) + 1;
  }
}

/** A line that begins with a blank goes on with the one before. Source: RFC 9112 section 5.2.
 *  @param newline the LF of a line
 *  @returns where the field ends; `newline` when it is not wrapped, -1 when more must be seen */
function wrappedEnd(bytes: Uint8Array, newline: number): number {
  let end = newline;
  for (let last = newline; bytes[last + 1] === SP || bytes[last + 1] === TAB; ) {
    const next = bytes.indexOf(LF, last + 1);
    if (next < 0) return -1;
    end = bytes[next - 1] === CR ? next - 1 : next;
    last = next;
  }
  return end;
}

/** Lengths of the names that matter tell most other lines apart without a comparison. */
function readLine(bytes: Uint8Array, at: number, lineEnd: number, head: Head): void {
  switch (nameLength(bytes, at, lineEnd, head)) {
    case 4:
      if (isName(bytes, at, HOST)) {
        if (head.hostEnd > 0) head.faults |= FAULTS.two_hosts;
        head.hostAt = skipSpace(bytes, at + 5, lineEnd);
        head.hostEnd = lineEnd;
      }
      return;
    case 6:
      if (isName(bytes, at, EXPECT)) head.expects = true;
      return;
    case 7:
      if (isName(bytes, at, UPGRADE)) {
        head.upgradeAt = skipSpace(bytes, at + 8, lineEnd);
        head.upgradeEnd = lineEnd;
      }
      return;
    case 9:
      if (isName(bytes, at, FORWARDED)) {
        head.forwardedAt = skipSpace(bytes, at + 10, lineEnd);
        head.forwardedEnd = lineEnd;
      }
      return;
    case 10:
      if (isName(bytes, at, USER_AGENT)) {
        head.agentAt = skipSpace(bytes, at + 11, lineEnd);
        head.agentEnd = lineEnd;
      }
      return;
    case 11:
      if (isName(bytes, at, TRACEPARENT)) {
        head.traceAt = skipSpace(bytes, at + 12, lineEnd);
        head.traceEnd = lineEnd;
      }
      return;
    case 12:
      if (isName(bytes, at, CONTENT_TYPE)) {
        head.typeAt = skipSpace(bytes, at + 13, lineEnd);
        head.typeEnd = lineEnd;
      }
      return;
    case 14:
      if (isName(bytes, at, CONTENT_LENGTH)) readLength(bytes, at + 15, lineEnd, head);
      return;
    case 15:
      if (isName(bytes, at, X_FORWARDED_FOR)) {
        head.forAt = skipSpace(bytes, at + 16, lineEnd);
        head.forEnd = lineEnd;
      }
      return;
    case 16:
      if (isName(bytes, at, CONTENT_ENCODING)) {
        head.codingAt = skipSpace(bytes, at + 17, lineEnd);
        head.codingEnd = lineEnd;
      }
      return;
    case 17:
      if (isName(bytes, at, TRANSFER_ENCODING)) readTransferCoding(bytes, at + 18, lineEnd, head);
  }
}

const LONGEST_NAME = 17;

/** Some servers pass over a blank in or behind a name, others refuse it. Source: RFC 9112 section 5.1.
 *  @returns 0 for a name longer than those that matter */
function nameLength(bytes: Uint8Array, at: number, lineEnd: number, head: Head): number {
  const end = Math.min(lineEnd, at + LONGEST_NAME + 2);
  for (let i = at; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0x3a) return i - at;
    if (byte > SP) continue;
    head.faults |= FAULTS.odd_header;
    return 0;
  }
  if (end === lineEnd) head.faults |= FAULTS.odd_header;
  return 0;
}

const HOST = nameOf('Host');
const EXPECT = nameOf('Expect');
const UPGRADE = nameOf('Upgrade');
const FORWARDED = nameOf('Forwarded');
const USER_AGENT = nameOf('User-Agent');
const TRACEPARENT = nameOf('Traceparent');
const CONTENT_TYPE = nameOf('Content-Type');
const CONTENT_LENGTH = nameOf('Content-Length');
const X_FORWARDED_FOR = nameOf('X-Forwarded-For');
const CONTENT_ENCODING = nameOf('Content-Encoding');
const TRANSFER_ENCODING = nameOf('Transfer-Encoding');
