// cold. Bytes as people read them.

const PER_LINE = 16;

/** @returns lines of offset, 16 bytes in hexadecimal and what of them is printable ASCII */
export function hexdump(bytes: Uint8Array): string[] {
  return Array.from({ length: Math.ceil(bytes.length / PER_LINE) }, (_, index) => {
    const at = index * PER_LINE;
    const line = bytes.subarray(at, at + PER_LINE);
    const hex = Array.from(line, byte => byte.toString(16).padStart(2, '0')).join(' ');
    const text = Array.from(line, byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    return `${at.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * PER_LINE)} ${text}`;
  });
}

/** @param right wrapped at `width` characters
 *  @returns both texts side by side, as many lines as the longer one needs */
export function sideBySide(left: readonly string[], right: string, width: number): string[] {
  const wrapped = right.match(new RegExp(`.{1,${width}}`, 'gs')) ?? [];
  const leftWidth = Math.max(0, ...left.map(line => line.length));
  return Array.from({ length: Math.max(left.length, wrapped.length) }, (_, index) =>
    `${(left[index] ?? '').padEnd(leftWidth)} │ ${wrapped[index] ?? ''}`.trimEnd(),
  );
}
