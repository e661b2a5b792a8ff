/** warm. gzip, piece by piece. Everything a piece holds is handed on before the next one is read, so that a cut file
 *  still gives what it holds. */
import { once } from 'node:events';
import { createGunzip, type Gunzip } from 'node:zlib';

/** Compressed bytes taken at a time: deflate makes at most 1032 bytes of one, so a bomb costs 17 MB, not the memory. */
const PIECE_BYTES = 16 * 1024;
const OUTPUT_BYTES = 64 * 1024;

/** @param pieces raw bytes, gzip-compressed or not
 *  @returns the bytes without the compression, or as they are when they do not start with gzip's magic 1f 8b */
export async function* gunzipped(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const rest = pieces[Symbol.asyncIterator]();
  const head = await firstBytes(rest);
  const all = follow(head, rest);
  yield* head[0] === 0x1f && head[1] === 0x8b ? inflate(all) : all;
}

async function firstBytes(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const { done, value } = await pieces.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

async function* follow(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* inflate(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  const output: Uint8Array[] = [];
  gunzip.on('data', (bytes: Uint8Array) => output.push(bytes));
  gunzip.on('error', () => {}); // told by the write that caused it
  try {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += PIECE_BYTES) {
        const failure = await write(gunzip, piece.subarray(at, at + PIECE_BYTES));
        yield* output.splice(0);
        if (failure) throw failure;
      }
    }
    const failure = await finish(gunzip);
    yield* output.splice(0);
    if (failure) throw failure;
  } finally {
    gunzip.destroy();
  }
}

const write = (gunzip: Gunzip, piece: Uint8Array): Promise<Error | null | undefined> =>
  new Promise(resolve => gunzip.write(piece, resolve));

async function finish(gunzip: Gunzip): Promise<Error | undefined> {
  gunzip.end();
  try {
    await once(gunzip, 'end');
  } catch (error) {
    return error as Error;
  }
  return undefined;
}
