// cold. Follows the messages of a zone transfer to its last record. Source: RFC 5936 section 2.2, RFC 1995 section 4.
import { HEADER_BYTES, readEntry, u16 } from './message.ts';
import { readName } from './name.ts';

const SOA = 6;
/** The serial number is the first of five at the record's end. */
const SERIAL_BEFORE_END = 20;
/** The new zone's SOA stands first and last; in an incremental one also where the last difference adds. */
const SEEN_WHOLE = 2;
const SEEN_INCREMENTAL = 3;

export class Transfer {
  records = 0;
  isOver = false;
  readonly #mayBeIncremental: boolean;
  #serial = 0;
  #until = SEEN_WHOLE;
  #seen = 0;

  constructor(type: string) {
    this.#mayBeIncremental = type === 'IXFR';
  }

  /** @param bytes a message of the answer, lent */
  take(bytes: Uint8Array): void {
    let at = behindQuestions(bytes);
    for (let count = u16(bytes, 6); count > 0 && at !== undefined; count--) {
      const entry = readEntry(bytes, at);
      if (entry !== undefined) this.#count(entry.type === SOA ? serialBefore(bytes, entry.end) : undefined);
      at = entry?.end;
    }
    // Nothing but its SOA: the client has the zone already.
    if (this.#mayBeIncremental && this.records === 1) this.isOver = true;
  }

  #count(serial: number | undefined): void {
    this.records += 1;
    if (this.records === 1) this.#serial = serial ?? 0;
    if (this.records === 2 && this.#mayBeIncremental && serial !== undefined && serial !== this.#serial)
      this.#until = SEEN_INCREMENTAL;
    if (serial === this.#serial) this.#seen += 1;
    if (this.#seen >= this.#until) this.isOver = true;
  }
}

const serialBefore = (bytes: Uint8Array, end: number): number =>
  u16(bytes, end - SERIAL_BEFORE_END) * 0x10000 + u16(bytes, end - SERIAL_BEFORE_END + 2);

/** @returns where the records begin; undefined when the questions are cut */
function behindQuestions(bytes: Uint8Array): number | undefined {
  let at = HEADER_BYTES;
  for (let count = u16(bytes, 4); count > 0; count--) {
    const name = readName(bytes, at);
    if (name === undefined) return undefined;
    at = name.end + 4;
  }
  return at;
}
