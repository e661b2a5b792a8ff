// cold. Bind variables: what a full execution says of them, and the values of their rows. Source: the open thin drivers of
// Oracle. Nothing says where a list ends but that what follows fits: what does not is not told.
import type { ByteReader } from '../kit/byte-reader.ts';
import { readClr, ub } from './ttc.ts';
import * as values from './values.ts';

/** Begins a row of values. */
export const TTC_ROW_DATA = 7;
/** Per statement: as many columns as a table could have for long. */
export const MAX_BINDS = 1000;
const BIND_USE_INDICATORS = 0x01;
const BIND_ARRAY = 0x40;
/** Digits behind the second, which JDBC tells of a time; of all else, and by others, there are none. */
const MAX_SCALE = 9;
/** The elements of an array that are told. */
const MAX_ELEMENTS = 100;
/** Stands instead of a boolean that is null. */
const ESCAPE = 253;
/** Longer values may stand behind the others of their row: always, or where the server's texts are not extended. */
const LONGEST_TEXT_BYTES = 32_767;
const LONGEST_PLAIN_TEXT_BYTES = 4000;

export interface Bind {
  readonly type: number;
  readonly csfrm: number;
  readonly isArray: boolean;
  /** Of a value. */
  readonly maxBytes: number;
}

/** @param hasCollation version 12.2 and later
 *  @returns undefined when this is no list of so many, with a row or nothing behind it */
export function readBinds(reader: ByteReader, count: number, hasCollation: boolean): readonly Bind[] | undefined {
  const binds: Bind[] = [];
  while (binds.length < count && !reader.failed) binds.push(readBind(reader, hasCollation));
  const isEnd = reader.left === 0 || reader.bytes[reader.at] === TTC_ROW_DATA;
  return reader.failed || !isEnd ? undefined : binds;
}

function readBind(reader: ByteReader, hasCollation: boolean): Bind {
  const type = reader.u8();
  const flags = reader.u8();
  const precision = reader.u8();
  const scale = ub(reader, 2);
  // None of this can be otherwise in a list of theirs.
  const isLikely = precision <= MAX_SCALE && scale <= MAX_SCALE;
  if (type === 0 || (flags & BIND_USE_INDICATORS) === 0 || !isLikely) reader.failed = true;
  const isArray = (flags & BIND_ARRAY) !== 0;
  const maxBytes = ub(reader, 4);
  ub(reader, 4); // elements
  ub(reader, 8); // flags
  if (ub(reader, 4) > 0) readClr(reader, 0); // type of an object
  ub(reader, 2); // its version
  ub(reader, 2); // character set
  const csfrm = reader.u8();
  ub(reader, 4); // what is prefetched of a LOB
  if (hasCollation) ub(reader, 4);
  return { type, csfrm, isArray, maxBytes };
}

export interface Values {
  readonly texts: readonly string[];
  /** There are more. */
  readonly isCut: boolean;
}

/** @param reader where the rows begin
 *  @param binds those that have values
 *  @param isBlock very long values stand in their place
 *  @param isWhole nothing is missing behind what is there
 *  @param limitChars of all texts together
 *  @returns the values of all rows, row by row; marks of unread ones where what is there does not fit */
export function readRows(
  reader: ByteReader,
  binds: readonly Bind[],
  isBlock: boolean,
  isWhole: boolean,
  limitChars: number,
): Values {
  const unread: Values = { texts: binds.map(() => values.UNREAD), isCut: true };
  const order = isBlock ? binds.map((_bind, place) => place) : orderOf(binds);
  if (order === undefined) return unread;
  const texts: string[] = [];
  let chars = 0;
  while (reader.bytes[reader.at] === TTC_ROW_DATA && reader.left > 0 && chars <= limitChars) {
    reader.skip(1);
    const row = readRow(reader, binds, order, limitChars);
    if (row === undefined || (reader.failed && isWhole)) return unread;
    if (!reader.failed || texts.length === 0) texts.push(...row);
    chars += row.reduce((sum, text) => sum + text.length + 1, 0);
    if (reader.failed) break;
  }
  if (isWhole && reader.left > 0 && chars <= limitChars) return unread;
  return fit(texts, reader.failed || reader.left > 0 || !isWhole, limitChars);
}

/** Cuts them to what is told. */
function fit(all: readonly string[], isCut: boolean, limitChars: number): Values {
  const texts: string[] = [];
  let left = limitChars;
  for (const text of all) {
    if (left <= 0) return { texts, isCut: true };
    texts.push(text.slice(0, left));
    if (text.length > left) return { texts, isCut: true };
    left -= text.length + 1;
  }
  return { texts, isCut };
}

