// cold. Numbers of the record and the handshake protocol. Source: RFC 8446 sections 4, 5 and B; RFC 5246 section 7.4.

/** Content types of records. */
export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

export const RECORD_HEADER_BYTES = 5;
/** RFC 5246 section 6.2.3: 2^14 and what a cipher may add. */
export const MAX_RECORD_BYTES = 16_384 + 2_048;

/** Types of handshake messages. */
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const CERTIFICATE = 11;
export const SERVER_KEY_EXCHANGE = 12;
export const CERTIFICATE_REQUEST = 13;
export const HANDSHAKE_HEADER_BYTES = 4;

/** Extensions. */
export const SERVER_NAME = 0;
export const SUPPORTED_GROUPS = 10;
export const EC_POINT_FORMATS = 11;
export const SIGNATURE_ALGORITHMS = 13;
export const ALPN = 16;
export const PRE_SHARED_KEY = 41;
export const SUPPORTED_VERSIONS = 43;

export const SSL_3_0 = 0x0300;
export const TLS_1_2 = 0x0303;
export const TLS_1_3 = 0x0304;

const VERSIONS: { readonly [version: number]: string } = {
  [SSL_3_0]: 'SSL 3.0',
  769: '1.0',
  770: '1.1',
  [TLS_1_2]: '1.2',
  [TLS_1_3]: '1.3',
};

export const versionName = (version: number): string =>
  VERSIONS[version] ?? `0x${version.toString(16).padStart(4, '0')}`;

/** Values that clients offer to see whether servers bear the unknown; they mean nothing. Source: RFC 8701. */
export const isGrease = (value: number): boolean => (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);

/** @returns whether a record's header may stand at `at` */
export function isRecordHeader(bytes: Uint8Array, at: number): boolean {
  const type = bytes[at] ?? 0;
  const length = recordBytes(bytes, at);
  return (
    type >= CHANGE_CIPHER_SPEC &&
    type <= APPLICATION_DATA &&
    bytes[at + 1] === 3 &&
    (bytes[at + 2] ?? 9) <= 4 &&
    length > 0 &&
    length <= MAX_RECORD_BYTES
  );
}

/** @returns length of the record's content, whose header stands at `at` */
export const recordBytes = (bytes: Uint8Array, at: number): number =>
  ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
