// cold. Base64url without padding (RFC 4648 section 5), in its one canonical spelling.

const ALPHABET = /^[A-Za-z0-9_-]*$/;

export const encodeBase64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');

/** @returns the bytes; undefined for padding, other characters, or spare bits that are not zero */
export function decodeBase64url(text: string): Buffer | undefined {
  if (!ALPHABET.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