/** @returns the values, marks for those that are not there; undefined when they cannot be told from each other */
function readRow(
  reader: ByteReader,
  binds: readonly Bind[],
  order: readonly number[],
  room: number,
): string[] | undefined {
  const texts = new Map<number, string>();
  for (const place of order) {
    const bind = binds[place];
    const text = bind && readValue(reader, bind, room);
    if (bind === undefined || text === undefined) return undefined;
    if (!reader.failed || (values.isText(bind.type) && !bind.isArray)) texts.set(place, text);
    if (reader.failed) break;
  }
  return binds.map((_bind, place) => texts.get(place) || values.UNREAD);
}

/** Very long values stand behind the others.
 *  @returns undefined when that depends on the server, and changes the order */
function orderOf(binds: readonly Bind[]): readonly number[] | undefined {
  const places = binds.map((_bind, place) => place);
  const isLong = (place: number, limit: number): boolean => (binds[place]?.maxBytes ?? 0) > limit;
  const behind = (limit: number) => places.toSorted((a, b) => Number(isLong(a, limit)) - Number(isLong(b, limit)));
  const [plain, extended] = [behind(LONGEST_PLAIN_TEXT_BYTES), behind(LONGEST_TEXT_BYTES)];
  return plain.join() === extended.join() ? plain : undefined;
}

/** @returns undefined for a value whose end is not known */
function readValue(reader: ByteReader, bind: Bind, room: number): string | undefined {
  if (!bind.isArray) return readOne(reader, bind, room);
  const count = ub(reader, 4);
  const texts: string[] = [];
  for (let element = 0; element < count && !reader.failed; element++) {
    const text = readOne(reader, bind, room);
    if (text === undefined) return undefined;
    if (texts.length < MAX_ELEMENTS) texts.push(text);
  }
  return `[${texts.join(', ')}${count > texts.length ? ', …' : ''}]`;
}

function readOne(reader: ByteReader, { type, csfrm }: Bind, room: number): string | undefined {
  switch (type) {
    case values.CURSOR:
      reader.skip(1);
      return reader.u8() === 0 || ub(reader, 4) >= 0 ? values.UNREAD : undefined;
    case values.CLOB:
    case values.BLOB:
    case values.BFILE:
      return passLocators(reader, 1);
    case values.JSON_TYPE:
    case values.VECTOR:
      return passLocators(reader, 2);
    case values.INT_NAMED:
      return passObject(reader);
    case values.BOOLEAN:
      if (reader.bytes[reader.at] !== ESCAPE) return readText(reader, type, csfrm, room);
      reader.skip(2);
      return values.NULL;
    default:
      return KNOWN.has(type) ? readText(reader, type, csfrm, room) : undefined;
  }
}

const KNOWN: ReadonlySet<number> = new Set([
  values.VARCHAR,
  values.NUMBER,
  values.BINARY_INTEGER,
  values.LONG,
  values.DATE,
  values.RAW,
  values.LONG_RAW,
  values.CHAR,
  values.BINARY_FLOAT,
  values.BINARY_DOUBLE,
  values.TIMESTAMP,
  values.TIMESTAMP_TZ,
  values.INTERVAL_YM,
  values.INTERVAL_DS,
  values.TIMESTAMP_LTZ,
]);

function readText(reader: ByteReader, type: number, csfrm: number, room: number): string {
  const { bytes } = readClr(reader, 4 * room + 32);
  return bytes.length === 0 ? values.NULL : values.valueText(type, csfrm, bytes).slice(0, room + 1);
}

/** Where a large object lies, and perhaps the object. */
function passLocators(reader: ByteReader, parts: number): string {
  if (ub(reader, 4) === 0) return values.NULL;
  for (let part = 0; part < parts; part++) readClr(reader, 0);
  return values.UNREAD;
}

function passObject(reader: ByteReader): string {
  const hasType = ub(reader, 4) > 0;
  if (hasType) readClr(reader, 0);
  if (ub(reader, 4) > 0) readClr(reader, 0); // its identifier
  ub(reader, 4); // snapshot
  ub(reader, 4); // version
  const lengthBytes = ub(reader, 4);
  ub(reader, 4); // flags
  if (lengthBytes > 0) readClr(reader, 0);
  return hasType ? values.UNREAD : values.NULL;
}
