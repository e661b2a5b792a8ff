// warm. GELF over TLS to another relay, to Graylog's GELF TCP input, or to Logstash. Keeps what was not passed on while the
// link is down, up to a bound.
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { type Address, explainSystemError, formatAddress, type Log } from '@nanogelf/cli';
import { ChunkStore, type Delivery, decorate, encodeGelf, readDatagram } from '@nanogelf/codec';
import { type Counters, chunkCounters } from '../counters.ts';
import { ACKNOWLEDGED_PROTOCOL } from '../tls/messages.ts';
import { Backlog } from './backlog.ts';
import { CLOSE_MS, type Output } from './output.ts';

export interface TlsOutputOptions {
  readonly identity: SecureContextOptions;
  /** What ends a message: a NUL for GELF over TCP, a newline for json_lines. */
  readonly delimiter: '\0' | '\n';
  /** Bytes kept while the link is down; what comes then is dropped and counted. */
  readonly bufferBytes: number;
}

const RETRY_MS = 1_000;
/** Written, and for so long not acknowledged: the link is cut, though nobody said so. */
const SILENCE_MS = 10_000;
const CHECK_MS = 1_000;
const CONNECT_MS = 10_000;

export class TlsOutput implements Output {
  readonly name: string;
  readonly #address: Address;
  readonly #options: TlsOutputOptions;
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #backlog: Backlog;
  readonly #chunks = new ChunkStore();
  readonly #timer: NodeJS.Timeout;
  #socket: TLSSocket | undefined;
  #isUp = false;
  #acknowledged = false;
  #ackText = '';
  #heardMs = 0;
  #triedMs = -RETRY_MS;
  #closing = false;

  constructor(address: Address, options: TlsOutputOptions, counters: Counters, log: Log) {
    this.name = formatAddress(address);
    this.#address = address;
    this.#options = options;
    this.#counters = counters;
    this.#log = log;
    this.#backlog = new Backlog(options.bufferBytes);
    this.#timer = setInterval(() => this.#check(performance.now()), CHECK_MS).unref();
    this.#connect();
  }

  write(delivery: Delivery): void {
    const text = delivery.kind === 'record' ? encodeGelf(delivery.record) : this.#read(delivery);
    if (text === undefined) return;
    if (!this.#backlog.add(Buffer.concat([text, Buffer.from(this.#options.delimiter)]))) this.#drop('queue_full');
    else this.#pump();
  }

  counters(): { readonly [name: string]: number } {
    return chunkCounters(this.name, this.#chunks);
  }

  async close(): Promise<void> {
    for (let waitedMs = 0; waitedMs < CLOSE_MS && !this.#backlog.isEmpty; waitedMs += 10) await sleep(10);
    clearInterval(this.#timer);
    this.#closing = true;
    this.#socket?.destroy();
    this.#drop('closed', this.#backlog.length);
  }

  /** A stream has no chunks and no compression.
   *  @returns one message's JSON text, once its last chunk is there */
  #read(delivery: Delivery & { readonly kind: 'datagram' }): Uint8Array | undefined {
    const { datagram, origin } = delivery;
    const read = readDatagram(datagram, this.#chunks, performance.now(), String(origin?.kid));
    if (read === undefined) return undefined;
    if (read.ok) return encodeGelf(origin === undefined ? read.value : decorate(read.value, origin));
    this.#drop(read.reason);
    return undefined;
  }

  #connect(): void {
    const { host, port } = this.#address;
    this.#triedMs = performance.now();
    const socket = connect({
      ...this.#options.identity,
      host,
      port,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ALPNProtocols: [ACKNOWLEDGED_PROTOCOL],
    });
    this.#socket = socket;
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('no answer')));
    socket.on('secureConnect', () => this.#onUp(socket));
    socket.on('data', (bytes: Buffer) => this.#onAcknowledged(bytes));
    socket.on('drain', () => this.#pump());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.on('close', () => this.#onDown());
  }

  #onUp(socket: TLSSocket): void {
    socket.setTimeout(0);
    this.#isUp = true;
    this.#acknowledged = socket.alpnProtocol === ACKNOWLEDGED_PROTOCOL;
    this.#ackText = '';
    this.#heardMs = performance.now();
    this.#counters.add(`${this.name}.connections`);
    this.#log.info(`${this.name}: connected`);
    this.#pump();
  }

  #onError(error: NodeJS.ErrnoException): void {
    this.#counters.add(`${this.name}.errors.${error.code ?? 'broken'}`);
    this.#log.warn(`${this.name}: ${error.syscall === undefined ? error.message : explainSystemError(error)}`);
  }

  #onDown(): void {
    if (this.#isUp && !this.#closing) this.#log.warn(`${this.name}: the connection ended; messages are kept`);
    this.#isUp = false;
    this.#socket = undefined;
    this.#counters.add(`${this.name}.sent_again`, this.#backlog.rewind());
  }

  /** Writes until the socket has enough. */
  #pump(): void {
    const socket = this.#socket;
    if (!this.#isUp || socket === undefined) return;
    if (!this.#backlog.hasUnconfirmed) this.#heardMs = performance.now();
    while (!socket.writableNeedDrain) {
      const message = this.#backlog.next();
      if (message === undefined) return;
      // A peer that acknowledges nothing has it as soon as the kernel took it: that is all that can be known.
      if (this.#acknowledged) socket.write(message);
      else socket.write(message, error => !error && socket === this.#socket && this.#confirm(1));
    }
  }

  #onAcknowledged(bytes: Buffer): void {
    if (!this.#acknowledged) return; // e.g. Graylog, which says nothing
    this.#ackText = (this.#ackText + bytes.toString('latin1')).slice(-64);
    const lines = this.#ackText.split('\n');
    const last = Number(lines.at(-2) ?? Number.NaN);
    this.#ackText = lines.at(-1) ?? '';
    if (Number.isSafeInteger(last)) this.#confirm(last - this.#backlog.confirmedSinceRewind);
  }

  #confirm(messages: number): void {
    this.#heardMs = performance.now();
    this.#counters.add(`${this.name}.sent`, this.#backlog.confirm(messages));
    this.#pump();
  }

  #check(nowMs: number): void {
    if (this.#socket === undefined) {
      if (nowMs - this.#triedMs >= RETRY_MS) this.#connect();
    } else if (this.#isUp && this.#backlog.hasUnconfirmed && nowMs - this.#heardMs > SILENCE_MS) {
      this.#socket.destroy(new Error('nothing was acknowledged'));
    }
  }

  #drop(reason: string, count = 1): void {
    this.#counters.add(`${this.name}.dropped.${reason}`, count);
  }
}
