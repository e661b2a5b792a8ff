// cold. Follows one handshake until both sides encrypt, and tells it.
import { type Analyzer, type AnalyzerContext, type Direction, LOST, STOP } from '../analyzer.ts';
import type { tlsFields } from './fields.ts';
import { HandshakeReader } from './handshake.ts';
import { beginning } from './starttls.ts';
import { Story } from './story.ts';
import * as wire from './wire.ts';

type Context = AnalyzerContext<typeof tlsFields>;

export class TlsAnalyzer implements Analyzer {
  readonly #context: Context;
  readonly #story: Story;
  readonly #readers = [new HandshakeReader(), new HandshakeReader()] as const;
  /** Bytes of the record at hand that are passed over. */
  readonly #skip: [number, number] = [0, 0];
  /** The text before STARTTLS is behind us. */
  readonly #inTls: [boolean, boolean] = [false, false];
  #isTold = false;

  constructor(context: Context) {
    this.#context = context;
    this.#story = new Story();
    this.#story.startTls = context.inheritance?.from.title;
  }

  onData(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    if (this.#skip[direction] > 0) return this.#pass(direction, bytes.length);
    if (!this.#inTls[direction]) {
      const textBytes = this.#begin(direction, bytes);
      if (textBytes !== 0 || !this.#inTls[direction]) return textBytes;
    }
    if (bytes.length < wire.RECORD_HEADER_BYTES) return 0;
    if (!wire.isRecordHeader(bytes, 0)) return this.#lose(direction);
    return this.#readRecord(direction, bytes, tsUs, beginUs);
  }

  /** A lost piece of a record that is passed over leaves the next one where it is. */
  onGap(direction: Direction, lengthBytes: number): boolean {
    if (this.#skip[direction] >= lengthBytes) {
      this.#skip[direction] -= lengthBytes;
      return true;
    }
    this.#skip[direction] = 0;
    this.#inTls[direction] = true;
    this.#readers[direction].lose();
    this.#story.lose(direction);
    return false;
  }

  onClose(tsUs: number): void {
    this.#tell(tsUs);
  }

  #pass(direction: Direction, availableBytes: number): number {
    const passed = Math.min(this.#skip[direction], availableBytes);
    this.#skip[direction] -= passed;
    return passed;
  }

  /** @returns bytes of clear text before TLS; 0 when there are none, or when more must be seen first */
  #begin(direction: Direction, bytes: Uint8Array): number {
    const first = bytes[0] ?? 0;
    const isRecord = first >= wire.CHANGE_CIPHER_SPEC && first <= wire.APPLICATION_DATA;
    const found = isRecord ? undefined : beginning(direction, bytes);
    if (found === 'more') return 0;
    if (found === 'no') return STOP;
    this.#inTls[direction] = true;
    this.#story.startTls ??= found?.name;
    return found?.at ?? 0;
  }

  #lose(direction: Direction): number {
    this.#context.parseError('record_header');
    this.#readers[direction].lose();
    this.#story.lose(direction);
    return LOST;
  }

  /** Handshake and alert records are read whole; of the others only the header is. */
  #readRecord(direction: Direction, bytes: Uint8Array, tsUs: number, beginUs: number): number {
    const type = bytes[0] ?? 0;
    const end = wire.RECORD_HEADER_BYTES + wire.recordBytes(bytes, 0);
    const isRead = (type === wire.HANDSHAKE || type === wire.ALERT) && !this.#story.encrypts(direction);
    if (isRead && bytes.length < end) return 0;
    this.#story.count(end, beginUs, tsUs);
    if (isRead) this.#read(direction, type, bytes.subarray(wire.RECORD_HEADER_BYTES, end), tsUs);
    else if (type === wire.CHANGE_CIPHER_SPEC) this.#story.onChangeCipherSpec(direction);
    else this.#story.onEncrypted(direction, tsUs);
    if (this.#story.isOver) this.#tell(tsUs);
    if (this.#isTold) return STOP;
    if (isRead) return end;
    this.#skip[direction] = end - wire.RECORD_HEADER_BYTES;
    return wire.RECORD_HEADER_BYTES;
  }

  #read(direction: Direction, type: number, content: Uint8Array, tsUs: number): void {
    if (type === wire.ALERT) {
      this.#story.onAlert(direction, content, tsUs);
      return;
    }
    const reader = this.#readers[direction];
    const before = reader.heldBytes;
    const isWhole = reader.push(content, (messageType, body) => {
      const fault = this.#story.onMessage(direction, messageType, body);
      if (fault !== undefined) this.#context.parseError(fault);
    });
    if (!isWhole) this.#context.parseError('message_long');
    const more = reader.heldBytes - before;
    if (more > 0 && !this.#context.hold(more)) reader.lose();
    else if (more < 0) this.#context.release(-more);
  }

  #tell(tsUs: number): void {
    if (this.#isTold || !this.#story.hasHello) return;
    this.#isTold = true;
    this.#context.emit(this.#story.exchange(tsUs));
  }
}
