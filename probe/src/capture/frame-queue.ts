/** warm. Frames kept until they are drained: one buffer of bytes, used from its start again whenever it has been emptied. */
import type { OnFrame } from './source.ts';

/** What a stall of the event loop may pile up; beyond it frames are dropped and counted. */
const QUEUE_BYTES = 4 * 1024 * 1024;
const QUEUE_FRAMES = 16_384;

export class FrameQueue {
  /** Frames offered, the dropped ones included. */
  received = 0;
  dropped = 0;
  count = 0;
  readonly #bytes = new Uint8Array(QUEUE_BYTES);
  readonly #captured = new Uint32Array(QUEUE_FRAMES);
  readonly #wire = new Uint32Array(QUEUE_FRAMES);
  readonly #tsUs = new Float64Array(QUEUE_FRAMES);
  #end = 0;

  /** Copies the first `capturedBytes` of `frame`, or counts it as dropped. */
  push(frame: Uint8Array, capturedBytes: number, wireBytes: number, tsUs: number): void {
    this.received++;
    if (this.count === QUEUE_FRAMES || this.#end + capturedBytes > QUEUE_BYTES) {
      this.dropped++;
      return;
    }
    this.#bytes.set(frame.subarray(0, capturedBytes), this.#end);
    this.#captured[this.count] = capturedBytes;
    this.#wire[this.count] = wireBytes;
    this.#tsUs[this.count] = tsUs;
    this.#end += capturedBytes;
    this.count++;
  }

  /** Hands over all of it. @returns how many */
  drain(onFrame: OnFrame): number {
    const { count } = this;
    let at = 0;
    for (let n = 0; n < count; n++) {
      const capturedBytes = this.#captured[n] as number;
      onFrame(this.#bytes, at, capturedBytes, this.#wire[n] as number, this.#tsUs[n] as number, 0, -1);
      at += capturedBytes;
    }
    this.count = 0;
    this.#end = 0;
    return count;
  }
}
