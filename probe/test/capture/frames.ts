/** What a source hands over, kept. */
import { CaptureError, type OnFrame, type PacketSource } from '../../src/capture/source.ts';

export interface Frame {
  readonly bytes: Buffer;
  readonly wireBytes: number;
  readonly tsUs: number;
  readonly iface: number;
  readonly vlanTci: number;
}

/** @returns a callback for `drain` that copies each frame to the end of `into` */
export const collector =
  (into: Frame[]): OnFrame =>
  (bytes, at, capturedBytes, wireBytes, tsUs, iface, vlanTci) =>
    into.push({ bytes: Buffer.from(bytes.subarray(at, at + capturedBytes)), wireBytes, tsUs, iface, vlanTci });

/** Everything of a source that ends, and the error it ended with. */
export async function readAll(open: () => PacketSource): Promise<{ frames: Frame[]; errors: CaptureError[] }> {
  const frames: Frame[] = [];
  const errors: CaptureError[] = [];
  try {
    const source = open();
    const onFrame = collector(frames);
    while (!source.ended) {
      try {
        if (source.drain(onFrame) === 0) await source.wait(1000);
      } catch (error) {
        errors.push(asCaptureError(error));
      }
    }
    source.close();
  } catch (error) {
    errors.push(asCaptureError(error));
  }
  return { frames, errors };
}

function asCaptureError(error: unknown): CaptureError {
  if (error instanceof CaptureError) return error;
  throw error;
}
