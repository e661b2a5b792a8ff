// warm. GELF datagrams to one receiver.
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, explainSystemError, formatAddress, OperationalError } from '@nanogelf/cli';
import {
  createMessageIds,
  DEFAULT_DATAGRAM_BYTES,
  type Delivery,
  encodeGelf,
  isChunk,
  toDatagrams,
} from '@nanogelf/codec';
import type { Counters } from '../counters.ts';
import { CLOSE_MS, MAX_QUEUED_BYTES, type Output } from './output.ts';

/** Receivers (Logstash's input-gelf, Graylog) cut datagrams at 8,192 bytes; beyond loopback the path cuts first. */
const LOOPBACK_DATAGRAM_BYTES = 8_192;
/** A name is resolved again so often: receivers move. */
const RESOLVE_MS = 60_000;

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1';

/** @throws OperationalError when the name does not resolve */
export async function openUdpOutput(address: Address, counters: Counters): Promise<Output> {
  const name = formatAddress(address);
  const ip = await resolveHost(address.host, name);
  const output = new UdpOutput(name, address, counters);
  await output.connect(ip);
  return output;
}

async function resolveHost(host: string, name: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new OperationalError('ERR_OUTPUT', `--output ${name}: ${explainSystemError(error)}`);
  }
}

class UdpOutput implements Output {
  readonly name: string;
  readonly #address: Address;
  readonly #counters: Counters;
  readonly #nextId = createMessageIds(randomBytes(8));
  readonly #timer: NodeJS.Timeout;
  #socket: Socket | undefined;
  #ip = '';
  #datagramBytes = DEFAULT_DATAGRAM_BYTES;

  constructor(name: string, address: Address, counters: Counters) {
    this.name = name;
    this.#address = address;
    this.#counters = counters;
    this.#timer = setInterval(() => this.#resolveAgain(), RESOLVE_MS).unref();
  }

  async connect(ip: string): Promise<void> {
    const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
    socket.connect(this.#address.port, ip);
    await once(socket, 'connect');
    // A connected socket hears that nothing listens; the datagrams that follow may be taken again.
    socket.on('error', error => this.#countError(error));
    this.#socket?.close();
    this.#socket = socket;
    this.#ip = ip;
    this.#datagramBytes = isLoopback(ip) ? LOOPBACK_DATAGRAM_BYTES : DEFAULT_DATAGRAM_BYTES;
  }

  write(delivery: Delivery): void {
    const message = delivery.kind === 'datagram' ? delivery.datagram : encodeGelf(delivery.record);
    const datagrams = isChunk(message) ? [message] : toDatagrams(message, this.#datagramBytes, this.#nextId);
    if (datagrams.length === 0) this.#drop('too_long');
    for (const datagram of datagrams) this.#send(datagram);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (let waitedMs = 0; waitedMs < CLOSE_MS && this.#queuedBytes() > 0; waitedMs += 10) await sleep(10);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #send(datagram: Uint8Array): void {
    if (this.#socket === undefined) this.#drop('closed');
    else if (this.#queuedBytes() + datagram.length > MAX_QUEUED_BYTES) this.#drop('queue_full');
    else this.#socket.send(datagram, this.#onSent);
  }

  readonly #onSent = (error: Error | null): void => {
    if (error) this.#countError(error);
    else this.#counters.add(`${this.name}.sent`);
  };

  #queuedBytes(): number {
    return this.#socket?.getSendQueueSize() ?? 0;
  }

  #countError(error: Error): void {
    this.#drop((error as NodeJS.ErrnoException).code ?? error.name);
  }

  #drop(reason: string): void {
    this.#counters.add(`${this.name}.dropped.${reason}`);
  }

  async #resolveAgain(): Promise<void> {
    try {
      const { address } = await lookup(this.#address.host);
      if (address !== this.#ip && this.#socket !== undefined) await this.connect(address);
    } catch {
      this.#counters.add(`${this.name}.resolve_errors`);
    }
  }
}
