// warm. What a message of each type must look like, so that one is recognised in the middle of a stream.
// Source: PostgreSQL documentation, "Message Formats".
import type { Direction } from '../analyzer.ts';
import { latin1 } from '../kit/text.ts';
import { BACKEND, FRONTEND, HEADER_BYTES, MESSAGE_LIMIT_BYTES } from './messages.ts';
import { int16, int32, stringEnd } from './wire.ts';

/** The message goes on behind the bytes, as far as can be told. */
export const UNFINISHED = -1;
/** These bytes are no message. */
export const UNFIT = -2;

/** Whether the body from `at` to `end` is well-formed. */
type Fits = (bytes: Uint8Array, at: number, end: number) => boolean;

interface Shape {
  /** Length of the body. */
  readonly min: number;
  readonly max: number;
  readonly fits: Fits;
}

const LONGEST = MESSAGE_LIMIT_BYTES - 4;
/** Longest CommandComplete: a tag and two numbers; the server's own limit is 64. */
const TAG_BYTES = 64;
const AUTHENTICATION_BYTES = 65_536;
/** Kinds of AuthenticationRequest known so far: AuthenticationSASLFinal. */
const LAST_AUTHENTICATION = 12;
/** Longest secret key of protocol 3.2. */
const KEY_BYTES = 256;

const anything: Fits = () => true;
const isString: Fits = (bytes, at, end) => stringEnd(bytes, at, end) === end - 1;

/** Two strings fill it. */
const isPair: Fits = (bytes, at, end) => {
  const first = stringEnd(bytes, at, end);
  return first >= 0 && isString(bytes, first + 1, end);
};

/** A count, and as many numbers of `size` bytes, fill it. */
const isList =
  (size: number): Fits =>
  (bytes, at, end) =>
    end - at === 2 + int16(bytes, at) * size;

const isParse: Fits = (bytes, at, end) => {
  const name = stringEnd(bytes, at, end);
  const sql = name < 0 ? -1 : stringEnd(bytes, name + 1, end);
  return sql >= 0 && isList(4)(bytes, sql + 1, end);
};

/** @returns where `count` values end, each a length (-1: NULL) and as many bytes; -1 when one passes `end` */
function valuesEnd(bytes: Uint8Array, from: number, end: number, count: number): number {
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at + 4 > end) return -1;
    const length = int32(bytes, at);
    if (length < -1) return -1;
    at += 4 + Math.max(0, length);
  }
  return at <= end ? at : -1;
}

const isBind: Fits = (bytes, at, end) => {
  const portal = stringEnd(bytes, at, end);
  const name = portal < 0 ? -1 : stringEnd(bytes, portal + 1, end);
  if (name < 0) return false;
  const parameters = name + 3 + int16(bytes, name + 1) * 2;
  const results = valuesEnd(bytes, parameters + 2, end, int16(bytes, parameters));
  return results >= 0 && isList(2)(bytes, results, end);
};

/** `S` a statement or `P` a portal, and its name. */
const isTarget: Fits = (bytes, at, end) => (bytes[at] === 0x53 || bytes[at] === 0x50) && isString(bytes, at + 1, end);
const isRow: Fits = (bytes, at, end) => valuesEnd(bytes, at + 2, end, int16(bytes, at)) === end;
/** With `_`: commands of replication, IDENTIFY_SYSTEM. */
const isTag: Fits = (bytes, at, end) =>
  isString(bytes, at, end) && /^[A-Z][A-Z_]+(?: [A-Z]+)*(?: \d+){0,2}$/.test(latin1(bytes, at, end - 1));

/** A letter and a string each, the severity first, and a NUL. */
const isReport: Fits = (bytes, from, end) => {
  if (bytes[from] !== 0x53) return false;
  for (let at = from; at >= 0 && at < end; at = stringEnd(bytes, at + 1, end) + 1) {
    if (bytes[at] === 0) return at === end - 1;
  }
  return false;
};

const isRowDescription: Fits = (bytes, from, end) => {
  let at = from + 2;
  for (let count = int16(bytes, from); count > 0; count--) {
    const name = stringEnd(bytes, at, end);
    if (name < 0) return false;
    at = name + 19;
  }
  return at === end;
};

const isCopyResponse: Fits = (bytes, at, end) => (bytes[at] ?? 2) < 2 && isList(2)(bytes, at + 1, end);
const isStatus: Fits = (bytes, at) => [0x49, 0x54, 0x45].includes(bytes[at] ?? 0);

const shape = (min: number, max: number, fits: Fits): Shape => ({ min, max, fits });
const EMPTY = shape(0, 0, anything);

