// cold. The server's greeting and the client's login. Source: MySQL 8.4, "Protocol::HandshakeV10",
// "Protocol::HandshakeResponse41", "Protocol::SSLRequest", "COM_CHANGE_USER"; MariaDB, "Connection".
import { ByteReader } from '../kit/byte-reader.ts';
import { type Charset, charsetOf } from './charsets.ts';
import type { Algorithm } from './frame-reader.ts';
import { textOf } from './text.ts';
import * as wire from './wire.ts';

export const PROTOCOL_VERSION = 10;
export const SSL_REQUEST_BYTES = 32;
const MAX_NAME_BYTES = 256; // longer than any server takes
const FILLER_BYTES = 23; // behind a login's character set

/** @returns the server's capabilities */
export function readGreeting(content: Uint8Array): number {
  const reader = new ByteReader(content, 1);
  wire.takeUntilNul(reader); // server version
  reader.skip(4 + 8 + 1); // thread id, first part of the scramble, filler
  const lower = reader.u16le();
  reader.skip(1 + 2); // character set, status
  const upper = reader.u16le();
  return (lower | (upper << 16)) >>> 0;
}

export interface Login {
  readonly capabilities: number;
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly app: string | undefined;
  readonly charset: Charset;
  /** It may ask before it has its answers: MariaDB's connectors for Java and Node send batches at once. */
  readonly mayPipeline: boolean;
  readonly isSslRequest: boolean;
}

const NO_LOGIN: Login = {
  capabilities: 0,
  user: undefined,
  database: undefined,
  app: undefined,
  charset: undefined,
  mayPipeline: true,
  isSslRequest: false,
};

/** Reads a HandshakeResponse, or the SSLRequest that comes before an encrypted one.
 *  @returns what is there; a short content ends the list of what is known */
export function readLogin(content: Uint8Array): Login {
  const reader = new ByteReader(content);
  const capabilities = reader.u32le() >>> 0;
  if ((capabilities & wire.CLIENT_PROTOCOL_41) === 0) return readOldLogin(content, capabilities & 0xffff);
  if (content.length <= SSL_REQUEST_BYTES)
    return { ...NO_LOGIN, capabilities, isSslRequest: (capabilities & wire.CLIENT_SSL) !== 0 };
  reader.skip(4); // packet size
  const charset = charsetOf(reader.u8());
  reader.skip(FILLER_BYTES);
  const user = nameOf(wire.takeUntilNul(reader));
  takeAuthentication(reader, capabilities);
  const database = (capabilities & wire.CLIENT_CONNECT_WITH_DB) !== 0 ? nameOf(wire.takeUntilNul(reader)) : undefined;
  return { capabilities, user, database, charset, ...readClient(reader, capabilities), isSslRequest: false };
}

/** Before MySQL 4.1. */
function readOldLogin(content: Uint8Array, capabilities: number): Login {
  const isSslRequest = (capabilities & wire.CLIENT_SSL) !== 0;
  const user = isSslRequest ? undefined : nameOf(wire.takeUntilNul(new ByteReader(content, 5)));
  return { ...NO_LOGIN, capabilities, user, isSslRequest };
}

/** @param content of a COM_CHANGE_USER
 *  @param capabilities of the session; undefined when its login was not seen */
export function readChangeUser(content: Uint8Array, capabilities = DEFAULT_CAPABILITIES): Login {
  const reader = new ByteReader(content, 1);
  const user = nameOf(wire.takeUntilNul(reader));
  reader.skip(reader.u8()); // authentication
  const database = nameOf(wire.takeUntilNul(reader));
  const charset = charsetOf(reader.u16le());
  return { capabilities, user, database, charset, ...readClient(reader, capabilities), isSslRequest: false };
}
const DEFAULT_CAPABILITIES = wire.CLIENT_PROTOCOL_41 | wire.CLIENT_PLUGIN_AUTH | wire.CLIENT_CONNECT_ATTRS;

function takeAuthentication(reader: ByteReader, capabilities: number): void {
  if ((capabilities & wire.CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA) !== 0) wire.takeLenenc(reader);
  else if ((capabilities & wire.CLIENT_SECURE_CONNECTION) !== 0) reader.skip(reader.u8());
  else wire.takeUntilNul(reader);
}

const PIPELINING = /^MariaDB Connector/i;

/** Looks through the connection's attributes. */
function readClient(reader: ByteReader, capabilities: number): Pick<Login, 'app' | 'mayPipeline'> {
  const attributes = readAttributes(reader, capabilities);
  const [app, client] = [attributes.get('program_name'), attributes.get('_client_name')];
  return { app, mayPipeline: PIPELINING.test(client ?? '') };
}

function readAttributes(reader: ByteReader, capabilities: number): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  if ((capabilities & wire.CLIENT_PLUGIN_AUTH) !== 0) wire.takeUntilNul(reader);
  if ((capabilities & wire.CLIENT_CONNECT_ATTRS) === 0) return told;
  const lengthBytes = wire.readLenenc(reader);
  const end = Math.min(reader.end, reader.at + (lengthBytes || 0));
  const attributes = new ByteReader(reader.bytes, reader.at, end);
  while (attributes.left > 0 && !attributes.failed) {
    const name = textOf(wire.takeLenenc(attributes));
    const value = wire.takeLenenc(attributes);
    const text = nameOf(value);
    if (TOLD.has(name) && text !== undefined && !attributes.failed) told.set(name, text);
  }
  return told;
}
const TOLD: ReadonlySet<string> = new Set(['program_name', '_client_name']);

const nameOf = (bytes: Uint8Array): string | undefined => textOf(bytes, MAX_NAME_BYTES) || undefined;

/** @returns how both sides pack what follows the login */
export function compressionOf(capabilities: number): Algorithm | undefined {
  if ((capabilities & wire.CLIENT_COMPRESS) !== 0) return 'zlib';
  return (capabilities & wire.CLIENT_ZSTD_COMPRESSION_ALGORITHM) !== 0 ? 'zstd' : undefined;
}
