// cold. COLMETADATA: the types of a result's columns. Source: MS-TDS section 2.2.7.4.
import type { ByteReader } from '../kit/byte-reader.ts';
import { IMAGETYPE, NTEXTTYPE, readTypeInfo, TEXTTYPE, type TypeInfo } from './types.ts';

const NO_METADATA = 0xffff;
/** The server allows 4,096 in a SELECT, 30,000 in a wide table's row. */
const MAX_COLUMNS = 30_000;

/** @param isWide TDS 7.2 or later
 *  @returns undefined when there is a type that is not known */
export function readColumns(reader: ByteReader, isWide: boolean): TypeInfo[] | undefined {
  const count = reader.u16le();
  if (count === NO_METADATA) return [];
  const columns: TypeInfo[] = [];
  while (columns.length < count && !reader.failed) {
    reader.skip((isWide ? 4 : 2) + 2); // UserType, flags
    const info = readTypeInfo(reader);
    if (reader.failed) return [];
    if (info === undefined || columns.length >= MAX_COLUMNS) return undefined;
    if ([TEXTTYPE, NTEXTTYPE, IMAGETYPE].includes(info.type)) skipTableName(reader, isWide);
    reader.skip(reader.u8() * 2); // ColName
    columns.push(info);
  }
  return columns;
}

function skipTableName(reader: ByteReader, isWide: boolean): void {
  const parts = isWide ? reader.u8() : 1;
  for (let part = 0; part < parts && !reader.failed; part++) reader.skip(reader.u16le() * 2);
}
