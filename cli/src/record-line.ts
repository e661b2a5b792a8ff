/** cold. A record in one line for a person: the same in nano-probe watch, nano-relay --human and the demo. */
import { styleText } from 'node:util';
import { printable } from './log.ts';

type Style = Parameters<typeof styleText>[0];
/** A record with plain names, from anyone: nothing about its values is believed. */
type AnyRecord = { readonly [field: string]: unknown };

/** Longer summaries are cut: a line is to stay a line. */
const MAX_SUMMARY = 160;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** What an exchange was about, by the fields that only its protocol has. */
const SUMMARIES = [
  { asked: ['METHOD', 'URL'], answered: ['RETCODE'] },
  { asked: ['QTYPE', 'DOMAIN'], answered: ['RCODE', 'RESULT_IP'] },
];

/** @param record a conversation, an exchange, or whatever a sender said
 *  @param summary of an exchange where it is known; else made from the record
 *  @param colour whether to paint it for a terminal
 *  @returns time, probe, protocol, who → whom, what, how long */
export function formatRecordLine(record: AnyRecord, summary: string | undefined, colour: boolean): string {
  const paint = (style: Style, text: string): string =>
    colour && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  const what = textOf(summary ?? describe(record)).slice(0, MAX_SUMMARY);
  return [
    paint('gray', timeOf(record.timestamp)),
    paint('magenta', textOf(record.probe)),
    paint('cyan', textOf(record.L7_PROTOCOL ?? record.L4_PROTOCOL ?? record['message-type']).padEnd(6)),
    describeEnds(record),
    hasFailed(record) ? paint('red', what) : what,
    paint('gray', describeDelay(record)),
    paint('yellow', record.envelope === 'stale' ? 'stale' : ''),
  ]
    .filter(part => part !== '')
    .join(' ');
}

/** Control characters out of a packet must not move the reader's cursor. */
const textOf = (value: unknown): string => (value === undefined ? '' : printable(String(value)));

function describe(record: AnyRecord): string {
  const valuesOf = (names: readonly string[]): string => names.flatMap(name => record[name] ?? []).join(' ');
  const exchange = SUMMARIES.find(({ asked }) => valuesOf(asked) !== '');
  if (exchange !== undefined) return `${valuesOf(exchange.asked)} ${valuesOf(exchange.answered) || '-'}`;
  return record.STATE === undefined ? textOf(record.short_message) : describeConversation(record);
}

function describeEnds(record: AnyRecord): string {
  if (record.SRC_IP === undefined || record.DST_IP === undefined) return '';
  return `${endpoint(record.SRC_IP, record.SRC_PORT)} → ${endpoint(record.DST_IP, record.DST_PORT)}`;
}

/** @returns the local time of day, with milliseconds */
function timeOf(timestamp: unknown): string {
  const date = new Date(Number(timestamp) * 1000);
  if (Number.isNaN(date.getTime())) return '--:--:--.---';
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function endpoint(ip: unknown, port: unknown): string {
  const text = textOf(ip);
  if (port === undefined) return text;
  return text.includes(':') ? `[${text}]:${textOf(port)}` : `${text}:${textOf(port)}`;
}

function describeConversation({ STATE, SRC_BYTES, DST_BYTES, RETRANS_PKTS }: AnyRecord): string {
  const retransmitted = Number(RETRANS_PKTS ?? 0);
  return [
    String(STATE ?? ''),
    `${formatBytes(Number(SRC_BYTES ?? 0))} ↑ ${formatBytes(Number(DST_BYTES ?? 0))} ↓`,
    ...(retransmitted > 0 ? [`${retransmitted} retransmitted`] : []),
  ].join(' ');
}

function describeDelay(record: AnyRecord): string {
  const delay = Object.entries(record).find(([name]) => name.endsWith('_RESPONSE'))?.[1] ?? record.HAND_DELAY;
  return typeof delay === 'number' ? `${delay.toFixed(delay < 10 ? 2 : 0)} ms` : '';
}

const hasFailed = ({ RETCODE, RCODE, ERR, STATE }: AnyRecord): boolean =>
  Number(RETCODE ?? 0) >= 400 ||
  ERR !== undefined ||
  (RCODE !== undefined && RCODE !== 'NOERROR') ||
  ['S0', 'REJ', 'RSTO', 'RSTR'].includes(String(STATE ?? ''));

/** @returns `12.3 kB`: powers of 1,000, as networks are measured */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
