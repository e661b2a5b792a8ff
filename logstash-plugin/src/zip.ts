// cold. A zip archive without times, stored: what it holds is compressed already. Source: PKWARE APPNOTE 6.3.3.
import { crc32 } from './crc32.ts';
import type { Entry } from './ustar.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const DOS_1980 = 0x0021; // 1980-01-01, the first day that a zip knows
const UNIX_0644 = 0o100644 << 16;

const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap(value => [value & 255, value >> 8]));
const u32 = (...values: number[]): Buffer => u16(...values.flatMap(value => [value & 0xffff, value >>> 16]));

/** @param entries files, in the order they shall have */
export function zip(entries: readonly Entry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { path, bytes } of entries) {
    const name = Buffer.from(path);
    const sizes = u32(crc32(bytes), bytes.length, bytes.length);
    const common = Buffer.concat([u16(VERSION, 0, 0, 0, DOS_1980), sizes, u16(name.length, 0)]);
    const file = Buffer.concat([u32(LOCAL), common, name, bytes]);
    directory.push(u32(CENTRAL), u16((3 << 8) | VERSION), common, u16(0, 0, 0), u32(UNIX_0644, at), name);
    files.push(file);
    at += file.length;
  }
  const central = Buffer.concat(directory);
  const count = entries.length;
  const end = Buffer.concat([u32(END), u16(0, 0, count, count), u32(central.length, at), u16(0)]);
  return Buffer.concat([...files, central, end]);
}
