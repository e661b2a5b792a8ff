/** cold. Encrypted GELF: records packed into batches, batches sealed into envelopes. */
import { randomFillSync } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import {
  ARMOR_PREFIX,
  armor,
  BatchWriter,
  type Clock,
  createSender,
  DEFLATED,
  type ProbeKey,
  type Sender,
  selectCipher,
  TYPE_BATCH,
} from '@nanogelf/codec';
import type { OutputRecord } from '../records/record.ts';
import { Counters } from './counters.ts';
import type { SessionTime } from './session-time.ts';
import { shorten } from './shorten.ts';
import type { Sink } from './sink.ts';
import type { UdpGroup } from './udp-group.ts';

/** How long a record waits for others to share its datagram. */
const FLUSH_MS = 200;
/** How often a silent probe says that it lives, and how far its sequence has come. */
const HEARTBEAT_MS = 5_000;
/** The sender learns from this that the process did not stand still (a snapshot, a suspended machine). */
const TICK_MS = 1_000;
/** The texts of one record together: each stays under the 64 KiB that a receiver's decoder allows, and the record
 *  under what one message carries. */
const MAX_TEXT_BYTES = 60_000;

export interface SealedOptions {
  readonly key: ProbeKey;
  readonly compression: 'none' | 'dict' | 'unsafe-batch';
  readonly armor: boolean;
  /** Longest datagram; 0 for the envelope's default. */
  readonly datagramBytes: number;
  readonly sessionTime: SessionTime;
}

export class SealedSink implements Sink {
  readonly #group: UdpGroup;
  readonly #options: SealedOptions;
  readonly #sender: Sender;
  readonly #batch: BatchWriter;
  readonly #counters = new Counters();
  readonly #ticks: NodeJS.Timeout;
  #flushTimer: NodeJS.Timeout | undefined;
  #lastSentMs = 0;

  /** @throws RangeError for a datagram size that the envelope does not allow */
  constructor(group: UdpGroup, options: SealedOptions) {
    this.#group = group;
    this.#options = options;
    const mtu = options.datagramBytes || undefined;
    this.#sender = createSender({
      key: options.key,
      cipher: selectCipher(),
      random: into => randomFillSync(into),
      lastT0: options.sessionTime.last,
      ...(mtu === undefined ? {} : { mtu: options.armor ? armoredMtu(mtu) : mtu }),
    });
    this.#batch = new BatchWriter({
      maxBytes: this.#sender.maxBodyBytes,
      compression: options.compression === 'dict' ? 'dict' : 'none',
    });
    this.#ticks = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  write(record: OutputRecord): boolean {
    const fitting = this.#fit(record);
    if (fitting === undefined) {
      this.#counters.add('dropped.too_long');
      return false;
    }
    this.#counters.add('records');
    const full = this.#batch.add(fitting);
    this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_MS).unref();
    return full === undefined || this.#send(full);
  }

  congestion(): Promise<void> | undefined {
    return this.#group.congestion();
  }

  async close(): Promise<void> {
    clearInterval(this.#ticks);
    this.#flush();
    // The last word says how far the sequence has come: what was lost at the end is known as well.
    this.#heartbeat();
    await this.#group.close();
  }

  stats(): { readonly [name: string]: number } {
    const { nextSeq = 0, sessions = 0 } = this.#sender.status() ?? {};
    return { ...this.#counters.snapshot(), sealed: nextSeq, sessions, ...this.#group.stats() };
  }

  /** A string over the decoder's limit, or a record over the largest message, would be refused at the other end. */
  #fit(record: OutputRecord): OutputRecord | undefined {
    let current: OutputRecord | undefined = record;
    while (current !== undefined && textBytes(current) > MAX_TEXT_BYTES) current = shorten(current);
    return current;
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const body = this.#batch.take();
    if (body !== undefined) this.#send(body);
  }

  #send(body: Uint8Array): boolean {
    if (this.#options.compression !== 'unsafe-batch') return this.#post(this.#seal(TYPE_BATCH, body));
    return this.#post(this.#seal(TYPE_BATCH | DEFLATED, deflateSync(body)));
  }

  #seal(type: number, body: Uint8Array): Uint8Array[] {
    const datagrams = this.#sender.seal(type, body, clock());
    this.#options.sessionTime.keep(this.#sender.status()?.t0 ?? 0);
    return datagrams;
  }

  #post(datagrams: readonly Uint8Array[]): boolean {
    this.#lastSentMs = performance.now();
    return this.#group.send(this.#options.armor ? datagrams.map(one => Buffer.from(armor(one))) : datagrams);
  }

  #tick(): void {
    this.#sender.tick(clock());
    if (performance.now() - this.#lastSentMs >= HEARTBEAT_MS) this.#heartbeat();
  }

  #heartbeat(): void {
    this.#post([this.#sender.heartbeat(clock())]);
    this.#options.sessionTime.keep(this.#sender.status()?.t0 ?? 0);
  }
}

const clock = (): Clock => ({ wallMs: Date.now(), monoMs: performance.now() });

/** Text takes four characters for three bytes. */
const armoredMtu = (mtu: number): number => Math.floor(((mtu - ARMOR_PREFIX.length) * 3) / 4);

function textBytes(record: OutputRecord): number {
  let bytes = 0;
  for (const value of Object.values(record)) if (typeof value === 'string') bytes += Buffer.byteLength(value);
  return bytes;
}
