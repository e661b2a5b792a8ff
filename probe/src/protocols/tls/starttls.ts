// cold. Protocols that begin in clear and turn to TLS at a command. Only their beginnings are read, and only to find
// where TLS starts. Source: RFC 3207 (SMTP), RFC 2595 and RFC 9051 (IMAP, POP3), RFC 4217 (FTP).
import type { Direction } from '../analyzer.ts';
import { latin1 } from '../kit/text.ts';
import { isRecordHeader, RECORD_HEADER_BYTES } from './wire.ts';

const LF = 0x0a;

interface Spoken {
  readonly name: string;
  /** A line of the client, or of the server, before TLS. */
  readonly client: RegExp;
  readonly server: RegExp;
  /** The client's line that asks for TLS. */
  readonly asks: RegExp;
}

const SPOKEN: readonly Spoken[] = [
  { name: 'SMTP', client: /^(?:EHLO|HELO|LHLO|NOOP|STARTTLS)\b/i, server: /^[245]\d\d[ -]/, asks: /^STARTTLS\s*$/i },
  { name: 'POP3', client: /^(?:CAPA|STLS)\s*$/i, server: /^(?:\+OK|-ERR|[A-Z-]+( |$)|\.$)/, asks: /^STLS\s*$/i },
  {
    name: 'FTP',
    client: /^(?:AUTH|FEAT|SYST|HOST|PBSZ)\b/i,
    server: /^(?:[245]\d\d[ -]| )/,
    asks: /^AUTH (?:TLS|SSL)\s*$/i,
  },
  {
    name: 'IMAP',
    client: /^[\w.-]{1,16} (?:CAPABILITY|STARTTLS|ID|NOOP)\b/i,
    server: /^(?:\*|[\w.-]{1,16}) (?:OK|NO|BAD|CAPABILITY|ID|PREAUTH)\b/i,
    asks: /^[\w.-]{1,16} STARTTLS\s*$/i,
  },
];

/** `at`: where TLS starts. */
export type Beginning = { readonly name: string; readonly at: number } | 'more' | 'no';

/** Reads lines of one of these protocols up to the first TLS record. */
export function beginning(direction: Direction, bytes: Uint8Array): Beginning {
  let candidates = SPOKEN;
  let hasAsked = direction === 1;
  for (let at = 0; ; ) {
    const [first] = candidates;
    if (first === undefined) return 'no';
    if (hasAsked && at > 0 && isRecordHeader(bytes, at)) return { name: first.name, at };
    const end = bytes.indexOf(LF, at);
    if (end < 0) return isText(bytes, at) || bytes.length - at < RECORD_HEADER_BYTES ? 'more' : 'no';
    const line = latin1(bytes, at, end).replace(/\r$/, '');
    candidates = candidates.filter(spoken => (direction === 0 ? spoken.client : spoken.server).test(line));
    hasAsked ||= candidates.some(({ asks }) => asks.test(line));
    at = end + 1;
    if (at === bytes.length) return candidates.length > 0 ? 'more' : 'no';
  }
}

const isText = (bytes: Uint8Array, at: number): boolean =>
  bytes.subarray(at).every(byte => byte >= 0x20 && byte < 0x7f);
