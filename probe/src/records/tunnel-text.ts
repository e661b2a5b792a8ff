/** cold. Tunnels as text. */
import { MAX_TUNNELS, TUNNEL, tunnelKind } from '../dissect/tunnel-kinds.ts';

const PLAIN_NAMES = new Map<number, string>([
  [TUNNEL.GRE, 'GRE'],
  [TUNNEL.ERSPAN_I, 'ERSPAN'],
  [TUNNEL.IPIP, 'IPIP'],
  [TUNNEL.SIX_IN_FOUR, '6IN4'],
  [TUNNEL.FOUR_IN_SIX, '4IN6'],
  [TUNNEL.SIX_IN_SIX, '6IN6'],
]);

/** With an identifier behind. */
const NUMBERED_NAMES = new Map<number, string>([
  [TUNNEL.VXLAN, 'VXLAN'],
  [TUNNEL.GENEVE, 'GENEVE'],
  [TUNNEL.GRE_KEYED, 'GRE'],
  [TUNNEL.NVGRE, 'NVGRE'],
  [TUNNEL.ERSPAN, 'ERSPAN'],
  [TUNNEL.GTP_U, 'GTP-U'],
]);

/** @param kinds as in Packet.tunnelKinds
 *  @param ids as in Packet.tunnelIds
 *  @returns name and identifier, e.g. `VXLAN:42`; of several tunnels the outermost first, `ERSPAN:7/VXLAN:42` */
export function tunnelText(kinds: number, ids: Int32Array): string {
  const texts: string[] = [];
  for (let depth = 0; depth < MAX_TUNNELS; depth++) {
    const kind = tunnelKind(kinds, depth);
    if (kind !== 0) texts.push(PLAIN_NAMES.get(kind) ?? `${NUMBERED_NAMES.get(kind)}:${ids[depth]! >>> 0}`);
  }
  return texts.join('/');
}
