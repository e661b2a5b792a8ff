// cold. A receiver's registry as text: JSON lines, the receiver's own keys first, then one line per kid.
import { MAX_KID, MIN_KID } from '../envelope/wire.ts';
import { formatKey, type KeyKind, type Parsed, parseKey } from './text.ts';

export type Suite = 'psk' | 'sealed';

/** One kid: one key, one suite, one probe. */
export interface RegistryRow {
  readonly kid: number;
  readonly name: string;
  readonly suite: Suite;
  /** psk: the probe's own key; absent when the master gives it. sealed: the probe's public key. Absent in a tombstone. */
  readonly key?: Uint8Array;
  /** GELF `host` values that the probe may use; absent: any. */
  readonly hosts?: readonly string[];
  /** First second of validity, unix seconds. */
  readonly notBeforeS?: number;
  /** First second after validity, unix seconds. */
  readonly notAfterS?: number;
  /** When it was revoked, unix seconds: refused from then on, whatever the clock says. */
  readonly revokedS?: number;
}

export interface Registry {
  /** The master key of the suite psk. */
  readonly master?: Uint8Array;
  /** The receiver's X25519 secret, for the suite sealed. */
  readonly secret?: Uint8Array;
  readonly rows: readonly RegistryRow[];
}

export interface RegistryError {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export type RegistryResult =
  | { readonly registry: Registry; readonly errors?: never }
  | { readonly errors: readonly RegistryError[]; readonly registry?: never };

export const REGISTRY_VERSION = 1;
/** A receiver keeps about 1 KB per kid: 100 MB at this bound. */
export const MAX_REGISTRY_ROWS = 100_000;
/** One mistake repeated on every line should not flood a log. */
const MAX_ERRORS = 20;
const MAX_HOSTS = 64;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const HEAD_FIELDS = ['registry', 'master', 'secret'];
const ROW_FIELDS = ['kid', 'name', 'suite', 'key', 'hosts', 'not_before', 'not_after', 'revoked'];

type Json = { readonly [field: string]: unknown };

/** Collects what is wrong with one line; a value that is wrong reads as undefined. */
class Line {
  readonly fields: Json;
  readonly errors: string[] = [];

  constructor(text: string, known: readonly string[]) {
    this.fields = this.parse(text);
    // A misspelt `not_after` must not silently mean "for ever".
    const unknown = Object.keys(this.fields).filter(field => !known.includes(field));
    if (unknown.length > 0)
      this.errors.push(`unknown field ${JSON.stringify(unknown[0])}: allowed are ${known.join(', ')}`);
  }

  parse(text: string): Json {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
    } catch {}
    this.errors.push('expected one JSON object on the line');
    return {};
  }

  /** @returns the field when `read` accepts it; undefined when it is absent or wrong, which is then an error */
  optional<T>(field: string, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    const value = this.fields[field];
    if (value === undefined) return undefined;
    const result = read(value);
    if (result === undefined) this.errors.push(`${field}: expected ${expected}`);
    return result;
  }

  required<T>(field: string, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    if (this.fields[field] === undefined && this.errors.length === 0)
      this.errors.push(`${field}: missing, expected ${expected}`);
    return this.optional(field, expected, read);
  }

  key(field: string, kind: KeyKind): Uint8Array | undefined {
    const value = this.fields[field];
    if (value === undefined) return undefined;
    const key: Parsed<Uint8Array> = parseKey(kind, typeof value === 'string' ? value : '');
    if (key.value === undefined) this.errors.push(`${field}: ${key.error}`);
    return key.value;
  }
}

const isKid = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= MIN_KID && value <= MAX_KID;

function readHosts(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_HOSTS) return undefined;
  return value.every(host => typeof host === 'string' && host.length > 0 && host.length <= 255) ? value : undefined;
}

/** @returns unix seconds; undefined for another format or a day that does not exist */
function readTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || !TIME.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) || formatTime(ms / 1000) !== value ? undefined : ms / 1000;
}

const formatTime = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
const time = (line: Line, field: string): number | undefined =>
  line.optional(field, 'a UTC time such as "2027-01-31T00:00:00Z"', readTime);

/** Leaves out what is undefined, as `exactOptionalPropertyTypes` wants it. */
const compact = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;

function parseHead(line: Line): Omit<Registry, 'rows'> {
  line.required('registry', `${REGISTRY_VERSION}`, value => (value === REGISTRY_VERSION ? value : undefined));
  return compact({ master: line.key('master', 'master'), secret: line.key('secret', 'secret') });
}

