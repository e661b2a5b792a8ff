/** hot. What makes two packets one conversation: protocol, addresses and ports in either direction, as Community ID
 *  takes them, inside the same tunnels. The VLAN is no part of it: mirrors often tag the two directions differently. */
import type { Packet } from '../dissect/packet.ts';
import { MAX_TUNNELS, sharedId, tunnelKind } from '../dissect/tunnel-kinds.ts';
import { FLOW, RECORD_INTS } from './layout.ts';
import { type FlowStore, TUNNEL_INTS, UPPER_INTS } from './store.ts';

const { KEY_A, KEY_B, KEY_PORTS, KEY_KIND } = FLOW;

/** Bits of the key's kind: protocol in the lowest 8, the IP version (4 or 6) in the 8 above, then one for tunnels. */
const IPV6 = 0x200;
const IN_TUNNEL = 0x10000;
/** Kinds up to here, IPv4 outside of tunnels, have nothing to compare but four words. */
const LAST_PLAIN = 0x4ff;

/** The key of the packet at hand, reused for all: the lower endpoint first. */
export class FlowKey {
  /** Side that sent the packet. */
  side = 0;
  a0 = 0;
  a1 = 0;
  a2 = 0;
  a3 = 0;
  b0 = 0;
  b1 = 0;
  b2 = 0;
  b3 = 0;
  ports = 0;
  kind = 0;
  hash = 0;
  tunnelKinds = 0;
  readonly tunnelIds = new Int32Array(MAX_TUNNELS);
}

/** Fills `key` from `packet`.
 *  @param seed chosen at random by the process, so that nobody can aim at one chain of the table */
export function readKey(key: FlowKey, packet: Packet, seed: number): void {
  const v6 = packet.ipVersion === 6;
  const side = senderSide(packet, v6);
  key.side = side;
  key.kind = packet.protocol | (packet.ipVersion << 8);
  if (side === 0) {
    key.a3 = packet.src3;
    key.b3 = packet.dst3;
    key.ports = (packet.srcPort << 16) | packet.dstPort;
  } else {
    key.a3 = packet.dst3;
    key.b3 = packet.src3;
    key.ports = (packet.dstPort << 16) | packet.srcPort;
  }
  let hash = mix(mix(mix(seed ^ key.kind, key.a3), key.b3), key.ports);
  if (v6) {
    readUpper(key, packet);
    hash = mix(mix(mix(hash, key.a0), key.a1), key.a2);
    hash = mix(mix(mix(hash, key.b0), key.b1), key.b2);
  }
  if (packet.tunnelDepth > 0) hash = readTunnels(key, packet, hash);
  key.hash = mix(hash, 0) ^ (hash >>> 13);
}

/** @returns 0 when the sender is the lower endpoint */
function senderSide(packet: Packet, v6: boolean): number {
  if (v6) {
    if (packet.src0 !== packet.dst0) return packet.src0 < packet.dst0 ? 0 : 1;
    if (packet.src1 !== packet.dst1) return packet.src1 < packet.dst1 ? 0 : 1;
    if (packet.src2 !== packet.dst2) return packet.src2 < packet.dst2 ? 0 : 1;
  }
  if (packet.src3 !== packet.dst3) return packet.src3 < packet.dst3 ? 0 : 1;
  return packet.srcPort <= packet.dstPort ? 0 : 1;
}

function readUpper(key: FlowKey, packet: Packet): void {
  const swapped = key.side !== 0;
  key.a0 = swapped ? packet.dst0 : packet.src0;
  key.a1 = swapped ? packet.dst1 : packet.src1;
  key.a2 = swapped ? packet.dst2 : packet.src2;
  key.b0 = swapped ? packet.src0 : packet.dst0;
  key.b1 = swapped ? packet.src1 : packet.dst1;
  key.b2 = swapped ? packet.src2 : packet.dst2;
}

