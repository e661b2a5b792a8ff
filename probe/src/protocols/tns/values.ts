// cold. Values of bind variables, as text. Source: the open thin drivers of Oracle; NUMBER and DATE as Oracle's "Call
// Interface Programmer's Guide" describes them (internal data types).
import { utf8 } from '../kit/text.ts';

/** Data types: their numbers are Oracle's internal ones. */
export const VARCHAR = 1;
export const NUMBER = 2;
export const BINARY_INTEGER = 3;
export const LONG = 8;
export const DATE = 12;
export const RAW = 23;
export const LONG_RAW = 24;
export const CHAR = 96;
export const BINARY_FLOAT = 100;
export const BINARY_DOUBLE = 101;
export const CURSOR = 102;
export const INT_NAMED = 109;
export const CLOB = 112;
export const BLOB = 113;
export const BFILE = 114;
export const JSON_TYPE = 119;
export const VECTOR = 127;
export const TIMESTAMP = 180;
export const TIMESTAMP_TZ = 181;
export const INTERVAL_YM = 182;
export const INTERVAL_DS = 183;
export const TIMESTAMP_LTZ = 231;
export const BOOLEAN = 252;

export const NULL = 'NULL';
/** A value that is there, and is not read. */
export const UNREAD = '?';
/** csfrm: the national character set, which is UTF-16. */
const CSFRM_NCHAR = 2;

/** Whether the beginning of a value says something. */
export const isText = (type: number): boolean => type === VARCHAR || type === CHAR || type === LONG;

/** @param bytes of a value that is not null, lent; possibly cut, where it is a text or raw */
export function valueText(type: number, csfrm: number, bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (type) {
    case VARCHAR:
    case CHAR:
    case LONG:
      return csfrm === CSFRM_NCHAR ? utf16(bytes) : utf8(bytes, 0, bytes.length);
    case NUMBER:
    case BINARY_INTEGER:
      return numberText(bytes);
    case RAW:
    case LONG_RAW:
      return `0x${Buffer.from(bytes).toString('hex')}`;
    case DATE:
    case TIMESTAMP:
    case TIMESTAMP_LTZ:
      return dateText(view) ?? UNREAD;
    case TIMESTAMP_TZ: // its time is that of UTC, whatever zone follows
      return dateText(view)?.concat('Z') ?? UNREAD;
    case BINARY_FLOAT:
    case BINARY_DOUBLE:
      return floatText(bytes);
    case BOOLEAN:
      return bytes.at(-1) === 1 ? 'TRUE' : 'FALSE';
    case INTERVAL_YM:
      return view.byteLength === 5 ? yearsText(view) : UNREAD;
    case INTERVAL_DS:
      return view.byteLength === 11 ? daysText(view) : UNREAD;
    default:
      return UNREAD;
  }
}

const utf16 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');

const NEGATIVE_END = 102;
const LONGEST_NUMBER_BYTES = 22;

/** An exponent to the base 100, and digits to that base; both complemented where the number is negative. */
function numberText(bytes: Uint8Array): string {
  const [first = 0, ...digits] = bytes.subarray(0, LONGEST_NUMBER_BYTES);
  if (first === 0x80 && digits.length === 0) return '0';
  const isPositive = (first & 0x80) !== 0;
  if (digits.length === 0) return isPositive ? '~' : '-~'; // infinity
  if (!isPositive && digits.at(-1) === NEGATIVE_END) digits.pop();
  const exponent = (isPositive ? first : first ^ 0xff) - 192;
  const pairs = digits.map(digit => (isPositive ? digit - 1 : 101 - digit));
  if (pairs.some(pair => pair < 0 || pair > 99)) return UNREAD;
  const text = decimal(pairs.map(pair => String(pair).padStart(2, '0')).join(''), exponent * 2);
  return isPositive ? text : `-${text}`;
}

/** @param pointAt digits before the point; perhaps fewer than 0, or more than there are */
function decimal(digits: string, pointAt: number): string {
  const whole = digits.slice(0, Math.max(0, pointAt)).padEnd(Math.max(0, pointAt), '0').replace(/^0+/, '');
  const fraction = `${'0'.repeat(Math.max(0, -pointAt))}${digits.slice(Math.max(0, pointAt))}`.replace(/0+$/, '');
  return `${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Century and year plus 100, month, day, hour, minute and second plus 1; perhaps nanoseconds. */
function dateText(view: DataView): string | undefined {
  if (view.byteLength < 7) return undefined;
  const at = (index: number) => view.getUint8(index);
  const year = (at(0) - 100) * 100 + (at(1) - 100);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}-${two(at(2))}-${two(at(3))}`;
  const time = [at(4) - 1, at(5) - 1, at(6) - 1].map(two).join(':');
  const fraction = view.byteLength >= 11 ? fractionText(view.getUint32(7)) : '';
  return `${day} ${time}${fraction}`;
}

const fractionText = (nanoseconds: number): string =>
  nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;

/** IEEE 754, so changed that bytes sort as the numbers do. */
function floatText(bytes: Uint8Array): string {
  const isPositive = ((bytes[0] ?? 0) & 0x80) !== 0;
  const plain = Uint8Array.from(bytes, (byte, i) => (isPositive ? (i === 0 ? byte & 0x7f : byte) : byte ^ 0xff));
  const view = new DataView(plain.buffer);
  if (plain.length === 8) return String(view.getFloat64(0));
  return plain.length === 4 ? String(Number(view.getFloat32(0).toPrecision(7))) : UNREAD;
}

const MID = 0x8000_0000;
const OFFSET = 60;

/** Of one sign: years and months. */
function yearsText(view: DataView): string {
  const [years, months] = [view.getUint32(0) - MID, view.getUint8(4) - OFFSET];
  return `${signOf(years, months)}${Math.abs(years)}-${String(Math.abs(months)).padStart(2, '0')}`;
}

/** Of one sign: days, hours, minutes, seconds, nanoseconds. */
function daysText(view: DataView): string {
  const days = view.getUint32(0) - MID;
  const clock = [4, 5, 6].map(at => view.getUint8(at) - OFFSET);
  const nanoseconds = view.getUint32(7) - MID;
  const time = clock.map(part => String(Math.abs(part)).padStart(2, '0')).join(':');
  return `${signOf(days, ...clock, nanoseconds)}${Math.abs(days)} ${time}${fractionText(Math.abs(nanoseconds))}`;
}

const signOf = (...parts: number[]): string => (parts.some(part => part < 0) ? '-' : '+');
