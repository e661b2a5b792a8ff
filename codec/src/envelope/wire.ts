// hot. The envelope's layout, as docs/envelope.md draws it. All integers are big-endian.

export const MAGIC = 0xf9;
export const VERSION = 1;
export const SUITE_PSK = 1;
export const SUITE_SEALED = 2;
export type SuiteId = typeof SUITE_PSK | typeof SUITE_SEALED;

export const VERSION_AT = 1;
export const KID_AT = 2;
export const T0_AT = 6;
export const SID_AT = 10;
export const SEQ_AT = 14;
export const HEDGE_AT = 18;
export const HEADER_BYTES = 24;
export const HEDGE_BYTES = 6;
/** The part of the header that all datagrams of a session share: magic, version, suite, kid, t0, sid. */
export const SESSION_PREFIX_BYTES = 14;
export const EPHEMERAL_BYTES = 32;
export const MAC1_BYTES = 8;
/** What a sealed datagram carries between header and box: E ‖ mac1, the same in all datagrams of a session. */
export const PROOF_BYTES = EPHEMERAL_BYTES + MAC1_BYTES;
export const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** type u8 ‖ dms u32 ‖ len u16 */
export const INNER_BYTES = 7;
export const DMS_AT = 1;
export const LEN_AT = 5;

export const TYPE_HEARTBEAT = 0;
export const TYPE_GELF = 1;
export const TYPE_BATCH = 2;
export const TYPE_FRAGMENT = 3;
/** Bit 4 of a type: the body is one zlib stream (RFC 1950). Only with GELF and BATCH. */
export const DEFLATED = 0x10;
/** index u8 ‖ count u8 */
export const FRAGMENT_HEADER_BYTES = 2;

export const MIN_KID = 1;
export const MAX_KID = 0xfffffffe;
/** Sequence numbers run below this; a session ends before. */
export const MAX_SEQ = 0x8000_0000;
/** A session ends after an hour, so that a strict receiver can bound t0. */
export const SESSION_MS = 3_600_000;
/** IPv4's largest UDP payload: nothing longer can have been one datagram. */
export const MAX_DATAGRAM_BYTES = 65_507;
/** Fits WireGuard, most tunnels and PPPoE below a path MTU of 1,400. */
export const DEFAULT_MTU_BYTES = 1_372;
/** IPv6's smallest link (1,280) less its and UDP's headers: fits every path. */
export const MIN_MTU_BYTES = 1_232;
/** A body put together from fragments, or inflated, is never longer than this; its type byte counts in. */
export const MAX_MESSAGE_BYTES = 262_144;

/** @returns the bytes between the datagram's start and its box */
export const boxAt = (suite: SuiteId): number => (suite === SUITE_SEALED ? HEADER_BYTES + PROOF_BYTES : HEADER_BYTES);

/** @returns the unsigned 32-bit integer at `at` */
export const readU32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** @returns the unsigned 16-bit integer at `at` */
export const readU16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number);

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
