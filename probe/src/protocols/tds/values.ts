// cold. Values of parameters, as text. Source: MS-TDS sections 2.2.5.5 (data buffers) and 2.2.5.4.
import { ByteReader } from '../kit/byte-reader.ts';
import { latin1 } from '../kit/text.ts';
import { ucs2 } from './text.ts';
import * as types from './types.ts';

export const NULL = 'NULL';
const DAY_MS = 86_400_000;
const EPOCH_1900_MS = Date.UTC(1900, 0, 1);
const EPOCH_0001_DAYS = 719_162; // from 0001-01-01 to 1970-01-01
const PARTS_LENGTH_BYTES = 8;

/** @param limit most bytes of a value that are read; more are passed over
 *  @returns the value's bytes, lent; `null` for NULL; undefined when they are not all there */
export function readBytes(reader: ByteReader, info: types.TypeInfo, limit: number): Uint8Array | null | undefined {
  const lengthBytes = readLength(reader, info);
  if (lengthBytes === 'parts') return readParts(reader, limit);
  if (reader.failed) return undefined;
  if (lengthBytes === null) return null;
  const bytes = reader.take(lengthBytes);
  return reader.failed ? undefined : bytes.subarray(0, limit);
}

function readLength(reader: ByteReader, { framing, bytes }: types.TypeInfo): number | null | 'parts' {
  if (framing === 'fixed') return bytes;
  if (framing === 'byte') return reader.u8() || null;
  if (framing === 'short') return orNull(reader.u16le(), 0xffff);
  if (framing === 'parts') return 'parts';
  return orNull(reader.u32le(), 0xffffffff);
}

const orNull = (length: number, none: number): number | null => (length === none ? null : length);

function readParts(reader: ByteReader, limit: number): Uint8Array | null | undefined {
  const whole = reader.take(PARTS_LENGTH_BYTES); // all ones: NULL; all ones but the last: not told
  if (whole.every(byte => byte === 0xff)) return reader.failed ? undefined : null;
  const parts: Uint8Array[] = [];
  let kept = 0;
  for (let length = reader.u32le(); length > 0 && !reader.failed; length = reader.u32le()) {
    const part = reader.take(length);
    if (kept < limit) parts.push(part.subarray(0, limit - kept));
    kept += part.length;
  }
  return reader.failed ? undefined : Buffer.concat(parts);
}

/** @param bytes of the value, lent
 *  @returns the value as a person would write it, without quotes */
export function valueText(info: types.TypeInfo, bytes: Uint8Array): string {
  const reader = new ByteReader(bytes);
  switch (info.type) {
    case types.INT1TYPE:
    case types.INT2TYPE:
    case types.INT4TYPE:
    case types.INT8TYPE:
    case types.INTNTYPE:
      return String(signed(bytes));
    case types.BITTYPE:
    case types.BITNTYPE:
      return bytes[0] === 0 ? '0' : '1';
    case types.FLT4TYPE:
    case types.FLT8TYPE:
    case types.FLTNTYPE:
      return floatText(bytes);
    case types.DECIMALNTYPE:
    case types.NUMERICNTYPE:
      return `${bytes[0] === 0 ? '-' : ''}${pointed(unsigned(bytes.subarray(1)), info.scale)}`;
    case types.MONEYTYPE:
    case types.MONEY4TYPE:
    case types.MONEYNTYPE:
      return moneyText(bytes);
    case types.GUIDTYPE:
      return guidText(bytes);
    case types.DATETIMETYPE:
    case types.DATETIM4TYPE:
    case types.DATETIMNTYPE:
      return dateTimeText(reader, bytes.length);
    case types.DATENTYPE:
      return dayText(number(bytes));
    case types.TIMENTYPE:
      return timeText(number(bytes), info.scale);
    case types.DATETIME2NTYPE:
      return dayAndTime(bytes, info.scale);
    case types.DATETIMEOFFSETNTYPE:
      return `${dayAndTime(bytes.subarray(0, -2), info.scale)}Z`;
    case types.NVARCHARTYPE:
    case types.NCHARTYPE:
    case types.NTEXTTYPE:
    case types.XMLTYPE:
      return ucs2(bytes, 0, bytes.length);
    case types.BIGVARCHRTYPE:
    case types.BIGCHARTYPE:
    case types.TEXTTYPE:
      return latin1(bytes, 0, bytes.length);
    default:
      return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`;
  }
}

function unsigned(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** A byte has no sign, the longer ones do. */
const signed = (bytes: Uint8Array): bigint =>
  bytes.length <= 1 ? unsigned(bytes) : BigInt.asIntN(bytes.length * 8, unsigned(bytes));

const number = (bytes: Uint8Array): number => Number(unsigned(bytes));

function floatText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 8) return String(view.getFloat64(0, true));
  return bytes.length === 4 ? String(Number(view.getFloat32(0, true).toPrecision(7))) : NULL;
}

function pointed(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(value).padStart(scale + 1, '0');
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Of eight bytes, the higher four come first. */
function moneyText(bytes: Uint8Array): string {
  const value =
    bytes.length === 4 ? signed(bytes) : (signed(bytes.subarray(0, 4)) << 32n) | unsigned(bytes.subarray(4, 8));
  return value < 0n ? `-${pointed(-value, 4)}` : pointed(value, 4);
}

/** The first three groups are little-endian. */
function guidText(bytes: Uint8Array): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  const digits = order.map(at => (bytes[at] ?? 0).toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toUpperCase();
}

/** Days since 1900, then 1/300 s, or minutes in the short form. */
function dateTimeText(reader: ByteReader, lengthBytes: number): string {
  const isShort = lengthBytes === 4;
  const days = isShort ? reader.u16le() : reader.u32le() | 0;
  const ms = isShort ? reader.u16le() * 60_000 : Math.round((reader.u32le() * 10) / 3);
  return isoText(EPOCH_1900_MS + days * DAY_MS + ms, 23).replace('T', ' ');
}

const dayText = (days: number): string => isoText((days - EPOCH_0001_DAYS) * DAY_MS, 10);

/** Three bytes of days behind the time. */
const dayAndTime = (bytes: Uint8Array, scale: number): string =>
  `${dayText(number(bytes.subarray(-3)))} ${timeText(number(bytes.subarray(0, -3)), scale)}`;

/** Units of 10^-scale seconds since midnight. */
function timeText(units: number, scale: number): string {
  const perSecond = 10 ** scale;
  const seconds = Math.floor(units / perSecond);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(part =>
    String(Math.floor(part)).padStart(2, '0'),
  );
  const fraction = scale === 0 ? '' : `.${String(units % perSecond).padStart(scale, '0')}`;
  return clock.join(':') + fraction;
}

/** What no calendar has is told as it is, in milliseconds. */
function isoText(ms: number, characters: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().slice(0, characters);
}
