/** What became of a frame. 0 is a packet of a conversation; every other value says why it is none and is counted. */
export const DISSECTED = 0;
/** The capture (snap length, damaged file) ends before the headers do. */
export const TRUNCATED = 1;
/** ARP, LLDP, spanning tree … */
export const NOT_IP = 2;
/** Lengths or versions that contradict each other. */
export const BAD_HEADER = 3;
/** A piece of an IP datagram that is not whole yet (see fragments.ts). */
export const FRAGMENT = 4;
/** A data link type that is not read here. */
export const UNSUPPORTED_LINK = 5;
/** More tags, labels or extension headers than any honest packet has. */
export const TOO_DEEP = 6;
/** Tunnels inside tunnels beyond MAX_TUNNELS. */
export const TUNNELS_TOO_DEEP = 7;

/** Between the readers only: a packet that may be one of a tunnel. */
export const CARRIER = 255;

/** Counter names by status. */
export const STATUS_NAMES = [
  'dissected',
  'truncated',
  'not_ip',
  'bad_header',
  'fragment',
  'unsupported_link',
  'too_deep',
  'tunnels_too_deep',
] as const;
