// warm. What a header block says, read out of its fields. Source: RFC 9113 sections 8.1 to 8.3.
import { characterEnd, utf8 } from '../kit/text.ts';
import type { FieldSink } from './hpack.ts';
import type { Entry } from './hpack-table.ts';

/** Fields whose values a record or the analyzer needs. */
const WANTED = new Set([
  ':method',
  ':path',
  ':authority',
  ':status',
  'host',
  'user-agent',
  'content-type',
  'content-encoding',
  'forwarded',
  'x-forwarded-for',
  'traceparent',
  'grpc-status',
  'grpc-message',
]);

/** Fields of a block larger than this together (RFC 9113 section 10.5.1) are passed over from there on: an index of one
 *  byte can stand for kilobytes. Servers take 8 to 64 KiB. */
const LIST_LIMIT_BYTES = 256 * 1024;
const FIELD_BYTES = 32;

/** One for all header blocks: read out before the next one is decoded. */
export class HeaderList implements FieldSink {
  /** A name or value was announced in bytes that were not seen. */
  hasUnseen = false;
  /** More fields came than are read. */
  isCut = false;
  readonly #values = new Map<string, string>();
  #lines = '';
  #listBytes = 0;
  #textLimitBytes = 0;

  /** @param textLimitBytes of the lines that will be asked for */
  clear(textLimitBytes: number): void {
    this.hasUnseen = false;
    this.isCut = false;
    this.#values.clear();
    this.#lines = '';
    this.#listBytes = 0;
    this.#textLimitBytes = textLimitBytes;
  }

  addField({ name, value, isSeen }: Entry): void {
    this.#listBytes += name.length + value.length + FIELD_BYTES;
    if (!isSeen) this.hasUnseen = true;
    if (this.#listBytes > LIST_LIMIT_BYTES) this.isCut = true;
    if (this.isCut) return;
    if (WANTED.has(name) && !this.#values.has(name)) this.#values.set(name, value);
    // One character more than asked for shows that something is left out.
    if (!name.startsWith(':') && this.#lines.length <= this.#textLimitBytes)
      this.#lines += this.#lines === '' ? `${name}: ${value}` : `\r\n${name}: ${value}`;
  }

  /** @returns the first value of a field that is wanted; '' without one */
  value(name: string): string {
    return this.#values.get(name) ?? '';
  }

  /** @returns whether it names a request's pseudo-header fields */
  get isRequest(): boolean {
    return this.#values.has(':method') || this.#values.has(':path');
  }

  /** @returns the lines, pseudo-header fields left out, whole or cut between characters */
  text(): { readonly text: string; readonly isCut: boolean } {
    const lengthBytes = Buffer.byteLength(this.#lines);
    if (lengthBytes <= this.#textLimitBytes) return { text: this.#lines, isCut: this.isCut };
    const bytes = Buffer.from(this.#lines);
    return { text: utf8(bytes, 0, characterEnd(bytes, 0, this.#textLimitBytes)), isCut: true };
  }

  /** @returns characters of the values that are wanted */
  get valuesLength(): number {
    let length = 0;
    for (const value of this.#values.values()) length += value.length;
    return length;
  }
}
