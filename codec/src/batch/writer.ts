// cold. Packs records until a byte budget is full.
import type { PlainRecord } from '../gelf/message.ts';
import { MAX_ARRAY } from './messagepack.ts';
import { encodeRecord, type RecordCompression } from './records.ts';

const FIXARRAY = 0x90;
const ARRAY_16 = 0xdc;
/** The longer of the two headers that up to 512 elements need. */
const ARRAY_HEADER_BYTES = 3;

export interface BatchWriterOptions {
  /** Longest body: what fits one envelope. A record that is longer alone makes a longer body, which the sender cuts
   *  into fragments. */
  readonly maxBytes: number;
  readonly compression: RecordCompression;
}

export class BatchWriter {
  readonly #options: BatchWriterOptions;
  #records: Uint8Array[] = [];
  #lengthBytes = ARRAY_HEADER_BYTES;

  /** @throws RangeError when `maxBytes` cannot hold anything */
  constructor(options: BatchWriterOptions) {
    if (!(options.maxBytes > ARRAY_HEADER_BYTES)) {
      throw new RangeError(`maxBytes: expected more than ${ARRAY_HEADER_BYTES}, got ${options.maxBytes}`);
    }
    this.#options = options;
  }

  /** Records in the batch so far. */
  get count(): number {
    return this.#records.length;
  }

  /** @param record plain names
   *  @returns the batch that was full before this record, to be sent now; undefined while there is room */
  add(record: PlainRecord): Uint8Array | undefined {
    const encoded = encodeRecord(record, this.#options.compression);
    const full = this.#lengthBytes + encoded.length > this.#options.maxBytes || this.count === MAX_ARRAY;
    const before = full ? this.take() : undefined;
    this.#records.push(encoded);
    this.#lengthBytes += encoded.length;
    return before;
  }

  /** @returns the body of the batch, which then begins anew; undefined when it is empty */
  take(): Uint8Array | undefined {
    if (this.count === 0) return undefined;
    const body = Buffer.concat([arrayHeader(this.count), ...this.#records]);
    this.#records = [];
    this.#lengthBytes = ARRAY_HEADER_BYTES;
    return body;
  }
}

const arrayHeader = (count: number): Uint8Array =>
  count < 16 ? Uint8Array.of(FIXARRAY | count) : Uint8Array.of(ARRAY_16, count >> 8, count);
