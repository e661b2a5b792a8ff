// cold. Parameters of executions, and attributes of queries. Source: MySQL 8.4, "COM_STMT_EXECUTE", "COM_QUERY";
// MariaDB, "COM_STMT_BULK_EXECUTE".
import { ByteReader } from '../kit/byte-reader.ts';
import { MAX_TOLD_PARAMS, Statement } from './statements.ts';
import { textOf } from './text.ts';
import { MAX_VALUE_CHARS, NULL, type ParamType, paramType, readValue } from './values.ts';
import { readLenenc, takeLenenc } from './wire.ts';

/** Values told of one execution. */
const MAX_VALUES = MAX_TOLD_PARAMS;
/** A statement has 65,535 at most. */
const MAX_PARAMS = 0xffff;
/** Characters of all names that are kept for the next execution. */
const MAX_NAMES_CHARS = 256;

const EXECUTE_HEAD_BYTES = 10; // command, statement id, flags, iterations
const BULK_HEAD_BYTES = 7; // command, statement id, flags
const PARAMETER_COUNT_AVAILABLE = 0x08;
const SEND_TYPES_TO_SERVER = 0x80;
const UNSIGNED = 0x80;
const UNKNOWN_NAME = '?';
/** Indicators before each value of a bulk. */
const INDICATORS: readonly (string | undefined)[] = [undefined, NULL, 'DEFAULT', 'IGNORE'];

/** Name and value. */
export type Attribute = readonly [string, string];

export interface Values {
  readonly values: readonly string[];
  readonly attributes: readonly Attribute[];
  /** Some were left out: too many, or not kept. */
  readonly isCut: boolean;
}
const NONE: Values = { values: [], attributes: [], isCut: false };

/** @param content of a COM_STMT_EXECUTE
 *  @param isCut not all of it was kept
 *  @param hasAttributes CLIENT_QUERY_ATTRIBUTES; undefined when that was not seen */
export function readExecute(
  content: Uint8Array,
  isCut: boolean,
  statement: Statement,
  hasAttributes: boolean | undefined,
): Values {
  const reader = new ByteReader(content, EXECUTE_HEAD_BYTES);
  const hasNames = hasAttributes ?? ((content[5] ?? 0) & PARAMETER_COUNT_AVAILABLE) !== 0;
  const count = hasNames ? readLenenc(reader) : statement.paramCount;
  if (count === undefined || !(count > 0 && count <= MAX_PARAMS)) return NONE;
  const nulls = reader.take((count + 7) >> 3);
  if (reader.u8() === 1) readTypes(reader, count, hasNames, statement);
  const { types = [], names } = statement;
  if (reader.failed || types.length < Math.min(count, MAX_TOLD_PARAMS)) return { ...NONE, isCut: reader.failed };
  const row = readRow(reader, types, names, nulls, statement);
  const { isTorn } = statement;
  statement.endLongData(); // it was for this execution
  // A value that was sent ahead, and lost, is missing among the others.
  const fits = isCut || row.isCut || reader.left === 0 || types.length < count;
  if (isTorn || !fits || (reader.failed && !isCut)) return NONE;
  return types.length < count ? { ...row, isCut: true } : row;
}

/** Keeps as many types as values are told. */
function readTypes(reader: ByteReader, count: number, hasNames: boolean, statement: Statement): void {
  const [types, names]: [ParamType[], string[]] = [[], []];
  let namesChars = 0;
  for (let i = 0; i < count && !reader.failed; i++) {
    const type = paramType(reader.u8(), (reader.u8() & UNSIGNED) !== 0);
    const name = hasNames ? textOf(takeLenenc(reader), MAX_VALUE_CHARS) : '';
    namesChars += name.length;
    if (types.length >= MAX_TOLD_PARAMS) continue;
    types.push(type);
    names.push(namesChars <= MAX_NAMES_CHARS ? name : UNKNOWN_NAME);
  }
  statement.types = reader.failed ? undefined : types;
  statement.names = names;
}

function readRow(
  reader: ByteReader,
  types: readonly ParamType[],
  names: readonly string[],
  nulls: Uint8Array,
  statement: Statement | undefined,
): Values {
  const [values, attributes]: [string[], Attribute[]] = [[], []];
  for (const [i, type] of types.entries()) {
    const isNull = ((nulls[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
    const value = statement?.longData.get(i) ?? (isNull ? NULL : readValue(reader, type, statement?.charset));
    if (reader.failed || values.length >= MAX_VALUES) return { values, attributes, isCut: true };
    const name = names[i] ?? '';
    if (name === '') values.push(value);
    // Without its name it is not known whether it is a secret.
    else if (name !== UNKNOWN_NAME) attributes.push([name, value]);
  }
  return { values, attributes, isCut: false };
}

/** @param content of a COM_STMT_BULK_EXECUTE: the values of all its rows, one after the other */
export function readBulk(content: Uint8Array, statement: Statement): Values {
  const reader = new ByteReader(content, BULK_HEAD_BYTES);
  if (((content[5] ?? 0) & SEND_TYPES_TO_SERVER) !== 0) readTypes(reader, statement.paramCount ?? 0, false, statement);
  const { types = [] } = statement;
  const values: string[] = [];
  while (types.length > 0 && reader.left > 0) {
    const type = types[values.length % types.length];
    const indicator = reader.u8();
    const value = INDICATORS[indicator] ?? (type === undefined ? NULL : readValue(reader, type, statement.charset));
    if (reader.failed || values.length >= MAX_VALUES) return { values, attributes: [], isCut: true };
    values.push(value);
  }
  return { values, attributes: [], isCut: false };
}

export interface Query {
  /** Where the statement's text begins. */
  readonly at: number;
  readonly attributes: readonly Attribute[];
}

/** @param content of a COM_QUERY, perhaps cut
 *  @param hasAttributes CLIENT_QUERY_ATTRIBUTES; undefined when that was not seen: no statement starts with control
 *  characters, as their count and that of their sets do */
export function readQuery(content: Uint8Array, hasAttributes: boolean | undefined): Query {
  const reader = new ByteReader(content, 1);
  const [count, sets] = [readLenenc(reader), readLenenc(reader)];
  if (!(hasAttributes ?? (count < 0x09 && sets === 1))) return { at: 1, attributes: [] };
  if (!(count > 0 && count <= MAX_PARAMS)) return { at: reader.at, attributes: [] };
  const nulls = reader.take((count + 7) >> 3);
  reader.skip(1); // new types
  const own = new Statement(undefined, false);
  readTypes(reader, count, true, own);
  const { attributes } = readRow(reader, own.types ?? [], own.names, nulls, undefined);
  return { at: reader.failed ? content.length : reader.at, attributes };
}
