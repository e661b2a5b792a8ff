// warm. The headers that say where a message ends. Source: RFC 9112 section 6.
import { BAD_LENGTH, FAULTS, type Head, NO_LENGTH } from './head.ts';
import { COMMA, isName, nameOf, readNumber, SP, skipSpace, TAB, trimEnd } from './scan.ts';

const CHUNKED = nameOf('chunked');

/** A list that says the same again and again is one length. Servers may refuse such a request, clients take the answer.
 *  Source: RFC 9112 section 6.3 */
export function readLength(bytes: Uint8Array, at: number, lineEnd: number, head: Head): void {
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
export function readTransferCoding(bytes: Uint8Array, at: number, lineEnd: number, head: Head): void {
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
