// warm. Undoes the Huffman code of header strings, four bits at a time. Source: RFC 7541 section 5.2 and Appendix B.

/** Bits of the code of each byte, and of EOS behind them. The code is canonical: shorter codes first, equal ones by symbol,
 *  so that the lengths say all. */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];

const EOS = 256;
const NODES = 256; // of a binary tree with 257 leaves
const NIBBLES = 16;
/** Padding is shorter than a byte, all ones. */
const PADDING_LIMIT_BITS = 7;

/** By node and bit: a node, or ~symbol. */
const children = new Int16Array(NODES * 2);
/** By node and nibble: where it leads, and the symbol that it completes (at most one: no code is shorter than 5 bits). */
const nextNode = new Uint8Array(NODES * NIBBLES);
const completed = new Int16Array(NODES * NIBBLES).fill(-1);
/** By node: a string may end there. */
const mayEnd = new Uint8Array(NODES);

function growTree(): void {
  const symbols = LENGTHS.map((bits, symbol) => ({ bits, symbol }));
  symbols.sort((a, b) => a.bits - b.bits || a.symbol - b.symbol);
  let nodes = 1;
  let code = 0;
  let before = 0;
  for (const { bits, symbol } of symbols) {
    code *= 2 ** (bits - before);
    let node = 0;
    for (let bit = bits - 1; bit > 0; bit--) {
      const branch = node * 2 + ((code >> bit) & 1);
      if (children[branch] === 0) children[branch] = nodes++;
      node = children[branch] ?? 0;
    }
    children[node * 2 + (code & 1)] = ~symbol;
    code += 1;
    before = bits;
  }
}

function walkNibble(from: number, nibble: number): void {
  let node = from;
  for (let bit = 3; bit >= 0; bit--) {
    const child = children[node * 2 + ((nibble >> bit) & 1)] ?? 0;
    if (child < 0) completed[from * NIBBLES + nibble] = ~child;
    node = Math.max(child, 0);
  }
  nextNode[from * NIBBLES + nibble] = node;
}

growTree();
for (let node = 0; node < NODES; node++) for (let nibble = 0; nibble < NIBBLES; nibble++) walkNibble(node, nibble);
for (let node = 0, bits = 0; bits <= PADDING_LIMIT_BITS; bits++) {
  mayEnd[node] = 1;
  node = children[node * 2 + 1] ?? 0;
}

/** Bytes that a coded string of so many bytes decodes to at most. */
export const decodedLimit = (codedBytes: number): number => Math.ceil((codedBytes * 8) / 5);

/** @param into has room for {@link decodedLimit}
 *  @returns bytes written, or -1 when it is not in this code */
export function decodeHuffman(bytes: Uint8Array, at: number, end: number, into: Uint8Array): number {
  let node = 0;
  let written = 0;
  for (let i = at * 2; i < end * 2; i++) {
    const byte = bytes[i >> 1] ?? 0;
    const step = node * NIBBLES + ((i & 1) === 0 ? byte >> 4 : byte & 15);
    const symbol = completed[step] ?? -1;
    if (symbol === EOS) return -1;
    if (symbol >= 0) into[written++] = symbol;
    node = nextNode[step] ?? 0;
  }
  return mayEnd[node] === 1 ? written : -1;
}
