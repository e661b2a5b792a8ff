// cold. IPv4 and IPv6 headers.
import { checksum, ipBytes, join, u16, u32 } from './bytes.ts';
import { IPPROTO_UDP, type Transport } from './transport.ts';

/** What a link layer carries. */
export interface Datagram {
  readonly etherType: number;
  readonly bytes: Buffer;
}

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;

interface Addresses {
  readonly src: string;
  readonly dst: string;
  readonly ttl?: number;
}

export interface Ipv4Header extends Addresses {
  readonly id?: number;
  readonly tos?: number;
  /** Encoded options; padded to 4 bytes here. */
  readonly options?: Uint8Array;
  readonly dontFragment?: boolean;
}

/** Source: RFC 791 section 3.1. */
export const ipv4 = (header: Ipv4Header, transport: Transport): Datagram =>
  ipv4Datagram(header, transport.protocol, withChecksum(header, transport), 0);

/** One IPv4 datagram in pieces.
 *  @param pieceBytes payload bytes of each piece but the last, a multiple of 8 */
export function ipv4Fragments(header: Ipv4Header, transport: Transport, pieceBytes: number): Datagram[] {
  const whole = withChecksum(header, transport);
  return piecesOf(whole, pieceBytes).map(({ at, bytes, more }) =>
    ipv4Datagram(header, transport.protocol, bytes, (at >>> 3) | (more ? 0x2000 : 0)),
  );
}

function ipv4Datagram(header: Ipv4Header, protocol: number, payload: Buffer, fragment: number): Datagram {
  const options = join(header.options ?? new Uint8Array(0), new Uint8Array(-(header.options?.length ?? 0) & 3));
  const head = join(
    0x45 + options.length / 4,
    header.tos ?? 0,
    u16(20 + options.length + payload.length),
    u16(header.id ?? 1),
    u16(fragment | (header.dontFragment ? 0x4000 : 0)),
    header.ttl ?? 64,
    protocol,
    u16(0),
    ipBytes(header.src),
    ipBytes(header.dst),
    options,
  );
  head.writeUInt16BE(checksum(head), 10);
  return { etherType: ETHERTYPE_IPV4, bytes: join(head, payload) };
}

export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const DESTINATION = 60;

export interface Extension {
  /** Its own number as the header before it names it: HOP_BY_HOP, ROUTING, DESTINATION. */
  readonly type: number;
  /** What follows next header and length; PadN fills it up to a multiple of 8. */
  readonly body?: Uint8Array;
}

export interface Ipv6Header extends Addresses {
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly extensions?: readonly Extension[];
}

/** Source: RFC 8200 sections 3 and 4. */
export const ipv6 = (header: Ipv6Header, transport: Transport): Datagram =>
  ipv6Datagram(header, header.extensions ?? [], transport.protocol, withChecksum(header, transport));

/** One IPv6 datagram in pieces, each with its fragment header after the header's extensions.
 *  @param pieceBytes payload bytes of each piece but the last, a multiple of 8. Source: RFC 8200 section 4.5 */
export function ipv6Fragments(header: Ipv6Header, transport: Transport, pieceBytes: number, id = 1): Datagram[] {
  const whole = withChecksum(header, transport);
  return piecesOf(whole, pieceBytes).map(({ at, bytes, more }) => {
    const fragment = join(transport.protocol, 0, u16(at | (more ? 1 : 0)), u32(id));
    return ipv6Datagram(header, header.extensions ?? [], FRAGMENT, join(fragment, bytes));
  });
}

function ipv6Datagram(header: Ipv6Header, extensions: readonly Extension[], last: number, payload: Buffer): Datagram {
  const chain = extensions.map(({ body }, index) => extensionBytes(extensions[index + 1]?.type ?? last, body));
  const head = join(
    u32(0x60000000 | ((header.trafficClass ?? 0) << 20) | (header.flowLabel ?? 0)),
    u16(payload.length + chain.reduce((sum, bytes) => sum + bytes.length, 0)),
    extensions[0]?.type ?? last,
    header.ttl ?? 64,
    ipBytes(header.src),
    ipBytes(header.dst),
  );
  return { etherType: ETHERTYPE_IPV6, bytes: join(head, ...chain, payload) };
}

function extensionBytes(next: number, body: Uint8Array = new Uint8Array(0)): Buffer {
  const missing = -(2 + body.length) & 7;
  const pad = missing === 1 ? [0] : missing > 1 ? [1, missing - 2, new Uint8Array(missing - 2)] : [];
  return join(next, (2 + body.length + missing) / 8 - 1, body, ...pad);
}

function withChecksum(addresses: Addresses, { protocol, bytes, checksumAt }: Transport): Buffer {
  if (checksumAt < 0) return bytes;
  const filled = Buffer.from(bytes);
  const pseudo = join(ipBytes(addresses.src), ipBytes(addresses.dst), u32(filled.length), u32(protocol));
  const sum = checksum(pseudo, filled);
  // UDP says "no checksum" with 0, so a sum of 0 travels as its other spelling.
  filled.writeUInt16BE(sum === 0 && protocol === IPPROTO_UDP ? 0xffff : sum, checksumAt);
  return filled;
}

function piecesOf(whole: Buffer, pieceBytes: number): { at: number; bytes: Buffer; more: boolean }[] {
  if (pieceBytes < 8 || pieceBytes % 8 !== 0)
    throw new RangeError(`pieceBytes: expected a multiple of 8, got ${pieceBytes}`);
  return Array.from({ length: Math.ceil(whole.length / pieceBytes) }, (_, index) => {
    const at = index * pieceBytes;
    return { at, bytes: whole.subarray(at, at + pieceBytes), more: at + pieceBytes < whole.length };
  });
}
