/** cold. Encrypted GELF: records packed into batches, batches sealed into envelopes. */
import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { UsageError } from '@nanogelf/cli';
import {
  ARMOR_PREFIX,
  armor,
  BatchWriter,
  type Clock,
  createSender,
  DEFAULT_DATAGRAM_BYTES,
  DEFAULT_MTU_BYTES,
  DEFLATED,
  encodeGelf,
  encodeRecord,
  MAX_ARRAY,
  MAX_STRING_BYTES,
  MIN_MTU_BYTES,
  maxMessageBytes,
  type ProbeKey,
  type Sender,
  selectCipher,
  TYPE_BATCH,
} from '@nanogelf/codec';
import type { OutputRecord } from '../records/record.ts';
import { Counters } from './counters.ts';
import type { SessionTime } from './session-time.ts';
import { isSmall, shorten } from './shorten.ts';
import type { Sink } from './sink.ts';
import type { UdpGroup } from './udp-group.ts';

/** How long a record waits for others to share its datagram. */
const FLUSH_MS = 200;
/** How often a silent probe says that it lives, and how far its sequence has come. */
const HEARTBEAT_MS = 5_000;
/** The sender learns from this that the process did not stand still (a snapshot, a suspended machine). */
const TICK_MS = 1_000;
/** What a receiver passes on as GELF must fit 128 chunks there. */
const MAX_GELF_BYTES = maxMessageBytes(DEFAULT_DATAGRAM_BYTES);
/** More than a batch of one record adds to it, and zlib to bytes that it cannot shrink. */
const BATCH_BYTES = 128;
/** A copied machine gets another id, and then needs another session. Source: machine-id(5). */
const MACHINE_ID_FILE = '/etc/machine-id';

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
  readonly #recordCompression: 'none' | 'dict';
  readonly #batch: BatchWriter;
  readonly #counters = new Counters();
  readonly #ticks: NodeJS.Timeout;
  #flushTimer: NodeJS.Timeout | undefined;
  #lastSentMs = 0;

  /** @throws UsageError for a key that cannot work */
  constructor(group: UdpGroup, options: SealedOptions) {
    this.#group = group;
    this.#options = options;
    this.#sender = openSender(options);
    this.#recordCompression = options.compression === 'dict' ? 'dict' : 'none';
    this.#batch = new BatchWriter({ maxBytes: this.#sender.maxBodyBytes, compression: this.#recordCompression });
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
    await Promise.all([this.#group.close(), this.#options.sessionTime.written()]);
  }

  stats(): { readonly [name: string]: number } {
    const { nextSeq = 0, sessions = 0 } = this.#sender.status() ?? {};
    return { ...this.#counters.snapshot(), sealed: nextSeq, sessions, ...this.#group.stats() };
  }

  /** @returns the record, cut where the other end would refuse it; undefined when cutting does not help */
  #fit(record: OutputRecord): OutputRecord | undefined {
    if (isSmall(record)) return record;
    let current: OutputRecord | undefined = record;
    while (current !== undefined && !this.#carries(current)) current = shorten(current);
    if (current !== record) this.#counters.add('truncated');
    return current;
  }

  /** Whether the envelope, its decoder and the GELF chunks behind the receiver all carry the record. */
  #carries(record: OutputRecord): boolean {
    if (!Object.values(record).every(isDecodable) || encodeGelf(record).length > MAX_GELF_BYTES) return false;
    return encodeRecord(record, this.#recordCompression).length + BATCH_BYTES <= this.#sender.maxMessageBytes;
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
    this.#sender.tick(clock(), readMachineId());
    if (performance.now() - this.#lastSentMs >= HEARTBEAT_MS) this.#heartbeat();
  }

  #heartbeat(): void {
    this.#post([this.#sender.heartbeat(clock())]);
    this.#options.sessionTime.keep(this.#sender.status()?.t0 ?? 0);
  }
}

const clock = (): Clock => ({ wallMs: Date.now(), monoMs: performance.now() });

function openSender({ key, sessionTime, armor, datagramBytes }: SealedOptions): Sender {
  const mtu = datagramBytes || DEFAULT_MTU_BYTES;
  const random = (into: Uint8Array): void => void randomFillSync(into);
  try {
    const options = { key, cipher: selectCipher(), random, lastT0: sessionTime.last };
    return createSender({ ...options, mtu: armor ? armoredMtu(mtu) : mtu });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError('ERR_KEY', `encrypt: ${error.message}`);
  }
}

/** Text takes four characters for three bytes; an envelope has a least size all the same. */
const armoredMtu = (mtu: number): number => Math.max(MIN_MTU_BYTES, Math.floor(((mtu - ARMOR_PREFIX.length) * 3) / 4));

/** One value over the decoder's limits makes it refuse the whole batch. */
const isDecodable = (value: unknown): boolean =>
  typeof value === 'string'
    ? Buffer.byteLength(value) <= MAX_STRING_BYTES
    : !Array.isArray(value) || value.length <= MAX_ARRAY;

function readMachineId(): string | undefined {
  try {
    return readFileSync(MACHINE_ID_FILE, 'utf8');
  } catch {
    return undefined;
  }
}
