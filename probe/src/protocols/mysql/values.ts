// cold. Values in the binary format, as text. Source: MySQL 8.4, "Binary Protocol Resultset"; MariaDB, "Binary Resultset Row".
import type { ByteReader } from '../kit/byte-reader.ts';
import type { Charset } from './charsets.ts';
import { textOrHex } from './text.ts';
import { takeLenenc } from './wire.ts';

export const NULL = 'NULL';
/** Characters of a value: enough to recognise it by. */
export const MAX_VALUE_CHARS = 256;

/** Type of a parameter, and the flag beside it. */
export interface ParamType {
  readonly type: number;
  readonly isUnsigned: boolean;
}

/** Shared by all statements. */
const TYPES: readonly ParamType[] = Array.from({ length: 512 }, (_, i) => ({ type: i & 0xff, isUnsigned: i > 0xff }));

export const paramType = (type: number, isUnsigned: boolean): ParamType =>
  TYPES[isUnsigned ? type + 256 : type] ?? { type, isUnsigned };

const MYSQL_TYPE_TINY = 0x01;
const MYSQL_TYPE_SHORT = 0x02;
const MYSQL_TYPE_LONG = 0x03;
const MYSQL_TYPE_FLOAT = 0x04;
const MYSQL_TYPE_DOUBLE = 0x05;
const MYSQL_TYPE_NULL = 0x06;
const MYSQL_TYPE_TIMESTAMP = 0x07;
const MYSQL_TYPE_LONGLONG = 0x08;
const MYSQL_TYPE_INT24 = 0x09;
const MYSQL_TYPE_DATE = 0x0a;
const MYSQL_TYPE_TIME = 0x0b;
const MYSQL_TYPE_DATETIME = 0x0c;
const MYSQL_TYPE_YEAR = 0x0d;
const MYSQL_TYPE_NEWDATE = 0x0e;
const MYSQL_TYPE_BOOL = 0xf4;

/** Reads one value. @returns its text, without quotes; senseless when the reader fails */
export function readValue(reader: ByteReader, { type, isUnsigned }: ParamType, charset: Charset): string {
  switch (type) {
    case MYSQL_TYPE_NULL:
      return NULL;
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_BOOL:
      return integerText(reader.take(1), isUnsigned);
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR:
      return integerText(reader.take(2), isUnsigned);
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
      return integerText(reader.take(4), isUnsigned);
    case MYSQL_TYPE_LONGLONG:
      return integerText(reader.take(8), isUnsigned);
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return floatText(reader.take(type === MYSQL_TYPE_FLOAT ? 4 : 8));
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
      return dateText(reader.block(reader.u8()), type === MYSQL_TYPE_DATE || type === MYSQL_TYPE_NEWDATE);
    case MYSQL_TYPE_TIME:
      return durationText(reader.block(reader.u8()));
    default:
      return textOrHex(takeLenenc(reader), MAX_VALUE_CHARS, charset);
  }
}

function integerText(bytes: Uint8Array, isUnsigned: boolean): string {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return String(isUnsigned ? value : BigInt.asIntN(bytes.length * 8, value));
}

function floatText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 8) return String(view.getFloat64(0, true));
  return bytes.length === 4 ? String(Number(view.getFloat32(0, true).toPrecision(7))) : NULL;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Trailing parts that are zero are not sent. */
function dateText(parts: ByteReader, isDate: boolean): string {
  const isEmpty = parts.left === 0;
  const year = isEmpty ? 0 : parts.u16le();
  const day = `${String(year).padStart(4, '0')}-${two(isEmpty ? 0 : parts.u8())}-${two(isEmpty ? 0 : parts.u8())}`;
  return isDate && parts.left === 0 ? day : `${day} ${clockText(parts)}`;
}

/** Hours, minutes, seconds, microseconds. */
function clockText(parts: ByteReader, moreHours = 0): string {
  const [hours, minutes, seconds] = parts.left === 0 ? [0, 0, 0] : [parts.u8(), parts.u8(), parts.u8()];
  const fraction = parts.left === 0 ? '' : `.${String(parts.u32le()).padStart(6, '0')}`;
  return `${two(hours + moreHours)}:${two(minutes)}:${two(seconds)}${fraction}`;
}

function durationText(parts: ByteReader): string {
  if (parts.left === 0) return clockText(parts);
  const sign = parts.u8() === 0 ? '' : '-';
  return sign + clockText(parts, parts.u32le() * 24);
}
