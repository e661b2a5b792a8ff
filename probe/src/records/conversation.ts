/** cold. The fields that every record of a conversation's traffic begins with. */
import type { Interface } from '../capture/source.ts';
import { icmpCounterpart } from '../dissect/icmp.ts';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../dissect/transport.ts';
import { isIpv6, isTunnelled } from '../flow/key.ts';
import { FLOW, RECORD_INTS, STATE } from '../flow/layout.ts';
import { TUNNEL_INTS, UPPER_INTS } from '../flow/store.ts';
import type { FlowTable } from '../flow/table.ts';
import { communityId } from './community-id.ts';
import { formatIpv4, formatIpv6, formatMac } from './format.ts';
import type { OutputRecord } from './record.ts';
import { tunnelText } from './tunnel-text.ts';

/** Names as /etc/protocols has them, for those that are seen. */
const PROTOCOL_NAMES = new Map([
  [ICMP, 'ICMP'],
  [2, 'IGMP'],
  [4, 'IPIP'],
  [TCP, 'TCP'],
  [UDP, 'UDP'],
  [33, 'DCCP'],
  [41, 'IPV6'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [ICMPV6, 'ICMPV6'],
  [89, 'OSPF'],
  [103, 'PIM'],
  [112, 'VRRP'],
  [SCTP, 'SCTP'],
  [136, 'UDPLITE'],
]);

/** A value that is not known is undefined. */
export interface ConversationFields {
  readonly SRC_IP: string;
  readonly DST_IP: string;
  readonly SRC_PORT: number | undefined;
  readonly DST_PORT: number | undefined;
  readonly SRC_MAC: string | undefined;
  readonly DST_MAC: string | undefined;
  readonly NIC: string | undefined;
  readonly CARD: string | undefined;
  readonly CARD_IP: string | undefined;
  readonly L4_PROTOCOL: string;
  readonly COMMUNITY_ID: string;
  readonly VLAN: number | undefined;
  readonly TUNNEL: string | undefined;
}

/** Adds the fields one by one, by name: see {@link addNetworkFields}.
 *  @param record owned, added to
 *  @returns `record` */
export function addConversation(record: OutputRecord, fields: ConversationFields): OutputRecord {
  record.SRC_IP = fields.SRC_IP;
  record.DST_IP = fields.DST_IP;
  record.SRC_PORT = fields.SRC_PORT;
  record.DST_PORT = fields.DST_PORT;
  record.SRC_MAC = fields.SRC_MAC;
  record.DST_MAC = fields.DST_MAC;
  record.NIC = fields.NIC;
  record.CARD = fields.CARD;
  record.CARD_IP = fields.CARD_IP;
  record.L4_PROTOCOL = fields.L4_PROTOCOL;
  record.COMMUNITY_ID = fields.COMMUNITY_ID;
  record.VLAN = fields.VLAN;
  record.TUNNEL = fields.TUNNEL;
  return record;
}

/** So many conversations are kept as text, about 1 KB each; any other is made anew. */
const CACHED = 2048;

/** Makes the fields of conversations, and remembers those asked for lately. */
export class ConversationReader {
  readonly #flows: FlowTable;
  readonly #interfaces: readonly Interface[];
  readonly #nic: string | undefined;
  /** Which conversation, seen from which side, is at a place of the cache; 0 for none. */
  readonly #cached = new Float64Array(CACHED);
  readonly #cache: ConversationFields[] = [];

  /** @param interfaces those of the source; lent, may grow
   *  @param nic the device that was asked for; left out for a file */
  constructor(flows: FlowTable, interfaces: readonly Interface[], nic?: string) {
    this.#flows = flows;
    this.#interfaces = interfaces;
    this.#nic = nic;
  }

  /** @param slot of a conversation that lives
   *  @param isLast it will not be asked for again, and so not remembered: what lives short is cheap
   *  @returns its fields; shared, not to be changed */
  read(slot: number, isLast = false): ConversationFields {
    const id = this.#flows.store.ints[slot * RECORD_INTS + FLOW.ID]! >>> 0;
    const key = 2 * id + this.#flows.srcSideOf(slot);
    const place = slot % CACHED;
    if (this.#cached[place] === key) return this.#cache[place]!;
    const fields = this.#make(slot);
    if (isLast) return fields;
    this.#cached[place] = key;
    this.#cache[place] = fields;
    return fields;
  }

  #make(slot: number): ConversationFields {
    const { ints } = this.#flows.store;
    const at = slot * RECORD_INTS;
    const protocol = ints[at + FLOW.KEY_KIND]! & 0xff;
    const source = this.#flows.srcSideOf(slot);
    const src = this.#address(slot, source);
    const dst = this.#address(slot, 1 - source);
    const srcPort = this.#flows.srcPortOf(slot);
    const dstPort = this.#flows.dstPortOf(slot);
    const text = src.length === 1 ? ([word]: readonly number[]) => formatIpv4(word!) : formatIpv6;
    const isOneWay = isIcmp(protocol) && icmpCounterpart(protocol === ICMPV6, srcPort) < 0;
    const vlan = ints[at + FLOW.VLAN]!;
    const hasPorts = protocol === TCP || protocol === UDP || protocol === SCTP;
    const macs = this.#macs(at);
    const card = this.#interfaces[ints[at + FLOW.IFACE]!];
    return {
      SRC_IP: text(src),
      DST_IP: text(dst),
      SRC_PORT: hasPorts ? srcPort : undefined,
      DST_PORT: hasPorts ? dstPort : undefined,
      SRC_MAC: macs?.[source],
      DST_MAC: macs?.[1 - source],
      NIC: this.#nic,
      CARD: card?.name || undefined,
      CARD_IP: card?.addresses[0],
      L4_PROTOCOL: PROTOCOL_NAMES.get(protocol) ?? String(protocol),
      COMMUNITY_ID: communityId(src, dst, srcPort, dstPort, protocol, isOneWay),
      VLAN: vlan < 0 ? undefined : vlan,
      TUNNEL: this.#tunnel(slot),
    };
  }

  #address(slot: number, side: number): number[] {
    const { ints, upper } = this.#flows.store;
    const at = slot * RECORD_INTS;
    const last = ints[at + (side === 0 ? FLOW.KEY_A : FLOW.KEY_B)]!;
    if (!isIpv6(ints[at + FLOW.KEY_KIND]!)) return [last];
    const upperAt = slot * UPPER_INTS + side * 3;
    return [...upper.subarray(upperAt, upperAt + 3), last];
  }

  #tunnel(slot: number): string | undefined {
    const { ints, tunnels } = this.#flows.store;
    if (!isTunnelled(ints[slot * RECORD_INTS + FLOW.KEY_KIND]!)) return undefined;
    const at = slot * TUNNEL_INTS;
    return tunnelText(tunnels[at]!, tunnels.subarray(at + 1, at + TUNNEL_INTS));
  }

  /** @returns the two MAC addresses, side 0's first */
  #macs(at: number): readonly string[] | undefined {
    const { ints } = this.#flows.store;
    if ((ints[at + FLOW.STATE]! & STATE.HAS_MACS) === 0) return undefined;
    const [a, b, c] = [ints[at + FLOW.MACS]!, ints[at + FLOW.MACS + 1]!, ints[at + FLOW.MACS + 2]!];
    return [formatMac(a, b >>> 16), formatMac((b << 16) | (c >>> 16), c & 0xffff)];
  }
}

const isIcmp = (protocol: number): boolean => protocol === ICMP || protocol === ICMPV6;
