// warm. Whether bytes are PostgreSQL's, and where a message starts.
import type { Detection, Direction } from '../analyzer.ts';
import { isTelling, messageEnd, UNFINISHED, UNFIT } from './shapes.ts';
import { detectStartup } from './startup.ts';

/** Messages in a row that are looked at: more make it no surer. */
const ROW_LIMIT = 8;
/** Answers to SSLRequest and GSSENCRequest, one byte: accepted S and G, refused N. */
const NEGOTIATIONS = [0x53, 0x47, 0x4e];

export function detect(direction: Direction, bytes: Uint8Array): Detection {
  if (direction === 0 && bytes[0] === 0) return detectStartup(bytes);
  if (bytes.length === 1 && direction === 1 && NEGOTIATIONS.includes(bytes[0] ?? 0)) return 'more';
  const { messages, isUnfit } = rowAt(direction, bytes, 0);
  if (isUnfit) return 'no';
  // One whose content says nothing proves nothing: MySQL's greeting begins like a short CopyData.
  if (messages > 1 || (messages === 1 && isTelling(direction, bytes[0] ?? 0))) return 'yes';
  // A message of 16 MB and more does not begin a row that is soon seen to be one.
  return (bytes[1] ?? 0) === 0 ? 'more' : 'no';
}

interface Row {
  /** Whole ones. */
  readonly messages: number;
  /** Behind them. */
  readonly end: number;
  /** What follows is no message. */
  readonly isUnfit: boolean;
}

function rowAt(direction: Direction, bytes: Uint8Array, from: number): Row {
  let at = from;
  let messages = 0;
  while (at < bytes.length && messages < ROW_LIMIT) {
    const end = messageEnd(direction, bytes, at);
    if (end === UNFIT) return { messages, end: at, isUnfit: true };
    if (end === UNFINISHED) break;
    at = end;
    messages += 1;
  }
  return { messages, end: at, isUnfit: false };
}

/** A message starts where a whole one is followed by another, or by nothing; one that its content does not prove must
 *  end the bytes, or have a whole one behind it. */
export function resync(direction: Direction, bytes: Uint8Array): number {
  for (let at = 0; at + 5 <= bytes.length; at++) {
    if (bytes[at + 1] !== 0 || messageEnd(direction, bytes, at) < 0) continue;
    const { messages, end, isUnfit } = rowAt(direction, bytes, at);
    if (isUnfit) continue;
    if (messages > 1 || end === bytes.length || isTelling(direction, bytes[at] ?? 0)) return at;
  }
  return -1;
}
