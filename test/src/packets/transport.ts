// cold. Transport headers; the network layer fills in the checksum, because it covers the addresses.
import { checksum, join, u16, u32 } from './bytes.ts';

/** What a network header carries. */
export interface Transport {
  /** IP protocol number. */
  readonly protocol: number;
  readonly bytes: Buffer;
  /** Offset of a checksum over a pseudo header, or -1 when there is none to fill in. */
  readonly checksumAt: number;
}

export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_SCTP = 132;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;

export interface TcpHeader {
  readonly srcPort: number;
  readonly dstPort: number;
  readonly seq?: number;
  readonly ack?: number;
  /** FIN | SYN | ...; a plain ACK by default. */
  readonly flags?: number;
  readonly window?: number;
  /** Encoded options, see `mss`, `windowScale`, `timestamps`, `sack`; padded to 4 bytes here. */
  readonly options?: Uint8Array;
  readonly urgent?: number;
}

/** Source: RFC 9293 section 3.1. */
export function tcp(header: TcpHeader, payload: Uint8Array | string = ''): Transport {
  const options = padded(header.options ?? new Uint8Array(0));
  if (options.length > 40) throw new RangeError(`options: expected at most 40 bytes, got ${options.length}`);
  const bytes = join(
    u16(header.srcPort),
    u16(header.dstPort),
    u32(header.seq ?? 0),
    u32(header.ack ?? 0),
    (5 + options.length / 4) << 4,
    header.flags ?? ACK,
    u16(header.window ?? 65535),
    u16(0),
    u16(header.urgent ?? 0),
    options,
    Buffer.from(payload),
  );
  return { protocol: IPPROTO_TCP, bytes, checksumAt: 16 };
}

const padded = (options: Uint8Array): Buffer => join(options, new Uint8Array(-options.length & 3));

/** Source: RFC 9293 section 3.2. */
export const mss = (bytes: number): Buffer => join(2, 4, u16(bytes));
/** Source: RFC 7323 section 2.2. */
export const windowScale = (shift: number): Buffer => join(1, 3, 3, shift);
/** Source: RFC 7323 section 3.2. */
export const timestamps = (value: number, echo: number): Buffer => join(1, 1, 8, 10, u32(value), u32(echo));
/** @param blocks pairs of left and right edge. Source: RFC 2018 section 3 */
export const sack = (...blocks: readonly (readonly [number, number])[]): Buffer =>
  join(1, 1, 5, 2 + 8 * blocks.length, ...blocks.flatMap(([left, right]) => [u32(left), u32(right)]));

/** Source: RFC 768. */
export function udp(srcPort: number, dstPort: number, payload: Uint8Array | string = ''): Transport {
  const body = Buffer.from(payload);
  const bytes = join(u16(srcPort), u16(dstPort), u16(8 + body.length), u16(0), body);
  return { protocol: IPPROTO_UDP, bytes, checksumAt: 6 };
}

/** @param rest what follows type, code and checksum: for an echo, identifier, sequence number and data.
 *  Source: RFC 792 */
export function icmp(type: number, code: number, rest: Uint8Array): Transport {
  const bytes = join(type, code, u16(0), rest);
  bytes.writeUInt16BE(checksum(bytes), 2);
  return { protocol: IPPROTO_ICMP, bytes, checksumAt: -1 };
}

/** Source: RFC 4443 section 2.1. */
export const icmp6 = (type: number, code: number, rest: Uint8Array): Transport => ({
  protocol: IPPROTO_ICMPV6,
  bytes: join(type, code, u16(0), rest),
  checksumAt: 2,
});
