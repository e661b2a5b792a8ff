// cold. Packets and messages of TNS and TTC, as the scripted server writes and reads them.

export const u8 = (...values: number[]): Buffer => Buffer.from(values);
export const join = (...parts: Buffer[]): Buffer => Buffer.concat(parts);

function sized(lengthBytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(lengthBytes);
  if (lengthBytes > 0) buffer.writeUIntBE(value, 0, lengthBytes);
  return buffer;
}
export const u16 = (value: number): Buffer => sized(2, value);
export const u32 = (value: number): Buffer => sized(4, value);

/** A number behind the count of its bytes. */
export function ub(value: number): Buffer {
  const lengthBytes = value === 0 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
  return join(u8(lengthBytes), sized(lengthBytes, value));
}

/** A text behind its length, in chunks where it is long. */
export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length <= 252) return join(u8(bytes.length), bytes);
  const half = bytes.length >> 1;
  const chunks = [bytes.subarray(0, half), bytes.subarray(half)];
  return join(u8(0xfe), ...chunks.flatMap(chunk => [ub(chunk.length), chunk]), u8(0));
}

/** A length, and the text behind it unless it is 0. */
export const counted = (value: string): Buffer => (value === '' ? ub(0) : join(ub(value.length), text(value)));

export const CONNECT = 1;
export const ACCEPT = 2;
export const REFUSE = 4;
export const REDIRECT = 5;
export const DATA = 6;
export const RESEND = 11;
export const MARKER = 12;
const SDU_BYTES = 8192;
const END_OF_REQUEST = 0x2000;

/** A packet with a length of two bytes: what is sent before, and with, an ACCEPT. */
export const early = (type: number, content: Buffer, flags = 0): Buffer =>
  join(u16(content.length + 8), u8(0, 0, type, flags, 0, 0), content);

export const late = (type: number, content: Buffer): Buffer =>
  join(u32(content.length + 8), u8(type, 0, 0, 0), content);

/** A message in packets.
 *  @param marksEnd the last one is marked */
export function data(message: Buffer, marksEnd: boolean): Buffer {
  const packets: Buffer[] = [];
  const room = SDU_BYTES - 10;
  for (let at = 0; at < message.length; at += room) {
    const isLast = at + room >= message.length;
    packets.push(late(DATA, join(u16(isLast && marksEnd ? END_OF_REQUEST : 0), message.subarray(at, at + room))));
  }
  return join(...packets);
}

export const BREAK = 1;
export const RESET = 2;
export const marker = (kind: number): Buffer => late(MARKER, u8(1, 0, kind));

/** Reads what the driver writes; the drivers are trusted here. */
export class Reader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  u8(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  ub(): number {
    const lengthBytes = this.u8();
    const value = lengthBytes === 0 ? 0 : this.#bytes.readUIntBE(this.at, lengthBytes);
    this.at += lengthBytes;
    return value;
  }

  text(): string {
    const lengthBytes = this.u8();
    if (lengthBytes !== 0xfe) return this.#take(lengthBytes);
    const parts: string[] = [];
    for (let size = this.ub(); size > 0; size = this.ub()) parts.push(this.#take(size));
    return parts.join('');
  }

  /** Oracle's own driver writes users and statements without a length before them, as it was told already. */
  name(lengthBytes: number): string {
    const isCounted = this.#bytes[this.at] === lengthBytes && this.#bytes[this.at + lengthBytes] !== 1;
    return isCounted || this.#bytes[this.at] === 0xfe ? this.text() : this.#take(lengthBytes);
  }

  #take(lengthBytes: number): string {
    this.at += lengthBytes;
    return this.#bytes.toString('latin1', this.at - lengthBytes, this.at);
  }
}
