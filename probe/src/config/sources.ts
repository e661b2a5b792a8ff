/** cold. Where a configuration comes from: a file, the environment, options. */
import { readFileSync, statSync } from 'node:fs';
import { explainSystemError, suggest, UsageError } from '@nanogelf/cli';
import { isKeyName, KEY_NAMES, type KeyName } from './keys.ts';

/** One key as somebody gave it. */
export interface Given {
  readonly key: KeyName;
  /** Trimmed; may be empty. */
  readonly text: string;
  /** Where it stands, for errors: `nano.conf:12`, `environment NANO_DEVICE`, `option --device`. */
  readonly origin: string;
  readonly from: 'file' | 'environment' | 'option';
}

export interface Reading {
  readonly given: readonly Given[];
  readonly errors: readonly string[];
  readonly notices: readonly string[];
}

/** The whole table with comments is 10 KB; what is larger is not a configuration. */
const MAX_FILE_BYTES = 1024 * 1024;

/** Variables of ours that are no keys: they work before a configuration is read. */
const OTHER_VARIABLES = new Set(['NANO_LOG_FORMAT', 'NANO_LOG_LEVEL']);

/** @throws UsageError when the file cannot be read */
export function readConfigFile(path: string): Reading {
  return parseConfigText(path, readText(path));
}

function readText(path: string): string {
  try {
    const stats = statSync(path);
    if (stats.size > MAX_FILE_BYTES) throw new Error(`too large for a configuration (${stats.size} bytes)`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError('ERR_CONFIG_FILE', `cannot read the configuration ${path}: ${explainSystemError(error)}`);
  }
}

/** What may be shown of a line that has no known key: a key text that was pasted into the wrong file must not be. */
const LOOKS_LIKE_KEY = /^(?!nk1)[a-z][a-z0-9._-]{0,30}$/i;

/** Reads `key=value` lines; an empty line and one that begins with `#` say nothing.
 *  @param path stands before each error */
export function parseConfigText(path: string, source: string): Reading {
  const given = new Map<KeyName, Given>();
  const errors: string[] = [];
  const lines = source.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  lines.forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const result = parseLine(line, `${path}:${index + 1}`, given);
    if (typeof result === 'string') errors.push(result);
    else given.set(result.key, result);
  });
  return { given: [...given.values()], errors, notices: [] };
}

/** @returns what the line gives, or the error that it is */
function parseLine(line: string, origin: string, earlier: ReadonlyMap<KeyName, Given>): Given | string {
  const at = line.indexOf('=');
  const [first = ''] = line.split(/\s/, 1);
  const name = at < 0 ? first : line.slice(0, at).trim();
  if (!isKeyName(name)) {
    return LOOKS_LIKE_KEY.test(name)
      ? `${origin}: ${name}: unknown key${suggest(name.toLowerCase().replaceAll('_', '-'), KEY_NAMES)}`
      : `${origin}: expected KEY=VALUE`;
  }
  if (at < 0) return `${origin}: ${name}: expected ${name}=VALUE`;
  const before = earlier.get(name);
  if (before !== undefined) return `${origin}: ${name}: given twice, first at ${before.origin}`;
  return { key: name, text: line.slice(at + 1).trim(), origin, from: 'file' };
}

/** Reads NANO_… variables. One that is no key is not an error, because Kubernetes sets such for every service whose
 *  name begins with nano; one that is nearly a key is told. */
export function readEnvironment(env: NodeJS.ProcessEnv): Reading {
  const given: Given[] = [];
  const notices: string[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('NANO_') || value === undefined || OTHER_VARIABLES.has(variable)) continue;
    const name = variable.slice('NANO_'.length).toLowerCase().replaceAll('_', '-');
    const hint = isKeyName(name) ? '' : suggest(name, KEY_NAMES);
    if (isKeyName(name))
      given.push({ key: name, text: value.trim(), origin: `environment ${variable}`, from: 'environment' });
    else if (hint !== '') notices.push(`environment ${variable}: unknown key${hint}`);
  }
  return { given, errors: [], notices };
}

/** @param options values by key, as the command line's parser gives them; `true` for an option without a value */
export function readOptions(options: ReadonlyMap<KeyName, string | true>): Reading {
  const given = [...options].map(([name, value]): Given => {
    return { key: name, text: value === true ? '1' : value.trim(), origin: `option --${name}`, from: 'option' };
  });
  return { given, errors: [], notices: [] };
}
