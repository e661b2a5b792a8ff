/** warm. What each side of a TCP conversation has come to, and the letters that sum both up.
 *  Source: Zeek's conn.log reference, conn_state, and its TCP endpoint states. */
import { ACK, FIN, RST, SYN } from './tcp-flags.ts';

export const INACTIVE = 0;
/** Something was seen, but not its start. */
export const PARTIAL = 1;
export const SYN_SENT = 2;
export const SYN_ACK_SENT = 3;
export const ESTABLISHED = 4;
export const CLOSED = 5;
export const RESET = 6;
/** It reset the conversation after its FIN: a normal end, if the other side's FIN still comes. */
export const CLOSED_RESET = 7;

export const isReset = (endpoint: number): boolean => endpoint >= RESET;

/** The sender's state after a segment.
 *  @param endpoint its state so far
 *  @param peer the other side's
 *  @param flags of the segment
 *  @param payloadBytes of the segment
 *  @param isOrigin whether the sender is the initiator */
export function nextEndpoint(
  endpoint: number,
  peer: number,
  flags: number,
  payloadBytes: number,
  isOrigin: boolean,
): number {
  if (isReset(endpoint)) return endpoint;
  if ((flags & RST) !== 0) return nextOnReset(endpoint, peer);
  if ((flags & FIN) !== 0) return CLOSED;
  if (endpoint === INACTIVE) return firstEndpoint(peer, flags, payloadBytes, isOrigin);
  const startsLate = endpoint === PARTIAL && peer === INACTIVE && (flags & SYN) !== 0;
  return startsLate ? SYN_SENT : endpoint;
}

function nextOnReset(endpoint: number, peer: number): number {
  if (endpoint !== CLOSED) return RESET;
  return peer === CLOSED ? CLOSED : CLOSED_RESET;
}

function firstEndpoint(peer: number, flags: number, payloadBytes: number, isOrigin: boolean): number {
  if ((flags & SYN) !== 0) {
    if (!isOrigin) return ESTABLISHED;
    return (flags & ACK) !== 0 ? SYN_ACK_SENT : SYN_SENT;
  }
  // Some stacks acknowledge a SYN before they answer it.
  if (!isOrigin && payloadBytes === 0 && peer === SYN_SENT) return INACTIVE;
  return peer === ESTABLISHED ? ESTABLISHED : PARTIAL;
}

/** The other side's state after a segment of a side that was at `before` and is now at `endpoint`. */
export function nextPeer(before: number, endpoint: number, peer: number): number {
  if (before === INACTIVE && endpoint === ESTABLISHED && peer === SYN_SENT) return ESTABLISHED;
  return endpoint === CLOSED && peer === CLOSED_RESET ? CLOSED : peer;
}

/** Whether nothing but stragglers is to be expected. */
export function isClosed(endpoint: number, peer: number): boolean {
  return isReset(endpoint) || isReset(peer) || (endpoint === CLOSED && peer === CLOSED);
}

/** @param origin the initiator's state, `responder` the other side's
 *  @param sawData whether either side sent payload
 *  @param sawSyn whether the initiator's SYN was seen
 *  @returns conn_state of a TCP conversation */
export function tcpConnState(origin: number, responder: number, sawData: boolean, sawSyn: boolean): string {
  const originQuiet = origin <= PARTIAL;
  const responderQuiet = responder <= PARTIAL;
  if (isReset(responder)) {
    const refused = origin === SYN_SENT || origin === SYN_ACK_SENT || (isReset(origin) && !sawData);
    if (refused) return 'REJ';
    return originQuiet ? 'RSTRH' : 'RSTR';
  }
  if (isReset(origin)) {
    if (!responderQuiet) return 'RSTO';
    return sawSyn ? 'RSTOS0' : 'OTH';
  }
  if (origin === CLOSED && responder === CLOSED) return 'SF';
  if (origin === CLOSED) return responderQuiet ? 'SH' : 'S2';
  if (responder === CLOSED) return originQuiet ? 'SHR' : 'S3';
  if (origin === SYN_SENT && responder === INACTIVE) return 'S0';
  return origin === ESTABLISHED && responder === ESTABLISHED ? 'S1' : 'OTH';
}

/** @returns conn_state of a UDP conversation, by who has sent */
export function udpConnState(origin: boolean, responder: boolean): string {
  if (origin) return responder ? 'SF' : 'S0';
  return responder ? 'SHR' : 'OTH';
}
