// cold. Arguments of methods. Source: AMQP 0-9-1 specification, sections 4.2.5 and 1.
import { ByteReader } from '../kit/byte-reader.ts';
import { utf8 } from '../kit/text.ts';
import type { Method } from './methods.ts';

/** What of a method's arguments matters; '' and 0 where it has no such. */
export interface Arguments {
  queue: string;
  exchange: string;
  routingKey: string;
  consumerTag: string;
  host: string;
  user: string;
  /** Of basic.ack, basic.nack. */
  deliveryTag: number;
  /** Code of a close or a return, its text, and the method that was to blame. */
  code: number;
  text: string;
  blamed: number;
  /** Messages in a queue, or removed from it; -1 where nothing says so. */
  count: number;
  bits: number;
}

const shortString = (reader: ByteReader): string => textOf(reader, reader.u8());
const longString = (reader: ByteReader): string => textOf(reader, reader.u32());

function textOf(reader: ByteReader, lengthBytes: number): string {
  const bytes = reader.take(lengthBytes);
  return utf8(bytes, 0, bytes.length);
}

/** @param at of the arguments, behind class and method
 *  @param end exclusive */
export function readArguments(method: Method, bytes: Uint8Array, at: number, end: number): Arguments {
  const reader = new ByteReader(bytes, at, end);
  const read: Arguments = {
    queue: '',
    exchange: '',
    routingKey: '',
    consumerTag: '',
    host: '',
    user: '',
    deliveryTag: 0,
    code: 0,
    text: '',
    blamed: 0,
    count: -1,
    bits: 0,
  };
  for (const letter of method.layout) READERS[letter]?.(reader, read);
  return read;
}

const READERS: { readonly [letter: string]: (reader: ByteReader, read: Arguments) => void } = {
  // A reserved short; a short string that does not matter.
  t: reader => void reader.u16(),
  s: reader => void shortString(reader),
  q: (reader, read) => {
    read.queue = shortString(reader);
  },
  x: (reader, read) => {
    read.exchange = shortString(reader);
  },
  k: (reader, read) => {
    read.routingKey = shortString(reader);
  },
  c: (reader, read) => {
    read.consumerTag = shortString(reader);
  },
  h: (reader, read) => {
    read.host = shortString(reader);
  },
  d: (reader, read) => {
    read.deliveryTag = reader.u32() * 2 ** 32 + reader.u32();
  },
  E: (reader, read) => {
    read.code = reader.u16();
  },
  r: (reader, read) => {
    read.text = shortString(reader);
  },
  m: (reader, read) => {
    read.blamed = reader.u32();
  },
  n: (reader, read) => {
    read.count = reader.u32();
  },
  b: (reader, read) => {
    read.bits = reader.u8();
  },
  // connection.start-ok: client properties, mechanism, response.
  u: (reader, read) => {
    reader.skip(reader.u32());
    read.user = userOf(shortString(reader), longString(reader));
  },
};

/** @param response of the SASL mechanism; what else it holds is not kept. Source: RFC 4616 for PLAIN */
function userOf(mechanism: string, response: string): string {
  if (mechanism === 'PLAIN') return response.split('\0', 2)[1] ?? '';
  return mechanism === 'AMQPLAIN' ? loginOf(response) : '';
}

const LOGIN = '\x05LOGINS';

/** @param response a table: the name LOGIN, its type S, four bytes of length, and the text */
function loginOf(response: string): string {
  const at = response.indexOf(LOGIN) + LOGIN.length;
  const length = response.charCodeAt(at + 3);
  return at < LOGIN.length ? '' : response.slice(at + 4, at + 4 + length);
}