function parseRow(line: Line, head: Omit<Registry, 'rows'>): RegistryRow | undefined {
  const kid = line.required('kid', `a number from ${MIN_KID} to ${MAX_KID}`, value =>
    isKid(value) ? value : undefined,
  );
  const name = line.required('name', '1 to 64 of A-Z a-z 0-9 . _ -', value =>
    typeof value === 'string' && NAME.test(value) ? value : undefined,
  );
  const suite = line.required<Suite>('suite', '"psk" or "sealed"', value =>
    value === 'psk' || value === 'sealed' ? value : undefined,
  );
  const key = line.key('key', suite === 'sealed' ? 'probe' : 'psk');
  const hosts = line.optional('hosts', `1 to ${MAX_HOSTS} host names in a list`, readHosts);
  const times = {
    notBeforeS: time(line, 'not_before'),
    notAfterS: time(line, 'not_after'),
    revokedS: time(line, 'revoked'),
  };
  if (kid === undefined || name === undefined || suite === undefined || line.errors.length > 0) return undefined;
  const row = compact({ kid, name, suite, key, hosts, ...times }) as RegistryRow;
  checkUsable(line, row, head);
  return row;
}

/** A row that could never open anything is a mistake, said now and not by silence later. */
function checkUsable(line: Line, row: RegistryRow, head: Omit<Registry, 'rows'>): void {
  if ((row.notBeforeS ?? 0) >= (row.notAfterS ?? Number.POSITIVE_INFINITY))
    line.errors.push('not_after: expected a time after not_before');
  if (row.revokedS !== undefined) return;
  if (row.suite === 'sealed' && row.key === undefined)
    line.errors.push("key: missing, expected the probe's public key");
  if (row.suite === 'sealed' && head.secret === undefined)
    line.errors.push('suite: sealed needs the secret on the first line');
  if (row.suite === 'psk' && row.key === undefined && head.master === undefined)
    line.errors.push('key: missing, and the first line has no master to derive it from');
}

/** Says which earlier line already has this kid or key. */
class Uniqueness {
  readonly kids = new Map<number, number>();
  readonly keys = new Map<string, number>();

  check(line: Line, row: RegistryRow, number: number): void {
    const key = row.key && Buffer.from(row.key).toString('base64');
    const kidLine = this.kids.get(row.kid);
    const keyLine = key && this.keys.get(key);
    if (kidLine) line.errors.push(`kid: ${row.kid} is already on line ${kidLine}, and a kid has one row`);
    if (keyLine) line.errors.push(`key: the same as on line ${keyLine}, and a key has one kid`);
    this.kids.set(row.kid, number);
    if (key) this.keys.set(key, number);
  }
}

/** @param text the whole file; blank lines and lines that begin with `#` are skipped
 *  @returns the registry, or every mistake (20 at most) with its line; messages never hold a key */
export function parseRegistry(text: string): RegistryResult {
  const errors: RegistryError[] = [];
  const rows: RegistryRow[] = [];
  const unique = new Uniqueness();
  let head: Omit<Registry, 'rows'> | undefined;
  const lines = text.split('\n');
  for (let at = 0; at < lines.length && errors.length < MAX_ERRORS; at++) {
    const content = (lines[at] as string).trim();
    if (content === '' || content.startsWith('#')) continue;
    const line = new Line(content, head === undefined ? HEAD_FIELDS : ROW_FIELDS);
    if (head === undefined) head = parseHead(line);
    else if (rows.length === MAX_REGISTRY_ROWS) line.errors.push(`more than ${MAX_REGISTRY_ROWS} kids`);
    else {
      const row = parseRow(line, head);
      if (row !== undefined) unique.check(line, row, at + 1);
      if (row !== undefined) rows.push(row);
    }
    errors.push(...line.errors.map(message => ({ line: at + 1, message })));
  }
  if (head === undefined)
    errors.push({ line: 1, message: `expected {"registry":${REGISTRY_VERSION}, …} as the first line` });
  return errors.length > 0 ? { errors: errors.slice(0, MAX_ERRORS) } : { registry: { ...head, rows } };
}

function formatRow(row: RegistryRow): string {
  const { kid, name, suite, key, hosts } = row;
  const at = (seconds: number | undefined) => (seconds === undefined ? undefined : formatTime(seconds));
  return JSON.stringify({
    kid,
    name,
    suite,
    key: key && formatKey(suite === 'sealed' ? 'probe' : 'psk', key),
    hosts,
    not_before: at(row.notBeforeS),
    not_after: at(row.notAfterS),
    revoked: at(row.revokedS),
  });
}

/** @returns the registry as a file's text, which `parseRegistry` reads back the same */
export function formatRegistry(registry: Registry): string {
  const head = JSON.stringify({
    registry: REGISTRY_VERSION,
    master: registry.master && formatKey('master', registry.master),
    secret: registry.secret && formatKey('secret', registry.secret),
  });
  return `${[head, ...registry.rows.map(formatRow)].join('\n')}\n`;
}
