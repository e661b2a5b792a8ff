/** cold. From file, environment and options to one checked configuration, or to every error at once. */
import { UsageError } from '@nanogelf/cli';
import { checkCombinations, type GivenByKey } from './combinations.ts';
import { arrangeConfig, type ProbeConfig } from './config.ts';
import { KEY_NAMES, type KeyName, keyOf, type Settings } from './keys.ts';
import { BadValue } from './kinds.ts';
import { describeNotices } from './notices.ts';
import { type ProbeKey, readProbeKey } from './probe-key.ts';
import { type Given, type Reading, readConfigFile, readEnvironment, readOptions } from './sources.ts';

export interface ConfigInputs {
  /** Path of the configuration file, if there is one. */
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** See {@link readOptions}. */
  readonly options: ReadonlyMap<KeyName, string | true>;
}

export interface LoadedConfig {
  readonly config: ProbeConfig;
  /** What the operator should know, one line each. */
  readonly notices: readonly string[];
}

/** An option beats the environment, which beats the file.
 *  @throws UsageError whose message holds a line for every mistake found */
export function loadConfig({ file, env, options }: ConfigInputs): LoadedConfig {
  const readings = [file === undefined ? EMPTY : readConfigFile(file), readEnvironment(env), readOptions(options)];
  const errors = readings.flatMap(reading => reading.errors);
  // What was overridden is checked too: it would be an error on the day the option is left out.
  const all = readings.flatMap(reading => reading.given);
  const values = new Map(all.map(given => [given, parseGiven(given, errors)]));
  const winners: GivenByKey = new Map(all.map(given => [given.key, given]));
  const settings = settle(winners, values);
  const key = loadKey(settings, winners, errors);
  errors.push(...checkCombinations(settings, winners));
  if (errors.length > 0) throw new UsageError('ERR_CONFIG', [...new Set(errors)].join('\n'));
  const notices = [...readings.flatMap(reading => reading.notices), ...describeNotices(settings, winners)];
  return { config: arrangeConfig(settings, key, env), notices };
}

const EMPTY: Reading = { given: [], errors: [], notices: [] };

/** @returns the value, or undefined after an error was added to `errors` */
function parseGiven({ key, text, origin }: Given, errors: string[]): unknown {
  const spec = keyOf(key);
  if (text === '') return 'blank' in spec ? spec.blank : spec.unset;
  try {
    return spec.kind.parse(text);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    const read = spec.secret ? '' : `read "${text}"${error.message && ` ${error.message}`}; `;
    errors.push(`${origin}: ${key}: ${read}allowed: ${spec.kind.allowed}`);
    return undefined;
  }
}

function settle(winners: GivenByKey, values: ReadonlyMap<Given, unknown>): Settings {
  const entries = KEY_NAMES.map(name => {
    const given = winners.get(name);
    return [name, (given && values.get(given)) ?? keyOf(name).unset];
  });
  return Object.fromEntries(entries) as Settings;
}

function loadKey(settings: Settings, winners: GivenByKey, errors: string[]): ProbeKey | undefined {
  const value = settings.encrypt?.reveal();
  if (value === undefined) return undefined;
  try {
    return readProbeKey(value);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    errors.push(`${winners.get('encrypt')?.origin}: encrypt: ${error.message}`);
    return undefined;
  }
}
