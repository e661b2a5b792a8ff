/** cold. Makes a record fit: its longest value is cut until it does, and the record says so. */
import { MAX_ARRAY } from '@nanogelf/codec';
import type { OutputRecord } from '../records/record.ts';

/** A value below this is not cut: no record is too long because of names and addresses. */
const SHORTEST = 256;
/** An entry of a list counts as much as so many characters of a text. */
const ENTRY_CHARS = 64;
/** Escaped for JSON a character takes 6 bytes at most: what is smaller is carried by everything. */
const SMALL_CHARS = 16_384;

/** @returns true when the record needs no cutting for sure; cheap, where encoding it would not be */
export function isSmall(record: OutputRecord): boolean {
  let chars = 0;
  for (const name in record) {
    const value = record[name];
    if (Array.isArray(value) && value.length > MAX_ARRAY) return false;
    if (typeof value === 'string') chars += value.length;
    else if (typeof value === 'object') chars += JSON.stringify(value).length;
  }
  return chars <= SMALL_CHARS;
}

/** @returns a copy with its longest text or list halved and `TRUNCATED` set; undefined when none is long */
export function shorten(record: OutputRecord): OutputRecord | undefined {
  let longest = '';
  let size = SHORTEST - 1;
  for (const [name, value] of Object.entries(record)) {
    if (sizeOf(value) <= size) continue;
    longest = name;
    size = sizeOf(value);
  }
  if (longest === '') return undefined;
  return { ...record, [longest]: halve(record[longest]), TRUNCATED: 1 };
}

const sizeOf = (value: unknown): number =>
  typeof value === 'string' ? value.length : Array.isArray(value) ? value.length * ENTRY_CHARS : 0;

function halve(value: unknown): OutputRecord[string] {
  if (Array.isArray(value)) return value.slice(0, value.length >> 1);
  return typeof value === 'string' ? cutText(value, value.length >> 1) : undefined;
}

/** @returns at most `length` UTF-16 units of `text`, no character cut in two */
export function cutText(text: string, length: number): string {
  const lead = text.charCodeAt(length - 1);
  const splitsPair = lead >= 0xd800 && lead <= 0xdbff;
  return text.slice(0, splitsPair ? length - 1 : length);
}
