// cold. A ustar archive, the same bytes on every machine. Source: POSIX.1-1988, ustar interchange format.

export interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const CHECKSUM_AT = 148;
const MODE = '0000644';
const NOBODY = '0000000';

/** @throws RangeError for a path longer than 100 bytes */
export function ustar(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, bytes }) => [header(path, bytes.length), padded(bytes)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

function header(path: string, lengthBytes: number): Buffer {
  if (Buffer.byteLength(path) > NAME_BYTES)
    throw new RangeError(`path: expected at most ${NAME_BYTES} bytes, got ${path}`);
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(path, 0);
  for (const [at, text] of fieldsOf(lengthBytes)) block.write(text, at, 'ascii');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT, 'ascii');
  return block;
}

const fieldsOf = (lengthBytes: number): [at: number, text: string][] => [
  [100, MODE],
  [108, NOBODY],
  [116, NOBODY],
  [124, lengthBytes.toString(8).padStart(11, '0')],
  [136, '00000000000'], // no time: the archive does not depend on when it was made
  [CHECKSUM_AT, ' '.repeat(8)],
  [156, '0'],
  [257, 'ustar\0'],
  [263, '00'],
  [265, 'wheel'],
  [297, 'wheel'],
];

const padded = (bytes: Uint8Array): Buffer => {
  const rest = bytes.length % BLOCK_BYTES;
  return Buffer.concat([bytes, Buffer.alloc(rest === 0 ? 0 : BLOCK_BYTES - rest)]);
};
