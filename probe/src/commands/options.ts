/** cold. The keys of the configuration as long options. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { KEY_NAMES, type Key, type KeyName, keyOf } from '../config/keys.ts';

export type OptionValues = ReadonlyMap<KeyName, string | true>;

/** Adds every key as an option.
 *  @param shown also those that the short help leaves out */
export function addKeyOptions(command: Command, shown: boolean): Command {
  for (const name of KEY_NAMES) command.addOption(optionOf(name, shown));
  return command;
}

function optionOf(name: KeyName, shown: boolean): Option {
  const key = keyOf(name);
  const option = new Option(`--${name} ${key.bare ? '[value]' : '<value>'}`, describe(key));
  if (key.many)
    option.argParser((value: string, before: string | undefined) => (before ? `${before},${value}` : value));
  return key.common || shown ? option : option.hideHelp();
}

function describe({ doc, example, bare, status }: Key<unknown>): string {
  if (status === 'ignored') return doc;
  return `${doc}${bare ? '' : `, e.g. ${example}`}${status === 'later' ? ' (not in this version)' : ''}`;
}

/** An option that may stand alone must not swallow the word that follows it, as in `--stdout @FILE`.
 *  @returns the words with its value written out */
export function settleBareOptions(words: readonly string[]): string[] {
  const bare = KEY_NAMES.filter(name => keyOf(name).bare).map(name => `--${name}`);
  return words.map((word, at) => {
    const isFollowed = /^(0|1|on|off|yes|no|true|false|)$/i.test(words[at + 1] ?? '-');
    return bare.includes(word) && !isFollowed ? `${word}=1` : word;
  });
}

/** @returns the keys that were given on the command line */
export function readKeyOptions(command: Command): OptionValues {
  const entries = command.options.flatMap((option): [KeyName, string | true][] => {
    const name = option.attributeName();
    const value = command.getOptionValueSource(name) === 'cli' ? command.getOptionValue(name) : undefined;
    return value === undefined || !isKey(option.long) ? [] : [[option.long.slice(2) as KeyName, value]];
  });
  return new Map(entries);
}

const isKey = (long: string | undefined): long is string =>
  long !== undefined && (KEY_NAMES as readonly string[]).includes(long.slice(2));
