/** Capture files built word by word, in either byte order. */

export interface Order {
  readonly little: boolean;
}

export const LITTLE: Order = { little: true };
export const BIG: Order = { little: false };

export function u32(value: number, { little }: Order): Buffer {
  const bytes = Buffer.alloc(4);
  little ? bytes.writeUInt32LE(value) : bytes.writeUInt32BE(value);
  return bytes;
}

export function u16(value: number, { little }: Order): Buffer {
  const bytes = Buffer.alloc(2);
  little ? bytes.writeUInt16LE(value) : bytes.writeUInt16BE(value);
  return bytes;
}

export const words = (order: Order, ...values: number[]): Buffer => Buffer.concat(values.map(v => u32(v, order)));

export const pcapHeader = (order: Order, magic = 0xa1b2c3d4, linkType = 1): Buffer =>
  Buffer.concat([u32(magic, order), u16(2, order), u16(4, order), words(order, 0, 0, 262144, linkType)]);

export const pcapRecord = (order: Order, sec: number, fraction: number, data: Buffer, wireBytes = data.length) =>
  Buffer.concat([words(order, sec, fraction, data.length, wireBytes), data]);

export function block(order: Order, type: number, body: Buffer): Buffer {
  const lengthBytes = 12 + pad(body).length;
  return Buffer.concat([words(order, type, lengthBytes), pad(body), u32(lengthBytes, order)]);
}

export const pad = (data: Buffer): Buffer => Buffer.concat([data, Buffer.alloc(-data.length & 3)]);

export const option = (order: Order, code: number, value: Buffer): Buffer =>
  Buffer.concat([u16(code, order), u16(value.length, order), pad(value)]);

export const sectionHeader = (order: Order): Buffer =>
  block(
    order,
    0x0a0d0d0a,
    Buffer.concat([u32(0x1a2b3c4d, order), u16(1, order), u16(0, order), words(order, 0xffffffff, 0xffffffff)]),
  );

export const interfaceDescription = (order: Order, linkType: number, snapBytes: number, ...options: Buffer[]): Buffer =>
  block(order, 1, Buffer.concat([u16(linkType, order), u16(0, order), u32(snapBytes, order), ...options]));

export const enhancedPacket = (order: Order, id: number, stamp: bigint, data: Buffer, wireBytes = data.length) =>
  block(order, 6, Buffer.concat([words(order, id, ...halves(stamp), data.length, wireBytes), data]));

export const obsoletePacket = (order: Order, id: number, stamp: bigint, data: Buffer): Buffer =>
  block(
    order,
    2,
    Buffer.concat([u16(id, order), u16(7, order), words(order, ...halves(stamp), data.length, data.length), data]),
  );

export const simplePacket = (order: Order, data: Buffer, wireBytes = data.length): Buffer =>
  block(order, 3, Buffer.concat([u32(wireBytes, order), data]));

const halves = (stamp: bigint): [number, number] => [Number(stamp >> 32n), Number(stamp & 0xffffffffn)];

/** An Ethernet frame with an IPv4 UDP datagram. */
export function udpFrame(srcPort: number, dstPort: number, payload: string): Buffer {
  const data = Buffer.from(payload);
  const frame = Buffer.alloc(42 + data.length);
  frame.writeUInt16BE(0x0800, 12);
  frame[14] = 0x45;
  frame.writeUInt16BE(28 + data.length, 16);
  frame.set([64, 17], 22);
  frame.set([10, 0, 0, 1, 10, 0, 0, 2], 26);
  frame.writeUInt16BE(srcPort, 34);
  frame.writeUInt16BE(dstPort, 36);
  frame.writeUInt16BE(8 + data.length, 38);
  data.copy(frame, 42);
  return frame;
}

/** The frame with tags behind its addresses, the outermost first.
 *  @param tci priority and id, the same in each
 *  @param types EtherType of each tag; one of 802.1Q unless told */
export function tagged(frame: Buffer, tci: number, ...types: readonly number[]): Buffer {
  const tags = (types.length === 0 ? [0x8100] : types).flatMap(type => [type >> 8, type & 255, tci >> 8, tci & 255]);
  return Buffer.concat([frame.subarray(0, 12), Buffer.from(tags), frame.subarray(12)]);
}
