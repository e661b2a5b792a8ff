// cold. Tunnels: what goes in is a frame or a datagram, what comes out is carried by IP, or by UDP as its payload.
import { join, u16, u32 } from './bytes.ts';
import { type Datagram, ETHERTYPE_IPV6 } from './network.ts';
import type { Transport } from './transport.ts';

export const IPPROTO_IPIP = 4;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_GRE = 47;

export const ETHERTYPE_TRANSPARENT_ETHERNET = 0x6558;
const ETHERTYPE_ERSPAN = 0x88be;
const ETHERTYPE_ERSPAN_III = 0x22eb;

export const VXLAN_PORT = 4789;
export const GENEVE_PORT = 6081;
export const GTP_U_PORT = 2152;

const NOTHING = Buffer.alloc(0);

/** An IP packet inside another. Source: RFC 2003 section 3, RFC 2473 section 3, RFC 4213 section 3. */
export const ipInIp = ({ etherType, bytes }: Datagram): Transport => ({
  protocol: etherType === ETHERTYPE_IPV6 ? IPPROTO_IPV6 : IPPROTO_IPIP,
  bytes,
  checksumAt: -1,
});

/** A packet inside GRE. Source: RFC 2784 section 2, RFC 2890 for key and sequence number. */
export function gre(etherType: number, inner: Uint8Array, key?: number, sequence?: number): Transport {
  const flags = (key === undefined ? 0 : 0x2000) | (sequence === undefined ? 0 : 0x1000);
  const fields = [key, sequence].map(word => (word === undefined ? NOTHING : u32(word)));
  return { protocol: IPPROTO_GRE, bytes: join(u16(flags), u16(etherType), ...fields, inner), checksumAt: -1 };
}

/** A frame of a virtual subnet. Source: RFC 7637 section 3.2. */
export const nvgre = (subnet: number, flowId: number, frame: Uint8Array): Transport =>
  gre(ETHERTYPE_TRANSPARENT_ETHERNET, frame, ((subnet << 8) | flowId) >>> 0);

/** A mirrored frame. Source: draft-foschiano-erspan section 4. */
export function erspan(type: 1 | 2 | 3, session: number, frame: Uint8Array): Transport {
  if (type === 1) return gre(ETHERTYPE_ERSPAN, frame);
  const head = join(u16((type - 1) << 12), u16(session));
  if (type === 2) return gre(ETHERTYPE_ERSPAN, join(head, u32(0), frame), undefined, 1);
  return gre(ETHERTYPE_ERSPAN_III, join(head, u32(123_456), u32(0), frame), undefined, 1);
}

/** A frame inside VXLAN, to be carried by `udp(..., VXLAN_PORT, ...)`. Source: RFC 7348 section 5. */
export const vxlan = (vni: number, frame: Uint8Array): Buffer => join(8, 0, 0, 0, u32(vni << 8), frame);

/** A frame inside Geneve, to be carried by `udp(..., GENEVE_PORT, ...)`.
 *  @param options encoded, a multiple of 4 bytes. Source: RFC 8926 section 3.4 */
export const geneve = (
  vni: number,
  inner: Uint8Array,
  etherType = ETHERTYPE_TRANSPARENT_ETHERNET,
  options: Uint8Array = NOTHING,
): Buffer => join(options.length / 4, 0, u16(etherType), u32(vni << 8), options, inner);

/** A user's packet inside GTP-U, to be carried by `udp(..., GTP_U_PORT, ...)`.
 *  @param extension body of a PDU session container (its length a multiple of 4, less 2); left out, there are no optional
 *  fields. Source: 3GPP TS 29.281 section 5 */
export function gtpU(teid: number, { bytes }: Datagram, extension?: Uint8Array): Buffer {
  const options = extension === undefined ? NOTHING : join(u16(0), 0, 0x85, (extension.length + 2) / 4, extension, 0);
  return join(
    extension === undefined ? 0x30 : 0x34,
    0xff,
    u16(options.length + bytes.length),
    u32(teid),
    options,
    bytes,
  );
}
