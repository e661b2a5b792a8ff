/** warm. Waits for several descriptors at once, on another thread, so that the event loop lives; can be woken. */
import { libc } from './libc.ts';

/** A poll holds up the end of the process for at most so long. */
const MAX_POLL_MS = 250;
const POLLIN = 0x001;
const POLLERR = 0x008;
const POLLHUP = 0x010;
const POLLNVAL = 0x020;
const POLLFD_BYTES = 8;
const EFD_CLOEXEC_NONBLOCK = 0x80800;

export class PollSet {
  /** Written to wake the poll; the last of the descriptors waited for. */
  readonly #wake = libc().eventfd(0, EFD_CLOEXEC_NONBLOCK);
  #entries: Buffer = Buffer.alloc(0);
  #pending: Promise<void> | undefined;

  /** True while another thread may touch the descriptors: none of them may be closed. */
  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /** Resolves when one of `fds` can be read or is ill, when woken, or after `timeoutMs`; a wait that is under way
   *  already is joined. */
  wait(fds: readonly number[], timeoutMs: number): Promise<void> {
    this.#pending ??= this.#poll([...fds, this.#wake], Math.min(timeoutMs, MAX_POLL_MS));
    return this.#pending;
  }

  wake(): void {
    libc().write(this.#wake, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), 8);
  }

  /** @returns whether the last wait found the `n`th descriptor ill */
  isIll(n: number): boolean {
    const at = n * POLLFD_BYTES;
    if (at + POLLFD_BYTES > this.#entries.length) return false;
    const [, , , found = 0] = new Int16Array(this.#entries.buffer, this.#entries.byteOffset + at, 4);
    return (found & (POLLERR | POLLHUP | POLLNVAL)) !== 0;
  }

  /** Not while `busy`. */
  close(): void {
    libc().close(this.#wake);
  }

  #poll(fds: number[], timeoutMs: number): Promise<void> {
    const entries = Buffer.alloc(fds.length * POLLFD_BYTES);
    const words = new Int32Array(entries.buffer, entries.byteOffset, fds.length * 2);
    const halves = new Int16Array(entries.buffer, entries.byteOffset, fds.length * 4);
    fds.forEach((fd, n) => {
      words[n * 2] = fd;
      halves[n * 4 + 2] = POLLIN;
    });
    this.#entries = entries;
    return new Promise(resolve =>
      libc().poll(entries, fds.length, Math.ceil(timeoutMs), () => {
        this.#pending = undefined;
        resolve();
      }),
    );
  }
}
