/** hot. What makes two packets one conversation: protocol, addresses and ports in either direction, as Community ID
 *  takes them. The VLAN is no part of it: mirrors often tag the two directions differently. */
import type { Packet } from '../dissect/packet.ts';
import { FLOW, RECORD_INTS } from './layout.ts';
import { type FlowStore, UPPER_INTS } from './store.ts';

const { KEY_A, KEY_B, KEY_PORTS, KEY_KIND } = FLOW;

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

/** One multiplication a word: each bit of what came before reaches the upper half, from where the next step takes it. */
function mix(hash: number, word: number): number {
  return Math.imul((hash ^ (hash >>> 15)) + word, 0x85ebca6b);
}

/** Whether the record of `slot` is the conversation of `key`. */
export function holdsKey(store: FlowStore, slot: number, key: FlowKey): boolean {
  const { ints } = store;
  const at = slot * RECORD_INTS;
  if (ints[at + KEY_A] !== key.a3 || ints[at + KEY_B] !== key.b3) return false;
  if (ints[at + KEY_PORTS] !== key.ports || ints[at + KEY_KIND] !== key.kind) return false;
  return key.kind >> 8 !== 6 || holdsUpper(store.upper, slot * UPPER_INTS, key);
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

export function writeKey(store: FlowStore, slot: number, key: FlowKey): void {
  const { ints, upper } = store;
  const at = slot * RECORD_INTS;
  ints[at + KEY_A] = key.a3;
  ints[at + KEY_B] = key.b3;
  ints[at + KEY_PORTS] = key.ports;
  ints[at + KEY_KIND] = key.kind;
  if (key.kind >> 8 !== 6) return;
  const words = [key.a0, key.a1, key.a2, key.b0, key.b1, key.b2];
  upper.set(words, slot * UPPER_INTS);
}
