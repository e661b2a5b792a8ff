/** warm. How long a silent conversation is kept. */
import { ICMP, ICMPV6, TCP, UDP } from '../dissect/transport.ts';
import { INACTIVE } from './endpoint.ts';
import { FLOW, SIDE, STATE, sideAt } from './layout.ts';

export interface Timeouts {
  /** TCP after FIN of both sides or RST: long enough for the last ACK and repeated FINs. */
  readonly tcpClosedUs: number;
  /** TCP with one side only: longer than the 32 s before Linux sends its last SYN (tcp_syn_retries = 6). */
  readonly tcpHalfOpenUs: number;
  /** TCP: pooled connections rest for long, and what analyzers know of them cannot be had again. */
  readonly tcpIdleUs: number;
  readonly udpUs: number;
  readonly icmpUs: number;
  /** SCTP (its heartbeats come every 30 s) and all other protocols. */
  readonly otherUs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  tcpClosedUs: 2e6,
  tcpHalfOpenUs: 35e6,
  tcpIdleUs: 3600e6,
  udpUs: 60e6,
  icmpUs: 30e6,
  otherUs: 120e6,
};

/** @param at word offset of the conversation's record
 *  @returns how long it may be silent, µs */
export function timeoutUs(timeouts: Timeouts, ints: Int32Array, at: number): number {
  switch (ints[at + FLOW.KEY_KIND]! & 0xff) {
    case TCP:
      if ((ints[at + FLOW.STATE]! & STATE.CLOSED) !== 0) return timeouts.tcpClosedUs;
      return isHalfOpen(ints, at) ? timeouts.tcpHalfOpenUs : timeouts.tcpIdleUs;
    case UDP:
      return timeouts.udpUs;
    case ICMP:
    case ICMPV6:
      return timeouts.icmpUs;
    default:
      return timeouts.otherUs;
  }
}

function isHalfOpen(ints: Int32Array, at: number): boolean {
  return ints[sideAt(at, 0) + SIDE.ENDPOINT] === INACTIVE || ints[sideAt(at, 1) + SIDE.ENDPOINT] === INACTIVE;
}
