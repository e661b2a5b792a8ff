// cold. Small helpers of the packet builder.

/** @returns one buffer with all parts, in order; numbers stand for single bytes */
export function join(...parts: readonly (Uint8Array | number)[]): Buffer {
  let length = 0;
  for (const part of parts) length += typeof part === 'number' ? 1 : part.length;
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'number') bytes[at++] = part;
    else {
      bytes.set(part, at);
      at += part.length;
    }
  }
  return bytes;
}

/** @returns `value` as 2 bytes, big-endian; only its low 16 bits are used */
export const u16 = (value: number): Buffer => Buffer.from([value >>> 8, value]);

/** @returns `value` as 4 bytes, big-endian; only its low 32 bits are used */
export const u32 = (value: number): Buffer => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);

/** @param text six hexadecimal bytes with colons */
export function macBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll(':', ''), 'hex');
  if (bytes.length !== 6) throw new TypeError(`text: expected a MAC address, got ${text}`);
  return bytes;
}

/** @param text dotted IPv4 or any spelling of IPv6
 *  @returns 4 or 16 bytes */
export function ipBytes(text: string): Buffer {
  if (!text.includes(':')) return ipv4Bytes(text);
  const [head = '', tail] = text.split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const fill = tail === undefined ? 0 : 16 - before.length - after.length;
  const bytes = join(before, new Uint8Array(Math.max(0, fill)), after);
  if (bytes.length !== 16) throw new TypeError(`text: expected an IPv6 address, got ${text}`);
  return bytes;
}

function ipv4Bytes(text: string): Buffer {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || !parts.every(part => Number.isInteger(part) && part >= 0 && part < 256))
    throw new TypeError(`text: expected an IPv4 address, got ${text}`);
  return Buffer.from(parts);
}

function groups(text: string): Buffer {
  if (text === '') return Buffer.alloc(0);
  return join(
    ...text.split(':').map(group => (group.includes('.') ? ipv4Bytes(group) : u16(Number.parseInt(group, 16)))),
  );
}

/** The Internet checksum over all parts as if they were one, each of even length but the last. Source: RFC 1071.
 *  @returns 0..65535 */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
