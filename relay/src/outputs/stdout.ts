// cold. Records on stdout: NDJSON with plain names, or short lines for a person.
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatRecordLine } from '@nanogelf/cli';
import { ChunkStore, type Delivery, decorate, type Origin, type PlainRecord, readDatagram } from '@nanogelf/codec';
import { type Counters, chunkCounters } from '../counters.ts';
import { CLOSE_MS, MAX_QUEUED_BYTES, type Output } from './output.ts';

export interface StdoutOptions {
  readonly stream: Writable;
  readonly human: boolean;
  readonly colour: boolean;
  /** Milliseconds of a clock that does not run backwards. */
  readonly clock: () => number;
  readonly counters: Counters;
}

const NAME = 'stdout';

export class StdoutOutput implements Output {
  readonly name = NAME;
  readonly #options: StdoutOptions;
  readonly #chunks = new ChunkStore();
  /** Lines of this turn of the event loop: one write for all of them. */
  #lines: string[] = [];
  #lineChars = 0;

  constructor(options: StdoutOptions) {
    this.#options = options;
  }

  write(delivery: Delivery): void {
    const record = delivery.kind === 'record' ? delivery.record : this.#readGelf(delivery.datagram, delivery.origin);
    if (record === undefined) return;
    if (this.#options.stream.writableLength + this.#lineChars > MAX_QUEUED_BYTES) this.#count('dropped.queue_full');
    else
      this.#queue(
        this.#options.human ? formatRecordLine(record, undefined, this.#options.colour) : JSON.stringify(record),
      );
  }

  counters(): { readonly [name: string]: number } {
    return chunkCounters(this.name, this.#chunks);
  }

  async close(): Promise<void> {
    this.#flush();
    const { stream } = this.#options;
    for (let waitedMs = 0; waitedMs < CLOSE_MS && stream.writableLength > 0; waitedMs += 10) await sleep(10);
  }

  /** @returns the record, once its last chunk is there */
  #readGelf(datagram: Uint8Array, origin: Origin | undefined): PlainRecord | undefined {
    const read = readDatagram(datagram, this.#chunks, this.#options.clock(), String(origin?.kid));
    if (read === undefined) return undefined;
    if (read.ok) return origin === undefined ? read.value : decorate(read.value, origin);
    this.#count(`dropped.${read.reason}`);
    return undefined;
  }

  #queue(line: string): void {
    if (this.#lines.length === 0) setImmediate(() => this.#flush());
    this.#lines.push(line);
    this.#lineChars += line.length;
  }

  #flush(): void {
    if (this.#lines.length === 0) return;
    this.#options.stream.write(`${this.#lines.join('\n')}\n`);
    this.#options.counters.add(`${NAME}.sent`, this.#lines.length);
    this.#lines = [];
    this.#lineChars = 0;
  }

  #count(what: string): void {
    this.#options.counters.add(`${NAME}.${what}`);
  }
}
