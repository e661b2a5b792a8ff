// warm. Packets and what their headers say. Source: MS-TDS section 2.2.3.1.

/** Types. */
export const SQL_BATCH = 1;
export const RPC = 3;
export const TABULAR_RESULT = 4;
export const ATTENTION = 6;
export const BULK_LOAD = 7;
export const TRANSACTION_MANAGER = 14;
export const LOGIN7 = 16;
export const SSPI = 17;
export const PRE_LOGIN = 18;

/** Status bits. */
export const EOM = 0x01;
const KNOWN_STATUS = 0x1f;

export const HEADER_BYTES = 8;
/** Section 2.2.3.1.3: packets of 512 to 32,767 bytes are negotiated. */
const MAX_PACKET_BYTES = 32_767;

const CLIENT_TYPES = [SQL_BATCH, RPC, ATTENTION, BULK_LOAD, TRANSACTION_MANAGER, LOGIN7, SSPI, PRE_LOGIN];

/** @returns whole length of the packet whose header stands at `at` */
export const packetBytes = (bytes: Uint8Array, at = 0): number => ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);

/** @returns whether a packet's header may stand at `at`, as far as it is there */
export function isPacketHeader(direction: 0 | 1, bytes: Uint8Array, at: number): boolean {
  const type = bytes[at] ?? 0;
  const isType = direction === 0 ? CLIENT_TYPES.includes(type) : type === TABULAR_RESULT || type === PRE_LOGIN;
  const available = bytes.length - at;
  if (!isType || (available > 1 && (bytes[at + 1] ?? 0) > KNOWN_STATUS)) return false;
  if (available < 4) return true;
  const length = packetBytes(bytes, at);
  if (length < HEADER_BYTES || length > MAX_PACKET_BYTES) return false;
  return available < HEADER_BYTES || bytes[at + 7] === 0; // Window, which is not used
}

/** TLS, where a login or a whole session is encrypted: no TDS packet has these types. */
export const isTlsRecord = (bytes: Uint8Array): boolean => {
  const type = bytes[0] ?? 0;
  return type >= 20 && type <= 23 && (bytes.length < 2 || bytes[1] === 3);
};
