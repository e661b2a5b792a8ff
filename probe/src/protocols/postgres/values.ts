// cold. Binary values as text, written as PostgreSQL writes them. Source: the `*_send` functions of its types.
import type { SessionFacts } from './facts.ts';
import { float4Text, float8Text, numericText } from './numeric.ts';
import { dateText, timestampText } from './times.ts';
import { int32 } from './wire.ts';

/** Object ids of types. Source: postgres, pg_type.dat. */
const BOOL = 16;
const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const OID = 26;
const FLOAT4 = 700;
const FLOAT8 = 701;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const NUMERIC = 1700;
const UUID = 2950;
const JSONB = 3802;
/** char, name, text, json, xml, unknown, bpchar, varchar: their bytes are text. */
const TEXTS = new Set([18, 19, 25, 114, 142, 705, 1042, 1043]);
/** Arrays of the types above, json and jsonb. */
const ARRAYS = new Set([
  1000, 1001, 1002, 1003, 1005, 1007, 1009, 1014, 1015, 1016, 1021, 1022, 1028, 1115, 1182, 1185, 1231, 2951, 199, 3807,
]);
const JSONB_VERSION = 1;

/** @param value whole, lent
 *  @param type 0 when it is not known
 *  @param room characters that will be told
 *  @returns the value, at least its first `room` characters; hexadecimal digits behind `\x` for bytea, where the type
 *  is not known, and where the value is none of it */
export function valueText(value: Uint8Array, type: number, facts: SessionFacts, room: number): string {
  const textAt = TEXTS.has(type) ? 0 : type === JSONB && value[0] === JSONB_VERSION ? 1 : -1;
  const text = textAt < 0 ? knownText(value, type) : facts.decode(value, textAt, Math.min(value.length, room * 4 + 1));
  return text ?? (ARRAYS.has(type) ? arrayText(value, facts, room) : undefined) ?? hexText(value, room);
}

function knownText(value: Uint8Array, type: number): string | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  switch (value.length) {
    case 1:
      return type === BOOL ? (value[0] === 0 ? 'f' : 't') : undefined;
    case 2:
      return type === INT2 ? String(view.getInt16(0)) : numeric(value, type);
    case 4:
      return fourBytes(view, type);
    case 8:
      return eightBytes(view, type) ?? numeric(value, type);
    case 16:
      return type === UUID ? uuidText(value) : numeric(value, type);
    default:
      return numeric(value, type);
  }
}

const numeric = (value: Uint8Array, type: number): string | undefined =>
  type === NUMERIC ? numericText(value) : undefined;

function fourBytes(view: DataView, type: number): string | undefined {
  if (type === INT4) return String(view.getInt32(0));
  if (type === OID) return String(view.getUint32(0));
  if (type === FLOAT4) return float4Text(view.getFloat32(0));
  return type === DATE ? dateText(view.getInt32(0)) : undefined;
}

function eightBytes(view: DataView, type: number): string | undefined {
  if (type === INT8) return String(view.getBigInt64(0));
  if (type === FLOAT8) return float8Text(view.getFloat64(0));
  if (type === TIMESTAMP) return timestampText(view.getBigInt64(0), '');
  return type === TIMESTAMPTZ ? timestampText(view.getBigInt64(0), '+00') : undefined;
}

const uuidText = (value: Uint8Array): string =>
  Buffer.from(value)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const hexText = (value: Uint8Array, room: number): string =>
  `\\x${Buffer.from(value.subarray(0, room)).toString('hex')}`;

/** One dimension: a count of them, a flag, the elements' type, their count and first index, and the elements. */
function arrayText(value: Uint8Array, facts: SessionFacts, room: number): string | undefined {
  const [dimensions, type, count] = [int32(value, 0), int32(value, 8) >>> 0, int32(value, 12)];
  if (dimensions === 0) return '{}';
  if (dimensions !== 1 || ARRAYS.has(type)) return undefined;
  let text = '{';
  for (let i = 0, at = 20; i < count && text.length < room; i++) {
    const length = int32(value, at);
    if (at + 4 > value.length || length > value.length - at - 4) return undefined;
    const end = at + 4 + Math.max(0, length);
    text += i === 0 ? '' : ',';
    text += length < 0 ? 'NULL' : quoted(valueText(value.subarray(at + 4, end), type, facts, room));
    at = end;
  }
  return `${text}}`;
}

const quoted = (element: string): string =>
  /^[^{}",\\\s]+$/.test(element) && element !== 'NULL' ? element : `"${element.replace(/["\\]/g, '\\$&')}"`;
