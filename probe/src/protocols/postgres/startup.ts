// warm. What a connection begins with: a length and a code instead of a type.
// Source: PostgreSQL documentation, "Message Formats": StartupMessage, SSLRequest, GSSENCRequest, CancelRequest.
import type { Detection } from '../analyzer.ts';
import { latin1, utf8 } from '../kit/text.ts';
import { int32, stringEnd } from './wire.ts';

export const SSL_REQUEST = 80_877_103;
export const GSSENC_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;
const PROTOCOL_MAJOR = 3;
/** The server refuses a longer one. Source: postgres, pqcomm.h, MAX_STARTUP_PACKET_LENGTH. */
const STARTUP_LIMIT_BYTES = 10_000;
/** Length, code, process id, and a secret key of at least 4 bytes. */
const CANCEL_BYTES = 16;
const CANCEL_LIMIT_BYTES = 12 + 256;
/** A name has 63 at most, where the server is not compiled otherwise. */
const VALUE_LIMIT_BYTES = 256;

export interface Startup {
  readonly lengthBytes: number;
  readonly code: number;
  /** Of a StartupMessage: its parameters; `database` is the user's name where none is given. */
  readonly user: string;
  readonly database: string;
  readonly application: string;
  /** Of a CancelRequest: the server's process. */
  readonly pid: number;
}

/** Whether a connection begins like this. Kafka has requests with the same eight bytes, but no name behind them. */
export function detectStartup(bytes: Uint8Array): Detection {
  if (bytes[0] !== 0 || (bytes[1] ?? 0) !== 0) return 'no';
  if (bytes.length < 8) return couldBeCode(bytes) ? 'more' : 'no';
  if (!isStartup(int32(bytes, 0), int32(bytes, 4))) return 'no';
  if (int32(bytes, 4) >> 16 !== PROTOCOL_MAJOR) return 'yes';
  const end = stringEnd(bytes, 8, bytes.length);
  const name = latin1(bytes, 8, end < 0 ? bytes.length : end);
  if (!/^[a-zA-Z_][\w.]*$/.test(name)) return end < 0 && name === '' ? 'more' : 'no';
  return end < 0 ? 'more' : 'yes';
}

const couldBeCode = (bytes: Uint8Array): boolean => {
  const high = bytes.length >= 6 ? int32(bytes, 4) >> 16 : -1;
  return high < 0 || high === PROTOCOL_MAJOR || high === SSL_REQUEST >> 16;
};

function isStartup(lengthBytes: number, code: number): boolean {
  if (code === SSL_REQUEST || code === GSSENC_REQUEST) return lengthBytes === 8;
  if (code === CANCEL_REQUEST) return lengthBytes >= CANCEL_BYTES && lengthBytes <= CANCEL_LIMIT_BYTES;
  return code >> 16 === PROTOCOL_MAJOR && lengthBytes > 8 && lengthBytes <= STARTUP_LIMIT_BYTES;
}

/** @returns undefined when the bytes are none of these, 0 when more are needed */
export function readStartup(bytes: Uint8Array): Startup | 0 | undefined {
  if (bytes.length < 8) return 0;
  const [lengthBytes, code] = [int32(bytes, 0), int32(bytes, 4)];
  if (!isStartup(lengthBytes, code)) return undefined;
  if (bytes.length < lengthBytes) return 0;
  const startup = { lengthBytes, code, user: '', database: '', application: '', pid: 0 };
  if (code === CANCEL_REQUEST) return { ...startup, pid: int32(bytes, 8) };
  if (code >> 16 !== PROTOCOL_MAJOR) return startup;
  const parameters = readParameters(bytes, 8, lengthBytes);
  const user = parameters.get('user') ?? '';
  const application = parameters.get('application_name') ?? '';
  return { ...startup, user, database: parameters.get('database') || user, application };
}

function readParameters(bytes: Uint8Array, from: number, end: number): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (let at = from; at < end && bytes[at] !== 0; ) {
    const name = stringEnd(bytes, at, end);
    const value = name < 0 ? -1 : stringEnd(bytes, name + 1, end);
    if (value < 0) break;
    parameters.set(utf8(bytes, at, name), utf8(bytes, name + 1, Math.min(value, name + 1 + VALUE_LIMIT_BYTES)));
    at = value + 1;
  }
  return parameters;
}
