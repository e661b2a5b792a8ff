// warm. Whether bytes begin a DNS message, and which side's. Source: RFC 1035 section 4.1.
import { HEADER_BYTES, opcodeOf, QR, readEntry, u16 } from './message.ts';
import { readName } from './name.ts';
import { isKnownType } from './types.ts';

const DSO = 6;

/** What the start of a message says of being one. */
export type Look = 'query' | 'answer' | 'announcement' | 'no' | 'cut';

/** Names of NetBIOS over UDP are 32 letters A-P: the same wire format, another protocol. Source: RFC 1001 section 14.1. */
const NETBIOS_NAME = /^[A-P]{32}(?:\.|$)/;
const CLASSES = new Set([1, 3, 4, 254, 255]);
const OPCODES = new Set([0, 1, 2, 4, 5, DSO]);
/** A query of 12 zeros is no more DNS than anything else: what asks nothing must at least wish for something. */
const RD_AND_OPCODE = 0x7900;
/** More questions than this only a multicast query has; even there few. */
const QUESTIONS_LIMIT = 32;
const ENTRIES_LIMIT = 4096;

/** Judges the header and the first question. `cut`: what is there fits, but it is not all.
 *  @param bytes a message's beginning */
export function lookAt(bytes: Uint8Array): Look {
  if (bytes.length < HEADER_BYTES) return 'cut';
  if (!isPlausibleHeader(bytes)) return 'no';
  const isAnswer = (u16(bytes, 2) & QR) !== 0;
  if (u16(bytes, 4) === 0) return lookWithoutQuestion(bytes, isAnswer);
  const name = readName(bytes, HEADER_BYTES);
  if (name === undefined) return bytes.length < HEADER_BYTES + 255 ? 'cut' : 'no';
  if (NETBIOS_NAME.test(name.text)) return 'no';
  if (name.end + 4 > bytes.length) return 'cut';
  // The class's top bit asks an mDNS responder for a unicast answer.
  const isQuestion = CLASSES.has(u16(bytes, name.end + 2) & 0x7fff);
  if (!isQuestion || !(isKnownType(u16(bytes, name.end)) || isExact(bytes, name.end + 4))) return 'no';
  return isAnswer ? 'answer' : 'query';
}

/** @returns whether one question, ending at `from`, and the records after it fill the message to its last byte */
const isExact = (bytes: Uint8Array, from: number): boolean =>
  u16(bytes, 4) === 1 && entriesEnd(bytes, from) === bytes.length;

/** @returns where the records that the header counts end; undefined when they do not fit */
function entriesEnd(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  for (let count = u16(bytes, 6) + u16(bytes, 8) + u16(bytes, 10); count > 0; count--) {
    const entry = readEntry(bytes, at);
    if (entry === undefined) return undefined;
    at = entry.end;
  }
  return at;
}

function isPlausibleHeader(bytes: Uint8Array): boolean {
  const flags = u16(bytes, 2);
  const isQuery = (flags & QR) === 0;
  return (
    OPCODES.has(opcodeOf(flags)) &&
    (flags & 0x0040) === 0 &&
    !(isQuery && (flags & 0x000f) !== 0) &&
    u16(bytes, 4) <= QUESTIONS_LIMIT &&
    u16(bytes, 6) <= ENTRIES_LIMIT &&
    u16(bytes, 8) <= ENTRIES_LIMIT &&
    u16(bytes, 10) <= ENTRIES_LIMIT
  );
}

/** A query for a cookie alone, a header with nothing behind it, an error's answer, a stateful operation, an mDNS responder.
 *  Source: RFC 7873 section 5.4, RFC 8490 section 5.4 */
function lookWithoutQuestion(bytes: Uint8Array, isAnswer: boolean): Look {
  if (isAnswer && lookAtAnnouncement(bytes)) return 'announcement';
  const flags = u16(bytes, 2);
  const end = opcodeOf(flags) === DSO ? operationsEnd(bytes) : entriesEnd(bytes, HEADER_BYTES);
  if (end === undefined || end > bytes.length) return 'cut';
  if (end < bytes.length || !(isAnswer || (flags & RD_AND_OPCODE) !== 0 || u16(bytes, 10) > 0)) return 'no';
  const first = readEntry(bytes, HEADER_BYTES);
  if (first !== undefined && !isKnownType(first.type) && opcodeOf(flags) !== DSO) return 'no';
  return isAnswer ? 'answer' : 'query';
}

/** Stateful operations are types, lengths and values. Source: RFC 8490 section 5.4.1. */
function operationsEnd(bytes: Uint8Array): number {
  let at = HEADER_BYTES;
  while (at < bytes.length) at += 4 + u16(bytes, at + 2);
  return at;
}

/** An mDNS responder speaks unasked: id 0, authoritative, answers only. Source: RFC 6762 sections 6 and 18. */
function lookAtAnnouncement(bytes: Uint8Array): boolean {
  const isMulticast = u16(bytes, 0) === 0 && (u16(bytes, 2) & 0x040f) === 0x0400 && u16(bytes, 6) > 0;
  const entry = isMulticast ? readEntry(bytes, HEADER_BYTES) : undefined;
  return entry !== undefined && isKnownType(entry.type) && CLASSES.has(entry.dnsClass & 0x7fff);
}
