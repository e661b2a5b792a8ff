// warm. Text out of lent bytes. Node's own slices work on any Uint8Array and spare a Buffer object per call.
interface Slices {
  latin1Slice(this: Uint8Array, at: number, end: number): string;
  utf8Slice(this: Uint8Array, at: number, end: number): string;
}
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as Slices;

/** @returns the bytes as text, one character each */
export const latin1 = (bytes: Uint8Array, at: number, end: number): string => latin1Slice.call(bytes, at, end);

/** @returns the bytes read as UTF-8; what is none becomes U+FFFD */
export const utf8 = (bytes: Uint8Array, at: number, end: number): string => utf8Slice.call(bytes, at, end);

/** @returns `end`, or less when a UTF-8 character would be cut in two there */
export function characterEnd(bytes: Uint8Array, at: number, end: number): number {
  let start = end - 1;
  while (start >= at && start > end - 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  if (start < at) return end;
  return start + characterBytes(bytes[start] ?? 0) > end ? start : end;
}

function characterBytes(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** @returns whether the bytes hold no control character that text does not have */
export function isText(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c && byte !== 0x1b) return false;
  }
  return true;
}
