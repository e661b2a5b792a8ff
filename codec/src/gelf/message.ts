// cold. One record as the JSON text of a GELF 1.1 message, and back.
import { failure, type Outcome, success } from '../outcome.ts';
import { gelfName, isGelfName, plainName } from './names.ts';

/** A record with plain field names. `host`, `short_message`, `timestamp` and `level` are GELF's own. A field that is
 *  undefined is left out. */
export type PlainRecord = { [field: string]: unknown };

/** The same as a GELF message: own names plain, all others with an underscore. */
export type GelfMessage = { [field: string]: unknown };

export type GelfReason =
  | 'not_json'
  | 'not_object'
  | 'depth'
  | 'version'
  | 'host'
  | 'short_message'
  | 'timestamp'
  | 'level';

/** Values nested deeper than this are refused: printing them again would need a stack as deep as the sender likes. */
const MAX_DEPTH = 16;

/** @param record plain names; lists and objects go as JSON values (docs/decisions/gelf-values.md)
 *  @returns the GELF message, `version` first */
export function toGelf(record: PlainRecord): GelfMessage {
  const message: GelfMessage = { version: '1.1' };
  for (const name in record) {
    const value = record[name];
    if (name !== 'version' && isPresent(value)) message[gelfName(name)] = value;
  }
  return message;
}

/** The same text as JSON.stringify gives of `toGelf`, at half the cost: an object that gets its fields one by one is what
 *  costs most.
 *  @returns the UTF-8 JSON text of the record's GELF message */
export function encodeGelf(record: PlainRecord): Uint8Array {
  let json = '{"version":"1.1"';
  for (const name in record) {
    const value = record[name];
    if (name === 'version' || !isPresent(value)) continue;
    const key = keyOf(name);
    if (key === undefined) return Buffer.from(JSON.stringify(toGelf(record)));
    const text = typeof value === 'number' ? value : JSON.stringify(value);
    if (text !== undefined) json += key + text;
  }
  return Buffer.from(`${json}}`);
}

/** Names whose keys are remembered: those of all tables are a few hundred, and all are short. */
const MAX_KEYS = 4096;
const MAX_KEY_CHARS = 64;
const keys = new Map<string, string>();

/** @returns `,"NAME":`; undefined for a name with characters that GELF does not allow: another field may come to the
 *  same name, and an object sorts that out */
function keyOf(name: string): string | undefined {
  const known = keys.get(name);
  if (known !== undefined) return known;
  if (!isGelfName(name)) return undefined;
  const key = `,"${gelfName(name)}":`;
  if (keys.size < MAX_KEYS && name.length <= MAX_KEY_CHARS) keys.set(name, key);
  return key;
}

/** @param bytes one uncompressed message, lent
 *  @returns the record with plain names, or why it is no GELF message */
export function decodeGelf(bytes: Uint8Array): Outcome<PlainRecord, GelfReason> {
  const message = parseObject(bytes);
  if (!message.ok) return message;
  const fault = faultOf(message.value);
  return fault === undefined ? success(toPlain(message.value)) : failure(fault);
}

/** @returns the message with plain names; `version`, which says nothing about the record, is left out, and so is what has no
 *  value: null, or a number too large to be one */
export function toPlain(message: GelfMessage): PlainRecord {
  const record: PlainRecord = {};
  for (const name in message) {
    if (name !== 'version' && isPresent(message[name])) record[plainName(name)] = message[name];
  }
  return record;
}

function parseObject(bytes: Uint8Array): Outcome<GelfMessage, GelfReason> {
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes));
  } catch {
    return failure('not_json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return failure('not_object');
  return isDeeper(value, MAX_DEPTH) ? failure('depth') : success(value as GelfMessage);
}

/** An escape, with what it escapes: a pair of surrogates, one that is alone, anything else. Source: RFC 8259, section 7 */
const ESCAPE = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/g;
const SURROGATE = /\\u[dD][89a-fA-F]/;

/** GELF over TCP ends a message with a NUL, and some senders keep it over UDP. Half a pair of surrogates is no character,
 *  and no UTF-8 can say it: it becomes U+FFFD, as it does in bytes. */
function textOf(bytes: Uint8Array): string {
  const end = bytes[bytes.length - 1] === 0 ? bytes.length - 1 : bytes.length;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('utf8');
  if (!SURROGATE.test(text)) return text;
  return text.replace(ESCAPE, (all, alone?: string) => (alone === undefined ? all : '\\ufffd'));
}

const VERSIONS: readonly unknown[] = ['1.1', '1.0'];

/** Senders of GELF 1.0 leave the version out or say 1.0. Some write null for what they leave out. */
function faultOf(message: GelfMessage): GelfReason | undefined {
  const { version, host, short_message, timestamp, level } = message;
  if (!VERSIONS.includes(version ?? '1.1')) return 'version';
  if (typeof host !== 'string' || host === '') return 'host';
  if (typeof short_message !== 'string' || short_message === '') return 'short_message';
  if (!Number.isFinite(timestamp ?? 0)) return 'timestamp';
  if (!Number.isFinite(level ?? 0)) return 'level';
  return undefined;
}

const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && (typeof value !== 'number' || Number.isFinite(value));

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some(inner => isDeeper(inner, levels - 1));
}
