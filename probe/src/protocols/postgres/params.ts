// cold. The parameters of a Bind, as text.
import { characterEnd } from '../kit/text.ts';
import type { SessionFacts } from './facts.ts';
import type { Statement } from './prepared.ts';
import { valueText } from './values.ts';
import { int16, int32 } from './wire.ts';

/** Types of parameters that are kept: the values of more would not fit into a record. */
const TYPES_LIMIT = 256;

/** @returns the types that a Parse or a ParameterDescription lists */
export function readTypes(bytes: Uint8Array, at: number, end: number): number[] {
  const count = Math.min(int16(bytes, at), TYPES_LIMIT, Math.floor((end - at - 2) / 4));
  return Array.from({ length: Math.max(0, count) }, (_, i) => int32(bytes, at + 2 + i * 4) >>> 0);
}

export interface Params {
  /** Undefined while a value is binary and the server is asked for its type. */
  readonly texts: readonly string[] | undefined;
  readonly isCut: boolean;
  readonly lengthBytes: number;
}

/** Reads a Bind from its count of format codes on.
 *  @param end of what is there
 *  @param statement whose parameters they are
 *  @param limitBytes of all texts together */
export function readParams(
  bytes: Uint8Array,
  from: number,
  end: number,
  { types, asksTypes }: Statement,
  limitBytes: number,
  facts: SessionFacts,
): Params {
  const formats = int16(bytes, from);
  let at = from + 2 + formats * 2;
  const count = int16(bytes, at);
  at += 2;
  const texts: string[] = [];
  let lengthBytes = 0;
  for (let i = 0; i < count; i++) {
    const room = limitBytes - lengthBytes;
    if (at + 4 > end || room <= 0) return { texts, isCut: true, lengthBytes };
    const length = int32(bytes, at);
    const valueEnd = at + 4 + Math.max(0, length);
    const isBinary = int16(bytes, from + 2 + (formats === 1 ? 0 : i * 2)) === 1 && formats > 0;
    const type = isBinary ? (types[i] ?? 0) : TEXT;
    if (type === 0 && asksTypes && length >= 0) return { texts: undefined, isCut: false, lengthBytes: 0 };
    const value = length < 0 ? NULL : readValue(bytes, at + 4, valueEnd, end, type, facts, room);
    texts.push(value.text);
    lengthBytes += value.text.length + 1;
    if (value.isCut) return { texts, isCut: true, lengthBytes };
    at = valueEnd;
  }
  return { texts, isCut: false, lengthBytes };
}

interface Value {
  readonly text: string;
  readonly isCut: boolean;
}

/** In the place of a type. */
const TEXT = -1;
const NULL: Value = { text: 'NULL', isCut: false };

/** @param type of a binary value, 0 when it is not known; TEXT for one that is text
 *  @param room bytes of text that may be told */
function readValue(
  bytes: Uint8Array,
  at: number,
  valueEnd: number,
  end: number,
  type: number,
  facts: SessionFacts,
  room: number,
): Value {
  const isWhole = valueEnd <= end;
  if (type >= 0) {
    const text = valueText(bytes.subarray(at, Math.min(valueEnd, end)), isWhole ? type : 0, facts, room);
    return { text: text.slice(0, room), isCut: !isWhole || text.length > room };
  }
  const stop = Math.min(valueEnd, end, at + room);
  const cut = stop < valueEnd && facts.isUtf8 ? characterEnd(bytes, at, stop) : stop;
  return { text: facts.decode(bytes, at, cut), isCut: stop < valueEnd };
}
