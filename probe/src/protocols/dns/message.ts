// cold. One DNS message. Source: RFC 1035 section 4, RFC 6891 (EDNS), RFC 6762 section 18 (mDNS).
import { readName } from './name.ts';
import { renderData } from './rdata.ts';
import { opcodeName, rcodeName, typeName } from './types.ts';

export const HEADER_BYTES = 12;
/** Answer records that are reported; more is a zone transfer or an attack. */
const ANSWERS_LIMIT = 64;
/** Records that are walked through to find EDNS. */
const RECORDS_LIMIT = 256;

export const QR = 0x8000;
const FLAG_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [0x0400, 'aa'],
  [0x0200, 'tc'],
  [0x0100, 'rd'],
  [0x0080, 'ra'],
  [0x0020, 'ad'],
  [0x0010, 'cd'],
];
const OPT = 41;
const DO = 0x8000;

export interface Answer {
  readonly name: string;
  readonly type: string;
  readonly data: string;
  readonly ttl: number;
}

export interface Message {
  readonly id: number;
  readonly opcode: string;
  readonly isAnswer: boolean;
  /** Undefined without a question. */
  readonly question: { readonly name: string; readonly type: string } | undefined;
  readonly rcode: string;
  readonly flags: readonly string[];
  readonly answers: readonly Answer[];
}

/** A record's place: `dataAt`..`end` is its data. */
export interface Entry {
  readonly name: string;
  readonly type: number;
  readonly dnsClass: number;
  readonly ttl: number;
  readonly dataAt: number;
  readonly end: number;
}

export const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** @param bytes one message, perhaps cut
 *  @returns undefined when not even its question can be read */
export function readMessage(bytes: Uint8Array): Message | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const questions = readQuestions(bytes);
  if (questions === undefined) return undefined;
  const { answers, edns } = readEntries(bytes, questions.end);
  const flags = u16(bytes, 2);
  const extendedRcode = edns === undefined ? 0 : (edns.ttl >>> 24) << 4;
  const names = FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  if (edns !== undefined && (edns.ttl & DO) !== 0) names.push('do');
  const { first } = questions;
  return {
    id: u16(bytes, 0),
    opcode: opcodeName(opcodeOf(flags)),
    isAnswer: (flags & QR) !== 0,
    question: first && { name: first.name, type: typeName(first.type) },
    rcode: rcodeName((flags & 0x0f) | extendedRcode),
    flags: names,
    answers: answers.map(entry => answerOf(bytes, entry)),
  };
}

export const opcodeOf = (flags: number): number => (flags >> 11) & 0x0f;

function readQuestions(
  bytes: Uint8Array,
): { first: { name: string; type: number } | undefined; end: number } | undefined {
  let end = HEADER_BYTES;
  let first: { name: string; type: number } | undefined;
  const count = Math.min(u16(bytes, 4), RECORDS_LIMIT);
  for (let i = 0; i < count; i++) {
    const name = readName(bytes, end);
    if (name === undefined || name.end + 4 > bytes.length) return first && { first, end: bytes.length };
    first ??= { name: name.text, type: u16(bytes, name.end) };
    end = name.end + 4;
  }
  return { first, end };
}

function readEntries(bytes: Uint8Array, from: number): { answers: Entry[]; edns: Entry | undefined } {
  const answerCount = u16(bytes, 6);
  const count = Math.min(answerCount + u16(bytes, 8) + u16(bytes, 10), RECORDS_LIMIT);
  const answers: Entry[] = [];
  let edns: Entry | undefined;
  let at = from;
  for (let i = 0; i < count; i++) {
    const entry = readEntry(bytes, at);
    if (entry === undefined) break;
    if (i < answerCount && answers.length < ANSWERS_LIMIT) answers.push(entry);
    else if (entry.type === OPT) edns = entry;
    at = entry.end;
  }
  return { answers, edns };
}

/** @returns undefined when there is no whole record at `at` */
export function readEntry(bytes: Uint8Array, at: number): Entry | undefined {
  const name = readName(bytes, at);
  if (name === undefined || name.end + 10 > bytes.length) return undefined;
  const dataAt = name.end + 10;
  const end = dataAt + u16(bytes, name.end + 8);
  if (end > bytes.length) return undefined;
  const ttl = ((u16(bytes, name.end + 4) << 16) | u16(bytes, name.end + 6)) >>> 0;
  return { name: name.text, type: u16(bytes, name.end), dnsClass: u16(bytes, name.end + 2), ttl, dataAt, end };
}

const answerOf = (bytes: Uint8Array, entry: Entry): Answer => ({
  name: entry.name,
  type: typeName(entry.type),
  data: renderData(bytes, entry.type, entry.dataAt, entry.end),
  ttl: entry.ttl,
});
