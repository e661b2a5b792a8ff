// cold. Descriptors: names and values in brackets, which clients and listeners write. Source: Oracle Net Services
// Reference, "Syntax Rules for Configuration Files".
import { latin1 } from '../kit/text.ts';

/** Characters of a value that are told. */
const MAX_VALUE_CHARS = 256;

export interface Descriptor {
  readonly service: string;
  readonly program: string;
  /** Of the client's operating system, not of the database. */
  readonly osUser: string;
}

/** @param bytes of a CONNECT's data, lent */
export function readDescriptor(bytes: Uint8Array): Descriptor {
  const text = latin1(bytes, 0, bytes.length);
  return {
    service: textOf(text, 'SERVICE_NAME') || textOf(text, 'SID'),
    program: textOf(text, 'PROGRAM'),
    osUser: textOf(text, 'USER'),
  };
}

export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** @param bytes of a REFUSE's data, lent */
export function readRefusal(bytes: Uint8Array): Refusal {
  const text = latin1(bytes, 0, bytes.length);
  const code = Number(textOf(text, 'ERR') || textOf(text, 'CODE'));
  // A listener that says no more than no gives no number.
  return { code: Number.isSafeInteger(code) && code > 0 ? code : -1, text: text.slice(0, MAX_VALUE_CHARS).trim() };
}

/** @param bytes of a REDIRECT's data, lent: an address, and possibly connect data behind a 0
 *  @returns `host:port`, or the address as it is written where it has neither */
export function readRedirect(bytes: Uint8Array): string {
  const text = latin1(bytes, 0, bytes.length).split('\0', 1)[0] ?? '';
  const [host, port] = [textOf(text, 'HOST'), textOf(text, 'PORT')];
  return host === '' || port === '' ? text.slice(0, MAX_VALUE_CHARS) : `${host}:${port}`;
}

const PATTERNS = new Map(
  ['SERVICE_NAME', 'SID', 'PROGRAM', 'USER', 'ERR', 'CODE', 'HOST', 'PORT'].map(name => [
    name,
    new RegExp(`\\(\\s*${name}\\s*=([^()]*)\\)`, 'i'),
  ]),
);

const textOf = (text: string, name: string): string =>
  (PATTERNS.get(name)?.exec(text)?.[1] ?? '').trim().slice(0, MAX_VALUE_CHARS);
