/** cold. Waiting with an end. */

/** Resolves when `promise` does, at the latest after `timeoutMs`. */
export async function within(promise: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>(resolve => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}

/** Resolves after `delayMs`. */
export const sleep = (delayMs: number): Promise<void> => new Promise(resolve => setTimeout(resolve, delayMs));

/** Says when the frames of a recording are due. */
export class Pacer {
  readonly #speed: number;
  #baseUs = Number.NaN;
  #startMs = 0;

  /** @param speed 0 as fast as possible, 1 the original timing, N times as fast */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** @returns stamp of the latest frame that is due now; -Infinity before `start` */
  limitUs(): number {
    if (this.#speed === 0) return Number.POSITIVE_INFINITY;
    if (Number.isNaN(this.#baseUs)) return Number.NEGATIVE_INFINITY;
    return this.#baseUs + (performance.now() - this.#startMs) * 1000 * this.#speed;
  }

  /** The recording starts now with the frame of this stamp; further calls change nothing. */
  start(tsUs: number): void {
    if (!Number.isNaN(this.#baseUs)) return;
    this.#baseUs = tsUs;
    this.#startMs = performance.now();
  }

  /** @returns milliseconds until the frame of this stamp is due, at least 0 */
  dueInMs(tsUs: number): number {
    return Math.max(0, (tsUs - this.limitUs()) / 1000 / this.#speed);
  }
}
