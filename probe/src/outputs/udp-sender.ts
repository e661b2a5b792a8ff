/** cold. Datagrams to one destination: a connected socket, its name looked up again when it fails or grows old. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { type Address, explainSystemError, formatAddress, type Log } from '@nanogelf/cli';
import { Counters } from './counters.ts';

/** Datagrams handed to the system and not yet taken: 100 ms of 20,000 records a second. Beyond it they are dropped. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** A caller that can wait begins to wait here. */
const CONGESTED_BYTES = MAX_PENDING_BYTES / 4;
const LOOKUP_MS = 60_000;
const RETRY_MS = 1_000;
/** How long close() waits for the last datagrams. */
const CLOSE_MS = 2_000;
/** Asked of the system for sending; it grants what it allows. */
const SEND_BUFFER_BYTES = 1024 * 1024;

export class UdpSender {
  readonly #address: Address;
  readonly #log: Log;
  readonly #counters = new Counters();
  #socket: Socket | undefined;
  #remoteHost = '';
  #pendingBytes = 0;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(address: Address, log: Log) {
    this.#address = address;
    this.#log = log;
  }

  /** Looks the name up and connects; when that fails it is tried again each second. */
  async open(): Promise<void> {
    await this.#connect();
    this.#schedule();
  }

  /** Our end's port, so that the capture can leave our own datagrams out; undefined while not connected. */
  get localPort(): number | undefined {
    return this.#socket?.address().port;
  }

  /** Address that the name means now; empty while not connected. */
  get remoteHost(): string {
    return this.#remoteHost;
  }

  get remotePort(): number {
    return this.#address.port;
  }

  /** @param datagram lent until it is sent: it must not be changed after
   *  @returns false when it was dropped, and counted */
  send(datagram: Uint8Array): boolean {
    const socket = this.#socket;
    if (socket === undefined) return this.#drop(this.#closed ? 'closed' : 'no_address');
    if (this.#pendingBytes + datagram.length > MAX_PENDING_BYTES) return this.#drop('queue_full');
    this.#pendingBytes += datagram.length;
    socket.send(datagram, error => this.#settle(datagram.length, error));
    return true;
  }

  congestion(): Promise<void> | undefined {
    if (this.#pendingBytes < CONGESTED_BYTES) return undefined;
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const deadline = Date.now() + CLOSE_MS;
    while (this.#pendingBytes > 0 && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 5));
    this.#closed = true;
    this.#socket?.close();
    this.#socket = undefined;
  }

  stats(): { readonly [name: string]: number } {
    return this.#counters.snapshot();
  }

  #drop(reason: string): false {
    this.#counters.add(`dropped.${reason}`);
    return false;
  }

  #settle(lengthBytes: number, error: Error | null): void {
    this.#pendingBytes -= lengthBytes;
    if (error === null) {
      this.#counters.add('datagrams');
      this.#counters.add('bytes', lengthBytes);
    } else this.#fail(error);
    if (this.#pendingBytes >= CONGESTED_BYTES) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #fail(error: Error): void {
    this.#counters.add(`errors.${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
    this.#log.warn(`cannot send to ${formatAddress(this.#address)}: ${explainSystemError(error)}`);
  }

  #schedule(): void {
    const delayMs = this.#socket === undefined ? RETRY_MS : LOOKUP_MS;
    this.#timer = setTimeout(() => void this.#connect().then(() => this.#closed || this.#schedule()), delayMs);
    this.#timer.unref();
  }

  async #connect(): Promise<void> {
    try {
      const { address, family } = await lookup(this.#address.host);
      if (this.#closed || (this.#socket !== undefined && address === this.#remoteHost)) return;
      const socket = await connectSocket(address, family, this.#address.port);
      socket.on('error', error => this.#fail(error));
      this.#socket?.close();
      this.#socket = socket;
      this.#remoteHost = address;
    } catch (error) {
      this.#counters.add('errors.lookup');
      this.#log.warn(`cannot reach ${formatAddress(this.#address)}, trying again: ${explainSystemError(error)}`);
    }
  }
}

async function connectSocket(host: string, family: number, port: number): Promise<Socket> {
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', sendBufferSize: SEND_BUFFER_BYTES });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, host, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
