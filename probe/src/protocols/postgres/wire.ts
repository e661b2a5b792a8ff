// warm. Numbers and strings of messages, big-endian; nothing is read beyond the end, where all is 0.

export const int16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** Signed, as -1 stands for NULL. */
export const int32 = (bytes: Uint8Array, at: number): number => (int16(bytes, at) << 16) | int16(bytes, at + 2);

/** @returns where the NUL of the string at `at` is; -1 when there is none before `end` */
export function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  const found = at < end ? bytes.indexOf(0, at) : -1;
  return found < end ? found : -1;
}
