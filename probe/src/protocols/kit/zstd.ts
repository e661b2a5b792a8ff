// warm. The beginning of Zstandard data, within bounds that the data does not set. Source: RFC 8878, section 3.1.
import { decompress } from 'fzstd';

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const MAGIC_BYTES = MAGIC.length;
const BLOCK_HEADER_BYTES = 3;
const LAST_BLOCK = 1;
const RLE_BLOCK = 1;
/** Block_Maximum_Size: what one block unpacks to at most. */
const BLOCK_BYTES = 128 * 1024;
/** The window descriptor counts powers of two from here. */
const LEAST_WINDOW_BYTES = 1024;
/** Of a larger frame only its beginning is unpacked, 1 MiB at most. */
const MAX_BLOCKS = 8;

/** @param packed a frame, or its beginning; lent
 *  @returns what its first whole blocks unpack to; undefined when there is none, or it asks for a dictionary
 *  @throws Error when the bytes are not in the format */
export function undoZstd(packed: Uint8Array): Uint8Array | undefined {
  const at = blocksAt(packed);
  if (at < 0) return undefined;
  const { end, count, lastAt } = wholeBlocks(packed, at);
  if (count === 0) return undefined;
  // A header of our own: its window is no larger than what comes out, and no checksum of the rest is asked for.
  const exponent = Math.ceil(Math.log2((count * BLOCK_BYTES) / LEAST_WINDOW_BYTES));
  const header = [...MAGIC, 0, exponent << 3];
  const frame = Buffer.concat([Uint8Array.from(header), packed.subarray(at, end)]);
  frame[header.length + lastAt - at]! |= LAST_BLOCK;
  return decompress(frame);
}

/** @returns where the first block begins; -1 when the header is not whole, or not one that can be read */
function blocksAt(packed: Uint8Array): number {
  if (MAGIC.some((byte, index) => packed[index] !== byte)) return -1;
  const descriptor = packed[MAGIC_BYTES] ?? -1;
  const [sizeFlag, isSingleSegment, dictionaryFlag] = [descriptor >> 6, (descriptor & 0x20) !== 0, descriptor & 3];
  if (descriptor < 0 || dictionaryFlag !== 0) return -1;
  const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 1 << sizeFlag;
  return MAGIC_BYTES + 1 + Number(!isSingleSegment) + sizeBytes;
}

function wholeBlocks(packed: Uint8Array, from: number): { end: number; count: number; lastAt: number } {
  let [at, count, lastAt] = [from, 0, from];
  for (let isLast = false; !isLast && count < MAX_BLOCKS && at + BLOCK_HEADER_BYTES <= packed.length; ) {
    const header = packed[at]! | (packed[at + 1]! << 8) | (packed[at + 2]! << 16);
    const size = ((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3;
    if (at + BLOCK_HEADER_BYTES + size > packed.length) break;
    isLast = (header & LAST_BLOCK) !== 0;
    lastAt = at;
    at += BLOCK_HEADER_BYTES + size;
    count += 1;
  }
  return { end: at, count, lastAt };
}
