// warm. Reads one header block out of lent bytes into a reused Head: offsets only, no strings.
// Source: RFC 9112 sections 2-6 (lenient where servers are: bare LF, obsolete folding, odd lines are passed over).

/** A header block larger than this is no HTTP of any server in use (nginx 8 KiB, Node 16 KiB, Apache 8 KiB a line). */
export const HEAD_LIMIT_BYTES = 64 * 1024;

/** No length given; given, but not to be trusted. */
export const NO_LENGTH = -1;
export const BAD_LENGTH = -2;

/** What is wrong with a block in a way that two servers may read differently, so that one of them can be made to see a
 *  request where the other sees a body ("request smuggling"). Bits of {@link Head.faults}; names are values of ERR. */
export const FAULTS = {
  both_lengths: 1,
  bad_length: 2,
  bad_transfer_coding: 4,
  odd_header: 8,
  wrapped_header: 16,
  two_hosts: 32,
} as const;
/** Those that leave the end of the message in doubt. */
export const FRAMING_FAULTS = FAULTS.two_hosts - 1;

/** Offsets count from the start of the bytes that were read; an `…End` of 0 means that the part is not there. */
export class Head {
  /** First byte after the block; 0 when it is not complete. */
  end = 0;
  /** Header lines without the start line and without the empty line at the end. */
  linesAt = 0;
  linesEnd = 0;
  /** The request's method ends here; its target lies between the other two. */
  methodEnd = 0;
  targetAt = 0;
  targetEnd = 0;
  /** 0 in a request. */
  status = 0;
  /** Minor version: HTTP/1.x. */
  minor = 1;
  lengthBytes = NO_LENGTH;
  chunked = false;
  /** Transfer-Encoding is there. */
  transferCoded = false;
  /** The request's body may never come: it waits for leave to be sent. */
  expects = false;
  faults = 0;
  /** Values of single headers. */
  hostAt = 0;
  hostEnd = 0;
  agentAt = 0;
  agentEnd = 0;
  typeAt = 0;
  typeEnd = 0;
  codingAt = 0;
  codingEnd = 0;
  /** Transfer codings before `chunked`. */
  transferAt = 0;
  transferEnd = 0;
  upgradeAt = 0;
  upgradeEnd = 0;
  forwardedAt = 0;
  forwardedEnd = 0;
  forAt = 0;
  forEnd = 0;
  traceAt = 0;
  traceEnd = 0;

  clear(): void {
    this.end = 0;
    this.status = 0;
    this.minor = 1;
    this.lengthBytes = NO_LENGTH;
    this.chunked = false;
    this.transferCoded = false;
    this.expects = false;
    this.faults = 0;
    this.transferEnd = 0;
    this.upgradeEnd = 0;
    this.hostEnd = 0;
    this.agentEnd = 0;
    this.typeEnd = 0;
    this.codingEnd = 0;
    this.forwardedEnd = 0;
    this.forEnd = 0;
    this.traceEnd = 0;
  }
}

const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const TAB = 0x09;
const COMMA = 0x2c;

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

/** Blanks may be doubled, and stand at the end. Source: RFC 9112 section 3. */
function readRequestLine(bytes: Uint8Array, at: number, lineEnd: number, head: Head): boolean {
  const version = trimEnd(bytes, at, lineEnd) - 8;
  if (version < at + 4 || bytes[version - 1] !== SP || !isVersion(bytes, version)) return false;
  const methodEnd = bytes.indexOf(SP, at);
  if (methodEnd <= at || methodEnd >= version - 2) return false;
  head.methodEnd = methodEnd;
  head.targetAt = skipSpace(bytes, methodEnd, version);
  head.targetEnd = trimEnd(bytes, head.targetAt, version);
  if (head.targetEnd === head.targetAt) return false;
  head.minor = (bytes[version + 7] ?? 0) - 0x30;
  return true;
}

