// cold. Values on the command line of nano-keys, read and judged.
import { UsageError } from '@nanogelf/cli';
import type { Suite } from '@nanogelf/codec';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/;
const UNIT_S: { readonly [unit: string]: number } = { m: 60, h: 3_600, d: 86_400 };

export function parseName(text: string): string {
  if (NAME.test(text)) return text;
  throw new UsageError('ERR_BAD_NAME', `NAME "${text}": expected 1 to 64 of A-Z a-z 0-9 . _ -, no sign first`);
}

export function parseSuite(text: string): Suite {
  if (text === 'psk' || text === 'sealed') return text;
  throw new UsageError('ERR_BAD_SUITE', `--suite "${text}": expected psk or sealed`);
}

/** @returns unix seconds */
export function parseTime(option: string): (text: string) => number {
  return text => {
    const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(ms)) return ms / 1000;
    throw new UsageError('ERR_BAD_TIME', `${option} "${text}": expected 2027-01-31 or 2027-01-31T12:00:00Z`);
  };
}

/** @returns seconds */
export function parseDuration(option: string): (text: string) => number {
  return text => {
    const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
    if (count !== undefined) return Number(count) * (UNIT_S[unit] as number);
    throw new UsageError('ERR_BAD_DURATION', `${option} "${text}": expected a number and m, h or d, such as 7d`);
  };
}
