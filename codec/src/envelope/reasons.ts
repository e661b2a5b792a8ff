// cold. Every way a datagram, or what it carried, is given up: one name, one counter, one line each.

/** In the order in which a receiver looks. `step` is the step of docs/envelope.md; the relay and the Logstash plugin
 *  count by the same names. */
export const REFUSALS = {
  unsaved: { step: 0, doc: 'the receiver keeps state and has not saved it since it started' },
  short: { step: 1, doc: 'shorter than the smallest envelope of its suite' },
  long: { step: 1, doc: 'longer than a UDP datagram can be' },
  magic: { step: 2, doc: 'the first byte is not 0xF9: not an envelope' },
  version: { step: 2, doc: 'an envelope of another version' },
  suite: { step: 2, doc: 'a suite that does not exist' },
  unknown_key: { step: 3, doc: 'no row of the registry has the kid' },
  revoked: { step: 3, doc: 'the kid is revoked' },
  not_yet_valid: { step: 3, doc: "before the kid's not_before" },
  expired: { step: 3, doc: "at or after the kid's not_after" },
  wrong_suite: { step: 3, doc: 'another suite than the kid has' },
  session_future: { step: 4, doc: 'a new session that starts later than the clock mode allows' },
  session_old: { step: 4, doc: 'a new session that starts earlier than the clock mode allows' },
  floor: {
    step: 4,
    doc: "a new session not newer than the kid's floor, or than all of its live sessions when four are live",
  },
  sequence: { step: 5, doc: 'a sequence number at which a session has long ended' },
  duplicate: { step: 5, doc: 'the sequence number was seen' },
  replay: { step: 5, doc: 'the sequence number is below the window' },
  mac1: { step: 6, doc: 'sealed: made by nobody who holds the static keys, or E changed within a session' },
  low_order: { step: 6, doc: 'sealed: a public key gives the all-zero secret' },
  auth: { step: 7, doc: 'the tag is wrong: another key, or a changed byte' },
  type: { step: 8, doc: 'a type or a flag that does not exist' },
  body_length: { step: 8, doc: 'len reaches beyond the datagram, or a heartbeat has a body' },
  padding: { step: 8, doc: 'padding that is not zero' },
  future: { step: 9, doc: "sent later than the receiver's clock allows" },
  before_start: { step: 9, doc: 'sent before the receiver started, so it may have been accepted before' },
  clock_unsaved: {
    step: 9,
    doc: "the kid's clock is further ahead than the saved state says: accepted after the next save",
  },
  stale: { step: 9, doc: 'authentic but old, and the receiver was told to drop such' },
  rate_packets: { step: 11, doc: "the kid's limit of datagrams per second" },
  rate_bytes: { step: 11, doc: "the kid's limit of bytes per second" },
  fragment_invalid: { step: 12, doc: 'a fragment with an impossible index, count, slice or inner type' },
  fragment_conflict: { step: 12, doc: 'a fragment that contradicts another of its message' },
  fragment_limit: { step: 12, doc: 'a message given up for another, or too large, by the limits on fragments' },
  fragment_expired: { step: 12, doc: 'a message whose fragments did not all come in time' },
  inflate: { step: 12, doc: 'a deflated body that is damaged, or larger than the limit' },
} as const satisfies { readonly [reason: string]: { readonly step: number; readonly doc: string } };

export type Refusal = keyof typeof REFUSALS;
export const REFUSAL_NAMES = Object.keys(REFUSALS) as Refusal[];
