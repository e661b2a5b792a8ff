/** warm, once a conversation. Who is SRC, and when a SYN begins another conversation. */
import { isIcmpAnswer } from '../dissect/icmp.ts';
import type { Packet } from '../dissect/packet.ts';
import { ICMP, ICMPV6, TCP } from '../dissect/transport.ts';
import { FLOW, RECORD_INTS, SIDE, SIDE_FLAG, STATE, sideAt } from './layout.ts';
import { ACK, SYN } from './tcp-flags.ts';

/** Service ports beyond the well-known ones below 1024: databases, caches, brokers, web. */
const REGISTERED_SERVICES = [
  1080, 1433, 1434, 1521, 1883, 2049, 2181, 2375, 2379, 3000, 3128, 3268, 3306, 3389, 4222, 4369, 5000, 5060, 5222,
  5353, 5355, 5432, 5601, 5671, 5672, 5984, 6379, 6443, 7000, 7001, 8000, 8008, 8080, 8081, 8086, 8443, 8888, 9000,
  9042, 9090, 9092, 9200, 9300, 10250, 11211, 12201, 15672, 26379, 27017, 33060, 50051,
];

/** @returns by port, 1 where services listen; the caller may add what its host listens on */
export function servicePorts(): Uint8Array {
  const ports = new Uint8Array(65536).fill(1, 1, 1024);
  for (const port of REGISTERED_SERVICES) ports[port] = 1;
  return ports;
}

/** @returns whether the sender of a conversation's first packet is its initiator */
export function isSentByInitiator(packet: Packet, services: Uint8Array): boolean {
  const { protocol } = packet;
  if (protocol === TCP && (packet.tcpFlags & SYN) !== 0) return (packet.tcpFlags & ACK) === 0;
  if (protocol === ICMP || protocol === ICMPV6) return !isIcmpAnswer(protocol === ICMPV6, packet.srcPort);
  return services[packet.srcPort] === 0 || services[packet.dstPort] === 1;
}

/** Whether a segment with SYN belongs to a new conversation over the ports of an older one.
 *  @param side that sent it */
export function startsAnew(ints: Int32Array, slot: number, side: number, packet: Packet): boolean {
  const at = slot * RECORD_INTS;
  const own = sideAt(at, side);
  const other = sideAt(at, 1 - side);
  const isClosed = (ints[at + FLOW.STATE]! & STATE.CLOSED) !== 0;
  const knowsIsn = (ints[own + SIDE.FLAGS]! & SIDE_FLAG.ISN_KNOWN) !== 0;
  if (knowsIsn && ints[own + SIDE.ISN] === packet.seq) return false;
  if ((packet.tcpFlags & ACK) !== 0) return isClosed && knowsIsn;
  if (knowsIsn) return true;
  // A SYN that its answer overtook, or that the side's first data did.
  const isAnswered = (ints[other + SIDE.FLAGS]! & SIDE_FLAG.ACK_KNOWN) !== 0;
  if (isAnswered) return ints[other + SIDE.ACKED] !== ((packet.seq + 1) | 0);
  // Without an answer: simultaneous open, unless the other side had done more than open.
  return isClosed || (ints[other + SIDE.FLAGS]! & SIDE_FLAG.ISN_KNOWN) === 0;
}
