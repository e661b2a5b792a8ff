// cold. Messages of the scripted server's answers.
import { counted, join, text, u8, u16, ub } from './wire.ts';

/** What a server of version 19 and one of version 23.4 say of themselves: version of the fields. */
export const FIELDS_19 = 12;
export const FIELDS_23_4 = 24;

/** Places among what was compiled in, and what stands there. Source: python-oracledb's names for them. */
const LOGON_TYPES = 4;
const O5LOGON = 0x0a;
const O7LOGON = 0x20;
const FIELD_VERSION = 7;
const TTC1 = 15;
const END_OF_CALL_STATUS = 1;
const INDICATORS = 8;
const FAST_BIT_VECTORS = 0x20;
const OCI1 = 16;
const FAST_SESSION_PROPAGATION = 0x10;
const CONTEXT_PIGGYBACK = 0x80;
const TYPES_OF_TWO_BYTES = 27;
const TTC3 = 37;
const BIG_CHUNKS = 0x20;
const RUNTIME_TTC = 6;
const TTC_32K = 4;

export function protocol(fields: number): Buffer {
  const compiled = Buffer.alloc(53);
  compiled[LOGON_TYPES] = O5LOGON | O7LOGON;
  compiled[FIELD_VERSION] = fields;
  compiled[TTC1] = END_OF_CALL_STATUS | INDICATORS | FAST_BIT_VECTORS;
  compiled[OCI1] = FAST_SESSION_PROPAGATION | CONTEXT_PIGGYBACK;
  compiled[TYPES_OF_TWO_BYTES] = 1;
  compiled[TTC3] = BIG_CHUNKS;
  const runtime = Buffer.alloc(11);
  runtime[RUNTIME_TTC] = TTC_32K;
  const nationalCharset = u8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0x07, 0xd0);
  const banner = Buffer.from('x86_64/Linux 2.4.xx\0');
  return join(
    u8(1, 6, 0),
    banner,
    u8(0x69, 0x03, 1, 0, 0), // UTF-8
    u16(nationalCharset.length),
    nationalCharset,
    text(compiled),
    text(runtime),
  );
}

/** Types that are converted: none is told of. */
export const dataTypes = (): Buffer => u8(2, 0, 0);

export const status = (sequence: number): Buffer => join(u8(9), ub(1), ub(sequence));

export interface End {
  readonly sequence: number;
  readonly rows?: number;
  readonly cursor?: number;
  readonly number?: number;
  readonly message?: string;
  readonly isTransaction?: boolean;
}

/** ERROR, with which an answer ends, well or not. */
export function end(
  { sequence, rows = 0, cursor = 0, number = 0, message = '', isTransaction = false }: End,
  fields: number,
): Buffer {
  return join(
    u8(4),
    ub(isTransaction ? 3 : 1), // call status
    ub(sequence),
    ub(rows),
    ub(number & 0xffff),
    ub(0),
    ub(0),
    ub(cursor),
    ub(0), // place of the error
    u8(3, 0, 0, 0, 0, 0),
    join(ub(0x11e0a), ub(1), u8(0), ub(0x83), ub(2)), // row id
    ub(0),
    u8(0, sequence), // numbers of the statement and of the call
    ub(0),
    ub(0),
    ub(0),
    ub(0), // batch errors
    ub(0),
    ub(0),
    ub(number),
    ub(rows),
    fields >= 14 ? join(ub(3), ub(0x5eed)) : Buffer.alloc(0),
    number === 0 ? Buffer.alloc(0) : text(`${message}\n`),
  );
}

/** What an execution gives back beside rows: numbers, of which the third is its cursor, and where that was asked for how
 *  many rows each execution of a batch changed. */
export const returned = (cursor: number, counts: readonly number[] | undefined): Buffer =>
  join(
    u8(8),
    ub(6),
    ...[0, 0, cursor, 0, 0, 0].map(ub),
    ub(0), // text
    ub(0), // pairs
    ub(0), // registration
    ...(counts === undefined ? [] : [counts.length, ...counts].map(ub)),
  );

const NUMBER = 2;
const VARCHAR = 1;

function column(name: string, type: number, size: number, place: number, fields: number): Buffer {
  const isText = type === VARCHAR;
  return join(
    u8(type, 0, 0, 0),
    ub(size),
    ub(0),
    ub(0),
    ub(0), // object type
    ub(0),
    ub(isText ? 873 : 0),
    u8(isText ? 1 : 0),
    ub(size),
    ub(0),
    u8(1, name.length),
    counted(name),
    ub(0),
    ub(0),
    ub(place),
    ub(0),
    fields >= 17 ? join(ub(0), ub(0)) : Buffer.alloc(0), // domain
    fields >= 20 ? ub(0) : Buffer.alloc(0), // annotations
    fields >= 24 ? join(ub(0), u8(0, 0)) : Buffer.alloc(0), // vectors
  );
}

export const describe = (fields: number): Buffer =>
  join(
    u8(16, 0),
    ub(130),
    ub(2),
    u8(0),
    column('ID', NUMBER, 22, 1, fields),
    column('NAME', VARCHAR, 100, 2, fields),
    ub(0),
    ub(0),
    ub(0),
    ub(0),
    ub(0),
    ub(0),
  );

export const rowHeader = (): Buffer => join(u8(6, 0), ub(1), ub(0), ub(0), ub(0), ub(0), ub(0));

/** A positive whole number in base 100, the exponent before it. */
function number(value: number): Buffer {
  if (value === 0) return u8(1, 0x80);
  const digits: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 100)) digits.unshift(rest % 100);
  const exponent = 0xc0 + digits.length;
  while (digits.at(-1) === 0) digits.pop();
  return u8(digits.length + 1, exponent, ...digits.map(digit => digit + 1));
}

export const row = (id: number): Buffer => join(u8(7), number(id), text(`name ${id}`));
