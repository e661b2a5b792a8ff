/** warm. The sockets behind this host's own ports, remembered, so that a server's every connection costs nothing. */

/** Ports of which it is remembered who listens, or that nobody does; a scan of all ports does not grow it further. */
const MAX_PORTS = 4096;
/** After so long it is asked again: a server may have been restarted, or just been started. */
const KNOWN_MS = 10_000;
const NOBODY_MS = 1000;

export interface Listening {
  /** 0 when nobody does. */
  readonly inode: number;
  /** From then on it should be asked again. */
  readonly untilMs: number;
}

export class ListeningPorts {
  readonly #ports = new Map<string, Listening>();

  get(key: string): Listening | undefined {
    return this.#ports.get(key);
  }

  set(key: string, inode: number, nowMs: number): void {
    const [oldest] = this.#ports.keys();
    if (this.#ports.size >= MAX_PORTS && oldest !== undefined) this.#ports.delete(oldest);
    // To the end of the map: what was asked for lately is kept.
    this.#ports.delete(key);
    this.#ports.set(key, { inode, untilMs: nowMs + (inode === 0 ? NOBODY_MS : KNOWN_MS) });
  }
}
