// cold. Dates and times, counted from 2000-01-01. Source: postgres, date_send and timestamp_send.
const EPOCH_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;
const LAST_DAY = 0x7fff_ffff;
const LAST_US = 0x7fff_ffff_ffff_ffffn;

/** @returns undefined when it lies beyond what Date can tell */
export function dateText(days: number): string | undefined {
  if (days === LAST_DAY) return 'infinity';
  if (days === -LAST_DAY - 1) return '-infinity';
  return written(new Date(EPOCH_MS + days * DAY_MS), day => day);
}

/** @param zone written behind the time */
export function timestampText(us: bigint, zone: string): string | undefined {
  if (us === LAST_US) return 'infinity';
  if (us === -LAST_US - 1n) return '-infinity';
  const fractionUs = Number(((us % 1_000_000n) + 1_000_000n) % 1_000_000n);
  const seconds = Number((us - BigInt(fractionUs)) / 1_000_000n);
  const fraction = fractionUs === 0 ? '' : `.${String(fractionUs).padStart(6, '0').replace(/0+$/, '')}`;
  return written(new Date(EPOCH_MS + seconds * 1000), (day, time) => `${day} ${time}${fraction}${zone}`);
}

function written(date: Date, put: (day: string, time: string) => string): string | undefined {
  if (Number.isNaN(date.getTime())) return undefined;
  const year = date.getUTCFullYear();
  const iso = date.toISOString();
  const day = `${String(year > 0 ? year : 1 - year).padStart(4, '0')}${iso.slice(iso.indexOf('T') - 6, iso.indexOf('T'))}`;
  return `${put(day, iso.slice(iso.indexOf('T') + 1, iso.indexOf('T') + 9))}${year > 0 ? '' : ' BC'}`;
}
