/** hot. How the tunnels around a packet are written as integers: in `Packet.tunnelKinds` a byte each, the outermost in
 *  the lowest, and in `Packet.tunnelIds` a word each. */

/** An overlay inside an overlay, a link between sites around both, a mirror around all: no honest packet has more.
 *  Also what fits the bytes of one word. */
export const MAX_TUNNELS = 4;

/** 0 is none. A tunnel of the kinds GRE, ERSPAN_I and of IP in IP has no identifier. */
export const TUNNEL = {
  VXLAN: 1,
  GENEVE: 2,
  GRE: 3,
  GRE_KEYED: 4,
  NVGRE: 5,
  ERSPAN_I: 6,
  ERSPAN: 7,
  IPIP: 8,
  SIX_IN_FOUR: 9,
  FOUR_IN_SIX: 10,
  SIX_IN_SIX: 11,
  GTP_U: 12,
} as const;

/** @param depth 0 is the outermost
 *  @returns one of TUNNEL, 0 when there is none so deep */
export function tunnelKind(kinds: number, depth: number): number {
  return (kinds >>> (depth << 3)) & 0xff;
}

/** Whether the tunnel at `depth` carries copies of what passed a switch. */
export function isMirror(kinds: number, depth: number): boolean {
  const kind = tunnelKind(kinds, depth);
  return kind === TUNNEL.ERSPAN || kind === TUNNEL.ERSPAN_I;
}

/** @returns the part of an identifier that packets of one conversation have in common. A GTP-U tunnel is numbered by its
 *  receiver, so the two directions have different ones. */
export function sharedId(kind: number, id: number): number {
  return kind === TUNNEL.GTP_U ? 0 : id;
}