const FRONTEND_SHAPES: readonly (Shape | undefined)[] = byType([
  [FRONTEND.Bind, shape(8, LONGEST, isBind)],
  [FRONTEND.Close, shape(2, LONGEST, isTarget)],
  [FRONTEND.Describe, shape(2, LONGEST, isTarget)],
  [FRONTEND.Execute, shape(5, LONGEST, (bytes, at, end) => stringEnd(bytes, at, end) === end - 5)],
  [FRONTEND.FunctionCall, shape(10, LONGEST, anything)],
  [FRONTEND.Flush, EMPTY],
  [FRONTEND.Parse, shape(4, LONGEST, isParse)],
  [FRONTEND.Query, shape(1, LONGEST, isString)],
  [FRONTEND.Sync, EMPTY],
  [FRONTEND.Terminate, EMPTY],
  [FRONTEND.CopyDone, EMPTY],
  [FRONTEND.CopyData, shape(0, LONGEST, anything)],
  [FRONTEND.CopyFail, shape(1, LONGEST, isString)],
  [FRONTEND.Password, shape(0, AUTHENTICATION_BYTES, anything)],
]);

const BACKEND_SHAPES: readonly (Shape | undefined)[] = byType([
  [BACKEND.ParseComplete, EMPTY],
  [BACKEND.BindComplete, EMPTY],
  [BACKEND.CloseComplete, EMPTY],
  [BACKEND.NotificationResponse, shape(6, LONGEST, (bytes, at, end) => isPair(bytes, at + 4, end))],
  [BACKEND.CommandComplete, shape(3, TAG_BYTES, isTag)],
  [BACKEND.DataRow, shape(2, LONGEST, isRow)],
  [BACKEND.ErrorResponse, shape(3, LONGEST, isReport)],
  [BACKEND.CopyInResponse, shape(3, LONGEST, isCopyResponse)],
  [BACKEND.CopyOutResponse, shape(3, LONGEST, isCopyResponse)],
  [BACKEND.EmptyQueryResponse, EMPTY],
  [BACKEND.BackendKeyData, shape(8, 4 + KEY_BYTES, anything)],
  [BACKEND.NoticeResponse, shape(3, LONGEST, isReport)],
  [
    BACKEND.Authentication,
    shape(4, AUTHENTICATION_BYTES, (bytes, at) => int32(bytes, at) >>> 0 <= LAST_AUTHENTICATION),
  ],
  [BACKEND.ParameterStatus, shape(2, LONGEST, isPair)],
  [BACKEND.RowDescription, shape(2, LONGEST, isRowDescription)],
  [BACKEND.FunctionCallResponse, shape(4, LONGEST, (bytes, at, end) => valuesEnd(bytes, at, end, 1) === end)],
  [BACKEND.CopyBothResponse, shape(3, LONGEST, isCopyResponse)],
  [BACKEND.ReadyForQuery, shape(1, 1, isStatus)],
  [BACKEND.CopyDone, EMPTY],
  [BACKEND.CopyData, shape(0, LONGEST, anything)],
  [BACKEND.NoData, EMPTY],
  [BACKEND.PortalSuspended, EMPTY],
  [BACKEND.ParameterDescription, shape(2, LONGEST, isList(4))],
  [BACKEND.NegotiateProtocolVersion, shape(8, LONGEST, anything)],
]);

function byType(entries: readonly (readonly [number, Shape])[]): readonly (Shape | undefined)[] {
  const shapes = new Array<Shape | undefined>(256).fill(undefined);
  for (const [type, one] of entries) shapes[type] = one;
  return shapes;
}

const shapeOf = (direction: Direction, type: number): Shape | undefined =>
  (direction === 0 ? FRONTEND_SHAPES : BACKEND_SHAPES)[type];

/** @returns whether such a type with such a length exists
 *  @param bodyBytes what the message's length says, less its own four bytes */
export function isHeader(direction: Direction, type: number, bodyBytes: number): boolean {
  const known = shapeOf(direction, type);
  return known !== undefined && bodyBytes >= known.min && bodyBytes <= known.max;
}

/** @returns whether the type has content by which it is known, beyond its length */
export const isTelling = (direction: Direction, type: number): boolean =>
  shapeOf(direction, type)?.fits !== anything && shapeOf(direction, type) !== undefined;

/** @returns where the message at `at` ends, or UNFINISHED, or UNFIT */
export function messageEnd(direction: Direction, bytes: Uint8Array, at: number): number {
  const known = shapeOf(direction, bytes[at] ?? 0);
  if (known === undefined) return UNFIT;
  if (at + HEADER_BYTES > bytes.length) return UNFINISHED;
  const bodyBytes = int32(bytes, at + 1) - 4;
  if (bodyBytes < known.min || bodyBytes > known.max) return UNFIT;
  const end = at + HEADER_BYTES + bodyBytes;
  if (end > bytes.length) return UNFINISHED;
  return known.fits(bytes, at + HEADER_BYTES, end) ? end : UNFIT;
}
