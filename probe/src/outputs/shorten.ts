/** cold. Makes a record fit: its longest text is cut until it does, and the record says so. */
import type { OutputRecord } from '../records/record.ts';

/** Text below this is not cut: no record is too long because of names and addresses. */
const SHORTEST = 256;

/** @returns a copy with its longest text halved and `TRUNCATED` set; undefined when there is no long text */
export function shorten(record: OutputRecord): OutputRecord | undefined {
  const longest = Object.entries(record).reduce<[string, string]>(
    (best, [name, value]) => (typeof value === 'string' && value.length > best[1].length ? [name, value] : best),
    ['', ''],
  );
  const [name, text] = longest;
  if (text.length < SHORTEST) return undefined;
  return { ...record, [name]: cutText(text, text.length >> 1), TRUNCATED: 1 };
}

/** @returns at most `length` UTF-16 units of `text`, no character cut in two */
export function cutText(text: string, length: number): string {
  const lead = text.charCodeAt(length - 1);
  const splitsPair = lead >= 0xd800 && lead <= 0xdbff;
  return text.slice(0, splitsPair ? length - 1 : length);
}
