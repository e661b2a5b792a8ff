// cold. Types of columns and parameters, and how long their values are. Source: MS-TDS section 2.2.5.4 (data types).
import type { ByteReader } from '../kit/byte-reader.ts';

export const NULLTYPE = 0x1f;
export const IMAGETYPE = 0x22;
export const TEXTTYPE = 0x23;
export const GUIDTYPE = 0x24;
export const INTNTYPE = 0x26;
export const DATENTYPE = 0x28;
export const TIMENTYPE = 0x29;
export const DATETIME2NTYPE = 0x2a;
export const DATETIMEOFFSETNTYPE = 0x2b;
export const INT1TYPE = 0x30;
export const BITTYPE = 0x32;
export const INT2TYPE = 0x34;
export const INT4TYPE = 0x38;
export const DATETIM4TYPE = 0x3a;
export const FLT4TYPE = 0x3b;
export const MONEYTYPE = 0x3c;
export const DATETIMETYPE = 0x3d;
export const FLT8TYPE = 0x3e;
export const SSVARIANTTYPE = 0x62;
export const NTEXTTYPE = 0x63;
export const BITNTYPE = 0x68;
export const DECIMALNTYPE = 0x6a;
export const NUMERICNTYPE = 0x6c;
export const FLTNTYPE = 0x6d;
export const MONEYNTYPE = 0x6e;
export const DATETIMNTYPE = 0x6f;
export const MONEY4TYPE = 0x7a;
export const INT8TYPE = 0x7f;
export const BIGVARBINTYPE = 0xa5;
export const BIGVARCHRTYPE = 0xa7;
export const BIGBINARYTYPE = 0xad;
export const BIGCHARTYPE = 0xaf;
export const NVARCHARTYPE = 0xe7;
export const NCHARTYPE = 0xef;
export const UDTTYPE = 0xf0;
export const XMLTYPE = 0xf1;

const FIXED_BYTES: { readonly [type: number]: number } = {
  [NULLTYPE]: 0,
  [INT1TYPE]: 1,
  [BITTYPE]: 1,
  [INT2TYPE]: 2,
  [INT4TYPE]: 4,
  [DATETIM4TYPE]: 4,
  [FLT4TYPE]: 4,
  [MONEYTYPE]: 8,
  [DATETIMETYPE]: 8,
  [FLT8TYPE]: 8,
  [MONEY4TYPE]: 4,
  [INT8TYPE]: 8,
};

const COLLATION_BYTES = 5;
/** A length that says: in parts, each behind its own length (PARTLENTYPE). */
const MAX_LENGTH = 0xffff;

/** How a value says its length: not at all, in 1, 2 or 4 bytes, in parts, or behind a text pointer (in rows). */
export type Framing = 'fixed' | 'byte' | 'short' | 'long' | 'parts' | 'pointer';

export interface TypeInfo {
  readonly type: number;
  readonly framing: Framing;
  /** Of a fixed type. */
  readonly bytes: number;
  /** Digits behind the point; of seconds, for times. */
  readonly scale: number;
}

/** @returns undefined for a type that is not known: what follows it cannot be found */
export function readTypeInfo(reader: ByteReader): TypeInfo | undefined {
  const type = reader.u8();
  const fixed = FIXED_BYTES[type];
  if (fixed !== undefined) return { type, framing: 'fixed', bytes: fixed, scale: 0 };
  return readVariable(reader, type);
}

function readVariable(reader: ByteReader, type: number): TypeInfo | undefined {
  const info = (framing: Framing, scale = 0): TypeInfo => ({ type, framing, bytes: 0, scale });
  switch (type) {
    case DATENTYPE:
      return info('byte');
    case TIMENTYPE:
    case DATETIME2NTYPE:
    case DATETIMEOFFSETNTYPE:
      return info('byte', reader.u8());
    case GUIDTYPE:
    case INTNTYPE:
    case BITNTYPE:
    case FLTNTYPE:
    case MONEYNTYPE:
    case DATETIMNTYPE:
      reader.skip(1);
      return info('byte');
    case DECIMALNTYPE:
    case NUMERICNTYPE:
      reader.skip(2); // length, precision
      return info('byte', reader.u8());
    case BIGVARBINTYPE:
    case BIGBINARYTYPE:
      return info(reader.u16le() === MAX_LENGTH ? 'parts' : 'short');
    case BIGVARCHRTYPE:
    case BIGCHARTYPE:
    case NVARCHARTYPE:
    case NCHARTYPE: {
      const framing = reader.u16le() === MAX_LENGTH ? 'parts' : 'short';
      reader.skip(COLLATION_BYTES);
      return info(framing);
    }
    case TEXTTYPE:
    case NTEXTTYPE:
      reader.skip(4 + COLLATION_BYTES);
      return info('pointer');
    case IMAGETYPE:
      reader.skip(4);
      return info('pointer');
    case SSVARIANTTYPE:
      reader.skip(4);
      return info('long');
    case XMLTYPE:
      if (reader.u8() === 1) skipXmlSchema(reader);
      return info('parts');
    case UDTTYPE:
      return readUdt(reader, info);
    default:
      return undefined;
  }
}

/** Database, owner and collection. */
function skipXmlSchema(reader: ByteReader): void {
  reader.skip(reader.u8() * 2);
  reader.skip(reader.u8() * 2);
  reader.skip(reader.u16le() * 2);
}

/** Database, schema and type; in a result, the assembly's name as well. */
function readUdt(reader: ByteReader, info: (framing: Framing) => TypeInfo): TypeInfo {
  const framing = reader.u16le() === MAX_LENGTH ? 'parts' : 'short';
  for (let part = 0; part < 3; part++) reader.skip(reader.u8() * 2);
  reader.skip(reader.u16le() * 2);
  return info(framing);
}
