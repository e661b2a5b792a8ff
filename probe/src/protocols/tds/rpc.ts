// cold. Calls of procedures, the ones that prepare and run statements among them. Source: MS-TDS section 2.2.6.6.
import { ByteReader } from '../kit/byte-reader.ts';
import { readTable, TVPTYPE } from './tables.ts';
import { readShortText, readText } from './text.ts';
import { NVARCHARTYPE, readTypeInfo } from './types.ts';
import { NULL, readBytes, valueText } from './values.ts';

/** ProcID: the procedures that are called by number. */
const NAMES = [
  '',
  'sp_cursor',
  'sp_cursoropen',
  'sp_cursorprepare',
  'sp_cursorexecute',
  'sp_cursorprepexec',
  'sp_cursorunprepare',
  'sp_cursorfetch',
  'sp_cursoroption',
  'sp_cursorclose',
  'sp_executesql',
  'sp_prepare',
  'sp_execute',
  'sp_prepexec',
  'sp_prepexecrpc',
  'sp_unprepare',
];
const CALLED_BY_NUMBER = 0xffff;
const OPTION_FLAGS_BYTES = 2;
/** The server allows 2,100; more are counted, not told. */
const MAX_PARAMETERS = 2100;
/** Between two calls of one request (BatchFlag, NoExecFlag; 0x80 before TDS 7.2). */
const SEPARATORS = [0x80, 0xfe, 0xff];

export interface Parameter {
  readonly name: string;
  readonly type: number;
  /** `null` for NULL. */
  readonly value: string | null;
}

export interface Call {
  readonly procedure: string;
  readonly parameters: readonly Parameter[];
  /** There are more parameters, which cannot be read. */
  readonly isCut: boolean;
}

/** @param body behind the headers, lent; possibly cut
 *  @param valueLimit bytes of a value that are read
 *  @returns the first call, as far as it is there; undefined when its name is not */
export function readCall(body: Uint8Array, valueLimit: number): Call | undefined {
  const reader = new ByteReader(body);
  const nameLength = reader.u16le();
  const procedure = nameLength === CALLED_BY_NUMBER ? numbered(reader.u16le()) : readText(reader, nameLength);
  reader.skip(OPTION_FLAGS_BYTES);
  if (reader.failed || procedure === '') return undefined;
  const parameters: Parameter[] = [];
  const isOver = () => reader.left === 0 || SEPARATORS.includes(body[reader.at] ?? 0);
  while (!isOver() && !reader.failed && parameters.length < MAX_PARAMETERS) {
    const parameter = readParameter(reader, valueLimit);
    if (parameter === undefined) reader.failed = true;
    else parameters.push(parameter);
  }
  const name = procedure.toLowerCase();
  return { procedure: name.startsWith('sp_') ? name : procedure, parameters, isCut: reader.failed || !isOver() };
}

const numbered = (id: number): string => NAMES[id] ?? `procedure ${id}`;

function readParameter(reader: ByteReader, valueLimit: number): Parameter | undefined {
  const name = readShortText(reader);
  reader.skip(1); // status flags
  if (reader.bytes[reader.at] === TVPTYPE) return readTableParameter(reader, name);
  const info = readTypeInfo(reader);
  if (info === undefined || reader.failed) return undefined;
  const bytes = readBytes(reader, info, valueLimit);
  if (bytes === undefined) return undefined;
  return { name, type: info.type, value: bytes === null ? null : valueText(info, bytes) };
}

/** Sets `failed` when the table is cut, as what follows it cannot be read. */
function readTableParameter(reader: ByteReader, name: string): Parameter | undefined {
  const type = reader.u8();
  const value = readTable(reader);
  return value === undefined ? undefined : { name, type, value };
}

export interface Statement {
  /** Text of the statement; undefined when it was prepared before. */
  readonly sql?: string;
  /** Handle of a statement prepared before. */
  readonly handle?: string;
  /** The answer will hold a handle for it. */
  readonly prepares: boolean;
  /** The handle is given back. */
  readonly forgets: boolean;
  readonly isPrepared: boolean;
  readonly values: readonly string[];
  /** Names of the values, empty where the client gives none. */
  readonly names: readonly string[];
  /** A procedure of the database: its values have no place in the text. */
  readonly isCall?: true;
  /** There are more values. */
  readonly isCut?: boolean;
}

/** @returns what the call does, in terms of statements */
export function statementOf({ procedure, parameters, isCut }: Call): Statement {
  const value = (index: number): string => parameters[index]?.value ?? '';
  const rest = (from: number): string[] => parameters.slice(from).map(parameter => parameter.value ?? NULL);
  const names = (from: number): string[] => parameters.slice(from).map(({ name }) => name);
  const plain = { prepares: false, forgets: false, isPrepared: false, values: [], names: [], isCut };
  switch (procedure) {
    case 'sp_executesql':
      return { ...plain, sql: value(0), values: rest(2), names: names(2) };
    case 'sp_prepare':
      return { ...plain, sql: value(2), prepares: true, isPrepared: true };
    case 'sp_prepexec':
      return { ...plain, sql: value(2), prepares: true, isPrepared: true, values: rest(3), names: names(3) };
    case 'sp_execute':
      return { ...plain, handle: value(0), isPrepared: true, values: rest(1), names: names(1) };
    case 'sp_unprepare':
      return { ...plain, handle: value(0), forgets: true, isPrepared: true };
    case 'sp_cursoropen':
      return { ...plain, sql: firstText(parameters) };
    default:
      return { ...plain, sql: `EXEC ${procedure}`, values: rest(0), names: names(0), isCall: true };
  }
}

const firstText = (parameters: readonly Parameter[]): string =>
  parameters.find(({ type }) => type === NVARCHARTYPE)?.value ?? '';
