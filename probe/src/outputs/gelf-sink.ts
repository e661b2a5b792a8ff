/** cold. Plain GELF over UDP: one message per record, chunked where it is longer than a datagram. */
import { randomBytes } from 'node:crypto';
import {
  compress,
  createMessageIds,
  DEFAULT_DATAGRAM_BYTES,
  encodeGelf,
  type GelfOptions,
  MAX_INFLATED_BYTES,
  toDatagrams,
} from '@nanogelf/codec';
import type { OutputRecord } from '../records/record.ts';
import { Counters } from './counters.ts';
import { shorten } from './shorten.ts';
import type { Sink } from './sink.ts';
import type { UdpGroup } from './udp-group.ts';

export class GelfSink implements Sink {
  readonly #group: UdpGroup;
  readonly #options: GelfOptions;
  readonly #counters = new Counters();

  /** @param datagramBytes longest datagram; 0 for the default */
  constructor(group: UdpGroup, compression: GelfOptions['compression'], datagramBytes: number) {
    this.#group = group;
    this.#options = {
      compression,
      datagramBytes: datagramBytes || DEFAULT_DATAGRAM_BYTES,
      nextId: createMessageIds(randomBytes(8)),
    };
  }

  write(record: OutputRecord): boolean {
    const datagrams = this.#encode(record);
    if (datagrams.length === 0) {
      this.#counters.add('dropped.too_long');
      return false;
    }
    this.#counters.add('records');
    return this.#group.send(datagrams);
  }

  congestion(): Promise<void> | undefined {
    return this.#group.congestion();
  }

  close(): Promise<void> {
    return this.#group.close();
  }

  stats(): { readonly [name: string]: number } {
    return { ...this.#counters.snapshot(), ...this.#group.stats() };
  }

  #encode(record: OutputRecord): Uint8Array[] {
    let current: OutputRecord | undefined = record;
    for (; current !== undefined; current = shorten(current)) {
      const datagrams = this.#encodeWhole(current);
      if (datagrams.length === 0) continue;
      if (current !== record) this.#counters.add('truncated');
      return datagrams;
    }
    return [];
  }

  /** @returns none when the record does not fit 128 chunks, or no receiver would inflate it */
  #encodeWhole(record: OutputRecord): Uint8Array[] {
    const { compression, datagramBytes, nextId } = this.#options;
    const message = encodeGelf(record);
    if (message.length > MAX_INFLATED_BYTES) return [];
    return toDatagrams(compress(message, compression), datagramBytes, nextId);
  }
}
