// cold. ClientHello and ServerHello. Source: RFC 8446 section 4.1; RFC 6066 section 3 (server_name); RFC 7301 (ALPN).
import { ByteReader } from '../kit/byte-reader.ts';
import { latin1 } from '../kit/text.ts';
import * as wire from './wire.ts';

const RANDOM_BYTES = 32;
/** More than any client offers; the rest of a list is not looked at. */
const MAX_LIST = 512;
const HOST_NAME = 0;
/** A ServerHello with this random asks for another ClientHello. Source: RFC 8446 section 4.1.3. */
const HELLO_RETRY_REQUEST = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

export interface ClientHello {
  readonly version: number;
  readonly sessionId: string;
  readonly suites: readonly number[];
  /** Types, in the order they were sent. */
  readonly extensions: readonly number[];
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
  readonly groups: readonly number[];
  readonly pointFormats: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  readonly supportedVersions: readonly number[];
}

export interface ServerHello {
  /** Negotiated. */
  readonly version: number;
  readonly suite: number;
  readonly sessionId: string;
  readonly alpn: string | undefined;
  /** It takes up an earlier session by a pre-shared key (TLS 1.3). */
  readonly usesPreSharedKey: boolean;
  readonly isRetryRequest: boolean;
}

/** @param body of the message, lent
 *  @returns undefined when it does not parse */
export function readClientHello(body: Uint8Array): ClientHello | undefined {
  const reader = new ByteReader(body);
  const version = reader.u16();
  reader.skip(RANDOM_BYTES);
  const sessionId = hex(reader.take(reader.u8()));
  const suites = numbers(reader.block(reader.u16()), 2);
  reader.skip(reader.u8()); // compression methods
  const extensions = readExtensions(reader);
  if (reader.failed) return undefined;
  const of = (type: number) => extensions.get(type) ?? new ByteReader(body, 0, 0);
  return {
    version,
    sessionId,
    suites,
    extensions: [...extensions.keys()],
    serverName: readServerName(of(wire.SERVER_NAME)),
    alpn: readProtocolNames(of(wire.ALPN)),
    groups: listOf16(of(wire.SUPPORTED_GROUPS)),
    pointFormats: listOf(of(wire.EC_POINT_FORMATS), 1, 1),
    signatureAlgorithms: listOf16(of(wire.SIGNATURE_ALGORITHMS)),
    supportedVersions: listOf(of(wire.SUPPORTED_VERSIONS), 1, 2),
  };
}

/** @param body of the message, lent
 *  @returns undefined when it does not parse */
export function readServerHello(body: Uint8Array): ServerHello | undefined {
  const reader = new ByteReader(body);
  const legacyVersion = reader.u16();
  const random = hex(reader.take(RANDOM_BYTES));
  const sessionId = hex(reader.take(reader.u8()));
  const suite = reader.u16();
  reader.skip(1); // compression method
  const extensions = readExtensions(reader);
  if (reader.failed) return undefined;
  const alpn = extensions.get(wire.ALPN);
  return {
    version: extensions.get(wire.SUPPORTED_VERSIONS)?.u16() ?? legacyVersion,
    suite,
    sessionId,
    alpn: alpn && readProtocolNames(alpn)[0],
    usesPreSharedKey: extensions.has(wire.PRE_SHARED_KEY),
    isRetryRequest: random === HELLO_RETRY_REQUEST,
  };
}

/** A hello may end before its extensions (RFC 5246 section 7.4.1.2).
 *  @returns a reader of each one's content, by type */
function readExtensions(reader: ByteReader): Map<number, ByteReader> {
  const found = new Map<number, ByteReader>();
  if (reader.failed || reader.left === 0) return found;
  const list = reader.block(reader.u16());
  while (list.left > 0 && !list.failed && found.size < MAX_LIST) {
    const type = list.u16();
    const content = list.block(list.u16());
    if (!list.failed) found.set(type, content);
  }
  if (list.failed) reader.failed = true;
  return found;
}

function readServerName(reader: ByteReader): string | undefined {
  const list = reader.block(reader.u16());
  while (list.left > 0 && !list.failed) {
    const type = list.u8();
    const { bytes, at, end } = list.block(list.u16());
    if (!list.failed && type === HOST_NAME && end > at) return latin1(bytes, at, end);
  }
  return undefined;
}

function readProtocolNames(reader: ByteReader): string[] {
  const list = reader.block(reader.u16());
  const names: string[] = [];
  while (list.left > 0 && !list.failed && names.length < MAX_LIST) {
    const { bytes, at, end } = list.block(list.u8());
    if (!list.failed) names.push(latin1(bytes, at, end));
  }
  return names;
}

const listOf16 = (reader: ByteReader): number[] => listOf(reader, 2, 2);

/** @param prefixBytes of the list's length
 *  @param itemBytes of each number */
function listOf(reader: ByteReader, prefixBytes: 1 | 2, itemBytes: 1 | 2): number[] {
  const lengthBytes = prefixBytes === 1 ? reader.u8() : reader.u16();
  return numbers(reader.block(lengthBytes), itemBytes);
}

function numbers(list: ByteReader, itemBytes: 1 | 2): number[] {
  const values: number[] = [];
  while (list.left >= itemBytes && values.length < MAX_LIST) values.push(itemBytes === 1 ? list.u8() : list.u16());
  return values;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
