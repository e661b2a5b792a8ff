# encoding: utf-8
# frozen_string_literal: true

# Made by `npm run gen` from the codec's tables: the wire layout, its limits, and why something is refused.
module NanoDecrypt
  MAGIC = 249
  VERSION = 1
  SUITE_PSK = 1
  SUITE_SEALED = 2
  KID_AT = 2
  HEADER_BYTES = 24
  SESSION_PREFIX_BYTES = 14
  EPHEMERAL_BYTES = 32
  MAC1_BYTES = 8
  PROOF_BYTES = 40
  KEY_BYTES = 32
  INNER_BYTES = 7
  TYPE_HEARTBEAT = 0
  TYPE_GELF = 1
  TYPE_BATCH = 2
  TYPE_FRAGMENT = 3
  DEFLATED = 16
  FRAGMENT_HEADER_BYTES = 2
  MIN_KID = 1
  MAX_KID = 4294967294
  MAX_SEQ = 2147483648
  SESSION_MS = 3600000
  MAX_DATAGRAM_BYTES = 65507
  MAX_MESSAGE_BYTES = 262144
  ARMOR_PREFIX = 'ne1.'
  KEY_PREFIXES = { psk: 'nk1p_', secret: 'nk1s_', receiver: 'nk1r_', probe: 'nk1u_', master: 'nk1m_' }.freeze
  # Fields that the receiver vouches for.
  ORIGIN = %w[envelope probe kid seq record_id].freeze
  # Why a datagram is refused, in the order in which a receiver looks.
  REFUSALS = {
    unsaved: 'the receiver keeps state and has not saved it since it started',
    short: 'shorter than the smallest envelope of its suite',
    long: 'longer than a UDP datagram can be',
    magic: 'the first byte is not 0xF9: not an envelope',
    version: 'an envelope of another version',
    suite: 'a suite that does not exist',
    unknown_key: 'no row of the registry has the kid',
    revoked: 'the kid is revoked',
    not_yet_valid: 'before the kid\'s not_before',
    expired: 'at or after the kid\'s not_after',
    wrong_suite: 'another suite than the kid has',
    session_future: 'a new session that starts later than the clock mode allows',
    session_old: 'a new session that starts earlier than the clock mode allows',
    floor: 'a new session not newer than the kid\'s floor, or than all of its live sessions when four are live',
    sequence: 'a sequence number at which a session has long ended',
    duplicate: 'the sequence number was seen',
    replay: 'the sequence number is below the window',
    mac1: 'sealed: made by nobody who holds the static keys, or E changed within a session',
    low_order: 'sealed: a public key gives the all-zero secret',
    auth: 'the tag is wrong: another key, or a changed byte',
    type: 'a type or a flag that does not exist',
    body_length: 'len reaches beyond the datagram, or a heartbeat has a body',
    padding: 'padding that is not zero',
    future: 'sent later than the receiver\'s clock allows',
    before_start: 'sent before the receiver started, so it may have been accepted before',
    clock_unsaved: 'the kid\'s clock is further ahead than the saved state says: accepted after the next save',
    stale: 'authentic but old, and the receiver was told to drop such',
    rate_packets: 'the kid\'s limit of datagrams per second',
    rate_bytes: 'the kid\'s limit of bytes per second',
    fragment_invalid: 'a fragment with an impossible index, count, slice or inner type',
    fragment_conflict: 'a fragment that contradicts another of its message',
    fragment_limit: 'a message given up for another, or too large, by the limits on fragments',
    fragment_expired: 'a message whose fragments did not all come in time',
    inflate: 'a deflated body that is damaged, or larger than the limit',
  }.freeze
end
