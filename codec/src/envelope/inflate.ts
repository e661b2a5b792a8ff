// warm. A deflated body, within a limit that no input can move.
import { inflateSync } from 'node:zlib';
import { MAX_MESSAGE_BYTES } from './wire.ts';

/** @returns undefined for a stream that is damaged, too long, or has bytes behind it */
export function inflate(body: Uint8Array): Uint8Array | undefined {
  try {
    const result = inflateSync(body, { maxOutputLength: MAX_MESSAGE_BYTES, info: true }) as unknown as {
      buffer: Uint8Array;
      engine: { bytesWritten: number };
    };
    return result.engine.bytesWritten === body.length ? result.buffer : undefined;
  } catch {
    return undefined;
  }
}