/** @returns the hash with the tunnels mixed in */
function readTunnels(key: FlowKey, packet: Packet, hash: number): number {
  key.kind |= IN_TUNNEL;
  key.tunnelKinds = packet.tunnelKinds;
  let mixed = mix(hash, packet.tunnelKinds);
  for (let depth = 0; depth < MAX_TUNNELS; depth++) {
    const id = depth < packet.tunnelDepth ? packet.tunnelIds[depth]! : 0;
    key.tunnelIds[depth] = id;
    mixed = mix(mixed, sharedId(tunnelKind(packet.tunnelKinds, depth), id));
  }
  return mixed;
}

/** One multiplication a word: each bit of what came before reaches the upper half, from where the next step takes it. */
function mix(hash: number, word: number): number {
  return Math.imul((hash ^ (hash >>> 15)) + word, 0x85ebca6b);
}

/** @returns a number of 32 bits that depends on addresses, ports and protocol alone: each probe, and each run, chooses the
 *  same conversations by it */
export function sampleHash({ ints, upper }: FlowStore, slot: number): number {
  const at = slot * RECORD_INTS;
  let hash = mix(mix(mix(ints[at + KEY_KIND]! & 0xff, ints[at + KEY_A]!), ints[at + KEY_B]!), ints[at + KEY_PORTS]!);
  if ((ints[at + KEY_KIND]! & IPV6) !== 0)
    for (let word = slot * UPPER_INTS; word < (slot + 1) * UPPER_INTS; word++) hash = mix(hash, upper[word]!);
  hash = mix(hash, 0);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Whether the record of `slot` is the conversation of `key`. */
export function holdsKey(store: FlowStore, slot: number, key: FlowKey): boolean {
  const { ints } = store;
  const at = slot * RECORD_INTS;
  if (ints[at + KEY_A] !== key.a3 || ints[at + KEY_B] !== key.b3) return false;
  if (ints[at + KEY_PORTS] !== key.ports || ints[at + KEY_KIND] !== key.kind) return false;
  return key.kind <= LAST_PLAIN || holdsRest(store, slot, key);
}

function holdsRest(store: FlowStore, slot: number, key: FlowKey): boolean {
  if ((key.kind & IPV6) !== 0 && !holdsUpper(store.upper, slot * UPPER_INTS, key)) return false;
  return (key.kind & IN_TUNNEL) === 0 || holdsTunnels(store.tunnels, slot * TUNNEL_INTS, key);
}

function holdsUpper(upper: Int32Array, at: number, key: FlowKey): boolean {
  return (
    upper[at] === key.a0 &&
    upper[at + 1] === key.a1 &&
    upper[at + 2] === key.a2 &&
    upper[at + 3] === key.b0 &&
    upper[at + 4] === key.b1 &&
    upper[at + 5] === key.b2
  );
}

function holdsTunnels(tunnels: Int32Array, at: number, { tunnelKinds: kinds, tunnelIds }: FlowKey): boolean {
  if (tunnels[at] !== kinds) return false;
  for (let depth = 0; depth < MAX_TUNNELS; depth++) {
    const kind = tunnelKind(kinds, depth);
    if (sharedId(kind, tunnels[at + 1 + depth]!) !== sharedId(kind, tunnelIds[depth]!)) return false;
  }
  return true;
}

export function writeKey(store: FlowStore, slot: number, key: FlowKey): void {
  const { ints, upper } = store;
  const at = slot * RECORD_INTS;
  ints[at + KEY_A] = key.a3;
  ints[at + KEY_B] = key.b3;
  ints[at + KEY_PORTS] = key.ports;
  ints[at + KEY_KIND] = key.kind;
  if (key.kind <= LAST_PLAIN) return;
  if ((key.kind & IPV6) !== 0) upper.set([key.a0, key.a1, key.a2, key.b0, key.b1, key.b2], slot * UPPER_INTS);
  if ((key.kind & IN_TUNNEL) === 0) return;
  store.tunnels[slot * TUNNEL_INTS] = key.tunnelKinds;
  store.tunnels.set(key.tunnelIds, slot * TUNNEL_INTS + 1);
}

/** @param kind KEY_KIND of a record */
export const isIpv6 = (kind: number): boolean => (kind & IPV6) !== 0;

/** @param kind KEY_KIND of a record */
export const isTunnelled = (kind: number): boolean => (kind & IN_TUNNEL) !== 0;
