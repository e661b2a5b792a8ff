// cold. What the demo tells whoever watches it.
import type { PlainRecord } from '@nanogelf/codec';
import type { Counters } from '../counters.ts';
import { hexdump, sideBySide } from './hexdump.ts';
import type { Scene } from './scene.ts';

const SHOWN_LINES = 20; // of the hexdump: a screen still holds it
const TEXT_WIDTH = 48;
const SEQ_AT = 14; // the sequence number in an envelope's header, which anybody can read. Source: docs/envelope.md

export const opening = ({ http, dns, wire, relayPort }: Scene): string => `
  visitors ──▶ HTTP 127.0.0.1:${http.port} and DNS 127.0.0.1:${dns.port}
                 │ captured on lo, read and summed up by nano-probe, sealed
                 ▼
               the wire: UDP 127.0.0.1:${wire.port} ──▶ 127.0.0.1:${relayPort}
                 │ opened by nano-relay, which alone has the key
                 ▼
               the records below
`;

/** @returns the datagram that carried the record, bytes on the left, what it held on the right; undefined when it is
 *  not among those kept */
export function wirePicture(record: PlainRecord, datagrams: readonly Buffer[]): string | undefined {
  const datagram = datagrams.find(each => each.readUInt32BE(SEQ_AT) === record.seq);
  if (datagram === undefined) return undefined;
  const lines = hexdump(datagram);
  const picture = sideBySide(lines, JSON.stringify(record), TEXT_WIDTH).slice(0, SHOWN_LINES);
  const title = `Datagram ${record.seq} as it crossed the wire, ${datagram.length} bytes`;
  const columns = `${title.padEnd(lines[0]?.length ?? 0)} │ and a record that was in it`;
  return ['', columns, ...picture, `… ${Math.max(0, lines.length - SHOWN_LINES)} lines more`, ''].join('\n');
}

/** What became of everything, by the counters of those who did it. */
export interface Sums {
  readonly probe: Counters;
  readonly relay: Counters;
  readonly requests: number;
  readonly queries: number;
  /** See Screen. */
  readonly records: ReadonlyMap<string, number>;
  /** Datagrams on the wire. */
  readonly datagrams: number;
  /** By the relay's account of sequence numbers. */
  readonly lost: number;
}

export function closing({ probe, relay, requests, queries, records, datagrams, lost }: Sums): string {
  const kinds = [...records].map(([name, count]) => `${count} ${name}`).join(', ');
  const { opened = 0, heartbeats = 0, pending = 0 } = relay;
  return `
visited   ${requests} requests, ${queries} queries
captured  ${probe['capture.received'] ?? 0} frames, ${probe['capture.dropped'] ?? 0} dropped
sent      ${datagrams} datagrams
opened    ${opened + heartbeats + pending} datagrams: ${kinds} records, ${heartbeats} heartbeats
lost      ${lost} datagrams`;
}

export const NEXT_STEPS = `
Where to go next
  your own traffic, a line each     sudo node_modules/.bin/nano-probe watch
  a capture file as records         node_modules/.bin/nano-probe --play FILE --stdout
  keys, a probe, a relay            README.md, "Five minutes to a real host"
  all options                       node_modules/.bin/nano-probe --help all, nano-relay --help, nano-keys --help
  what is encrypted, and how        docs/envelope.md`;
