/** warm. How long looking for processes may take: what is over is put off or left out, and counted. */

/** Of one CPU, over time: the 2 % pay for 6,000 questions to the kernel, or a look through a thousand processes, a second. */
const SHARE = 0.02;
/** Saved up while little is asked: enough to look through the processes of a large host once. */
const BURST_MS = 100;
/** In one turn of the capture: a small part of what the ring holds (130 ms). */
const TURN_MS = 5;

export class Allowance {
  #savedMs = BURST_MS;
  #turnMs = TURN_MS;
  #atMs = performance.now();
  /** All that was spent. */
  totalMs = 0;

  /** A turn of the capture begins. */
  beginTurn(nowMs: number): void {
    this.#savedMs = Math.min(BURST_MS, this.#savedMs + (nowMs - this.#atMs) * SHARE);
    this.#turnMs = TURN_MS;
    this.#atMs = nowMs;
  }

  /** @returns milliseconds that may be spent now; none when not above 0 */
  get leftMs(): number {
    return Math.min(this.#savedMs, this.#turnMs);
  }

  /** Accounts for what began at `sinceMs`, by performance.now(), and ends now. */
  spend(sinceMs: number): void {
    const spentMs = performance.now() - sinceMs;
    this.#savedMs -= spentMs;
    this.#turnMs -= spentMs;
    this.totalMs += spentMs;
  }
}
