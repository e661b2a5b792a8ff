/** cold. The fields that every record of a conversation's traffic begins with. */
import type { Interface } from '../capture/source.ts';
import { icmpCounterpart } from '../dissect/icmp.ts';
import { ICMP, ICMPV6, SCTP, TCP, UDP } from '../dissect/transport.ts';
import { FLOW, RECORD_INTS, STATE } from '../flow/layout.ts';
import { UPPER_INTS } from '../flow/store.ts';
import type { FlowTable } from '../flow/table.ts';
import { communityId } from './community-id.ts';
import { formatIpv4, formatIpv6, formatMac, wordBytes } from './format.ts';

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

export interface ConversationFields {
  readonly SRC_IP: string;
  readonly DST_IP: string;
  readonly SRC_PORT?: number;
  readonly DST_PORT?: number;
  readonly SRC_MAC?: string;
  readonly DST_MAC?: string;
  readonly NIC?: string;
  readonly CARD?: string;
  readonly CARD_IP?: string;
  readonly L4_PROTOCOL: string;
  readonly COMMUNITY_ID: string;
  readonly VLAN?: number;
}

/** So many conversations are kept as text, about 1 KB each; any other is made anew. */
const CACHED = 2048;

/** Makes the fields of conversations, and remembers those asked for lately. */
export class ConversationReader {
  readonly #flows: FlowTable;
  readonly #interfaces: readonly Interface[];
  readonly #nic: string | undefined;
  readonly #cache: { key: string; fields: ConversationFields }[] = [];

  /** @param interfaces those of the source; lent, may grow
   *  @param nic the device that was asked for; left out for a file */
  constructor(flows: FlowTable, interfaces: readonly Interface[], nic?: string) {
    this.#flows = flows;
    this.#interfaces = interfaces;
    this.#nic = nic;
  }

  /** @param slot of a conversation that lives
   *  @returns its fields; shared, not to be changed */
  read(slot: number): ConversationFields {
    const key = `${this.#flows.store.ints[slot * RECORD_INTS + FLOW.ID]}.${this.#flows.srcSideOf(slot)}`;
    const cached = this.#cache[slot % CACHED];
    if (cached?.key === key) return cached.fields;
    const fields = this.#make(slot);
    this.#cache[slot % CACHED] = { key, fields };
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
    return {
      SRC_IP: text(src),
      DST_IP: text(dst),
      ...(protocol === TCP || protocol === UDP || protocol === SCTP ? { SRC_PORT: srcPort, DST_PORT: dstPort } : {}),
      ...this.#macs(at, source),
      ...this.#card(ints[at + FLOW.IFACE]!),
      L4_PROTOCOL: PROTOCOL_NAMES.get(protocol) ?? String(protocol),
      COMMUNITY_ID: communityId(wordBytes(src), wordBytes(dst), srcPort, dstPort, protocol, isOneWay),
      ...(vlan < 0 ? {} : { VLAN: vlan }),
    };
  }

  #address(slot: number, side: number): number[] {
    const { ints, upper } = this.#flows.store;
    const at = slot * RECORD_INTS;
    const last = ints[at + (side === 0 ? FLOW.KEY_A : FLOW.KEY_B)]!;
    if (ints[at + FLOW.KEY_KIND]! >> 8 !== 6) return [last];
    const upperAt = slot * UPPER_INTS + side * 3;
    return [...upper.subarray(upperAt, upperAt + 3), last];
  }

  #macs(at: number, source: number): { SRC_MAC?: string; DST_MAC?: string } {
    const { ints } = this.#flows.store;
    if ((ints[at + FLOW.STATE]! & STATE.HAS_MACS) === 0) return {};
    const bytes = [...wordBytes([...ints.subarray(at + FLOW.MACS, at + FLOW.MACS + 3)])];
    const pair = [formatMac(bytes.slice(0, 6)), formatMac(bytes.slice(6))];
    return { SRC_MAC: pair[source]!, DST_MAC: pair[1 - source]! };
  }

  #card(iface: number): { NIC?: string; CARD?: string; CARD_IP?: string } {
    const card = this.#interfaces[iface];
    const address = card?.addresses[0];
    return {
      ...(this.#nic === undefined ? {} : { NIC: this.#nic }),
      ...(card === undefined || card.name === '' ? {} : { CARD: card.name }),
      ...(address === undefined ? {} : { CARD_IP: address }),
    };
  }
}

const isIcmp = (protocol: number): boolean => protocol === ICMP || protocol === ICMPV6;
