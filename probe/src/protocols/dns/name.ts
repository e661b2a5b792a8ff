// cold. Domain names. Source: RFC 1035 sections 3.1, 4.1.4 and 5.1.

/** Source: RFC 1035 section 2.3.4. */
const NAME_LIMIT_BYTES = 255;

export interface Name {
  /** Without the dot at the end; '.' for the root. */
  readonly text: string;
  /** Offset after the name where it stands. */
  readonly end: number;
}

/** @param at offset of the name in the message `bytes`
 *  @returns undefined when it is cut or no name */
export function readName(bytes: Uint8Array, at: number): Name | undefined {
  let text = '';
  let position = at;
  let end = 0;
  let lengthBytes = 0;
  // A pointer must lead further back than the one before, so there is no loop.
  let limit = at;
  for (;;) {
    const length = bytes[position];
    if (length === undefined) return undefined;
    if (length === 0) return { text: text || '.', end: end || position + 1 };
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (bytes[position + 1] ?? 0);
      if (position + 1 >= bytes.length || target >= limit) return undefined;
      end ||= position + 2;
      position = target;
      limit = target;
      continue;
    }
    lengthBytes += length + 1;
    if (length > 63 || lengthBytes >= NAME_LIMIT_BYTES || position + length >= bytes.length) return undefined;
    text += (text && '.') + label(bytes, position + 1, position + 1 + length);
    position += length + 1;
  }
}

function label(bytes: Uint8Array, at: number, end: number): string {
  let text = '';
  for (let i = at; i < end; i++) text += character(bytes[i] ?? 0);
  return text;
}

function character(byte: number): string {
  if (byte === 0x2e || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
}