/** Source: RFC 9112 section 4. */
function readStatusLine(bytes: Uint8Array, at: number, lineEnd: number, head: Head): boolean {
  if (lineEnd < at + 12 || !isVersion(bytes, at) || bytes[at + 8] !== SP) return false;
  head.status = readNumber(bytes, at + 9, at + 12);
  head.minor = (bytes[at + 7] ?? 0) - 0x30;
  return head.status >= 100 && (lineEnd === at + 12 || bytes[at + 12] === SP);
}

/** @returns whether `HTTP/1.` and a digit stand at `at` */
export function isVersion(bytes: Uint8Array, at: number): boolean {
  const minor = bytes[at + 7] ?? 0;
  return (
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f &&
    bytes[at + 5] === 0x31 &&
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

const nameOf = (text: string): Uint8Array => Buffer.from(text.toLowerCase(), 'latin1');
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
const CHUNKED = nameOf('chunked');

/** Letters compare without case; the hyphen has the bit set already. */
function isName(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (((bytes[at + i] ?? 0) | 0x20) !== name[i]) return false;
  return true;
}

/** A list that says the same again and again is one length. Servers may refuse such a request, clients take the answer.
 *  Source: RFC 9112 section 6.3 */
function readLength(bytes: Uint8Array, at: number, lineEnd: number, head: Head): void {
  for (let itemAt = at; itemAt <= lineEnd; ) {
    let itemEnd = itemAt;
    while (itemEnd < lineEnd && bytes[itemEnd] !== COMMA) itemEnd++;
    const first = skipSpace(bytes, itemAt, itemEnd);
    const value = readNumber(bytes, first, trimEnd(bytes, first, itemEnd));
    const differs = head.lengthBytes !== NO_LENGTH && head.lengthBytes !== value;
    head.lengthBytes = value < 0 || differs ? BAD_LENGTH : value;
    itemAt = itemEnd + 1;
    if (itemEnd < lineEnd && head.status === 0) head.faults |= FAULTS.bad_length;
  }
  if (head.lengthBytes === BAD_LENGTH) head.faults |= FAULTS.bad_length;
  if (head.transferCoded) head.faults |= FAULTS.both_lengths;
}

/** Chunked counts when it is the last coding, and there once. Source: RFC 9112 section 6.1. */
function readTransferCoding(bytes: Uint8Array, at: number, lineEnd: number, head: Head): void {
  const first = skipSpace(bytes, at, lineEnd);
  const end = trimEnd(bytes, first, lineEnd);
  const last = end - CHUNKED.length;
  if (head.transferCoded || head.minor === 0 || !endsInCoding(bytes, first, last))
    head.faults |= FAULTS.bad_transfer_coding;
  if (head.lengthBytes !== NO_LENGTH) head.faults |= FAULTS.both_lengths;
  head.transferCoded = true;
  head.chunked = last >= first && isName(bytes, last, CHUNKED);
  head.transferAt = first;
  head.transferEnd = head.chunked ? Math.max(first, last) : end;
}

/** @param last where `chunked` begins */
function endsInCoding(bytes: Uint8Array, first: number, last: number): boolean {
  const before = bytes[last - 1] ?? 0;
  return last === first || (last > first && (before === COMMA || before === SP || before === TAB));
}

/** @returns the decimal number between the offsets, or -1 when it is none or larger than 2^53 */
function readNumber(bytes: Uint8Array, at: number, end: number): number {
  if (end <= at || end - at > 15) return -1;
  let value = 0;
  for (let i = at; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** @returns where the line that holds `at` ends, its CR and LF left out */
export function lineEndOf(bytes: Uint8Array, at: number, end: number): number {
  const newline = bytes.indexOf(LF, at);
  if (newline < 0 || newline >= end) return end;
  return newline > at && bytes[newline - 1] === CR ? newline - 1 : newline;
}

const nextLine = (bytes: Uint8Array, lineEnd: number): number => lineEnd + (bytes[lineEnd] === CR ? 2 : 1);

/** A wrapped value's line ends are space too. */
const isSpace = (byte: number | undefined): boolean => byte === SP || byte === TAB || byte === CR || byte === LF;

function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && isSpace(bytes[i])) i++;
  return i;
}

function trimEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = end;
  while (i > at && isSpace(bytes[i - 1])) i--;
  return i;
}
