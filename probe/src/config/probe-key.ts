/** cold. The key that `encrypt` names. */
import { existsSync } from 'node:fs';
import { OperationalError, readSecretFile } from '@nanogelf/cli';
import { type ProbeKey, parseProbeKeyFile, parseProbeKeyLine } from '@nanogelf/codec/keys';

export type { ProbeKey };

/** Every kind of key text holds this, and no sensible path does. */
const KEY_MARK = 'nk1';

/** @returns whether the value of `encrypt` is a key itself rather than a file's path */
export const isInlineKey = (value: string): boolean => value.includes(KEY_MARK);

/** @param value path of a key file, or the key line itself
 *  @returns the key
 *  @throws OperationalError that never repeats a key or what may be one */
export function readProbeKey(value: string): ProbeKey {
  const inline = isInlineKey(value);
  if (!inline && !existsSync(value)) throw new OperationalError('ERR_KEY', describeMissing(value));
  const parsed = inline ? parseProbeKeyLine(value) : parseProbeKeyFile(readSecretFile(value));
  if (parsed.value !== undefined) return parsed.value;
  throw new OperationalError('ERR_KEY', inline ? parsed.error : `${value}: ${parsed.error}`);
}

/** A passphrase that somebody took for a key must not be shown; a path may be. */
function describeMissing(value: string): string {
  const shown = /^(\/|\.\.?\/)/.test(value) ? ` ${value}` : '';
  return `there is no such key file${shown}; make one with nano-keys`;
}
