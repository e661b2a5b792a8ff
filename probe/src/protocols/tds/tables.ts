// cold. Table-valued parameters: how many rows they have. Columns have no names here, so which values are secrets cannot
// be told, and none is. Source: MS-TDS section 2.2.5.5.5 (TVP_TYPE_INFO).
import type { ByteReader } from '../kit/byte-reader.ts';
import { readShortText } from './text.ts';
import { readTypeInfo, type TypeInfo } from './types.ts';
import { readBytes } from './values.ts';

export const TVPTYPE = 0xf3;

const TVP_NULL_TOKEN = 0xffff;
const TVP_END_TOKEN = 0x00;
const TVP_ROW_TOKEN = 0x01;
const TVP_ORDER_UNIQUE_TOKEN = 0x10;
const TVP_COLUMN_ORDERING_TOKEN = 0x11;
/** Of a column's flags: every row has its default, and no value. */
const DEFAULT_FLAG = 0x0200;

/** @param reader behind the type; `failed` is set where the table is cut
 *  @returns `dbo.Goods: 2 rows of 3 columns`; `null` for NULL; undefined when its columns are not there, or of a type that
 *  is not known */
export function readTable(reader: ByteReader): string | null | undefined {
  const name = [readShortText(reader), readShortText(reader), readShortText(reader)].filter(Boolean).join('.');
  const count = reader.u16le();
  const columns = count === TVP_NULL_TOKEN ? [] : readColumns(reader, count);
  if (columns === undefined || reader.failed) return undefined;
  skipOrders(reader);
  const rows = countRows(reader, columns);
  if (count === TVP_NULL_TOKEN) return null;
  const counted = `${reader.failed ? 'at least ' : ''}${rows} ${rows === 1 ? 'row' : 'rows'}`;
  return `${name || 'table'}: ${counted} of ${count} columns`;
}

/** @returns the columns that rows have values of */
function readColumns(reader: ByteReader, count: number): TypeInfo[] | undefined {
  const columns: TypeInfo[] = [];
  for (let column = 0; column < count && !reader.failed; column++) {
    reader.skip(4); // UserType
    const flags = reader.u16le();
    const info = readTypeInfo(reader);
    if (info === undefined) return undefined;
    readShortText(reader); // empty
    if ((flags & DEFAULT_FLAG) === 0) columns.push(info);
  }
  return columns;
}

/** How rows are ordered, up to TVP_END_TOKEN. */
function skipOrders(reader: ByteReader): void {
  for (let token = reader.u8(); token !== TVP_END_TOKEN && !reader.failed; token = reader.u8()) {
    if (token === TVP_ORDER_UNIQUE_TOKEN) reader.skip(reader.u16le() * 3);
    else if (token === TVP_COLUMN_ORDERING_TOKEN) reader.skip(reader.u16le() * 2);
    else reader.failed = true;
  }
}

function countRows(reader: ByteReader, columns: readonly TypeInfo[]): number {
  let rows = 0;
  for (let token = reader.u8(); token === TVP_ROW_TOKEN && !reader.failed; token = reader.u8()) {
    for (const info of columns) if (readBytes(reader, info, 0) === undefined) reader.failed = true;
    if (reader.failed) return rows;
    rows += 1;
  }
  return rows;
}
