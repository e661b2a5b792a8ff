/** cold. A record in one line for a person. */
import { styleText } from 'node:util';
import { printable } from '@nanogelf/cli';
import type { OutputRecord } from '../records/record.ts';

type Style = Parameters<typeof styleText>[0];

/** Longer summaries are cut: a line is to stay a line. */
const MAX_SUMMARY = 160;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** @param record a finished conversation or an exchange, with plain names
 *  @param summary of an exchange: `GET /index.html 200`
 *  @param colour whether to paint it for a terminal
 *  @returns time, protocol, who → whom, what, how long */
export function formatWatchLine(record: OutputRecord, summary: string | undefined, colour: boolean): string {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const failed = hasFailed(record);
  const what = printable(summary ?? describeConversation(record)).slice(0, MAX_SUMMARY);
  return [
    paint('gray', timeOf(record)),
    paint('cyan', String(record.L7_PROTOCOL ?? record.L4_PROTOCOL ?? '?').padEnd(6)),
    `${endpoint(record.SRC_IP, record.SRC_PORT)} → ${endpoint(record.DST_IP, record.DST_PORT)}`,
    failed ? paint('red', what) : what,
    paint('gray', describeDelay(record)),
  ]
    .filter(part => part !== '')
    .join(' ');
}

/** @returns the local time of day, with milliseconds */
function timeOf(record: OutputRecord): string {
  const date = new Date(Number(record.timestamp ?? 0) * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function endpoint(ip: unknown, port: unknown): string {
  const text = String(ip ?? '?');
  if (port === undefined) return text;
  return text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
}

function describeConversation({ STATE, SRC_BYTES, DST_BYTES, RETRANS_PKTS }: OutputRecord): string {
  const retransmitted = Number(RETRANS_PKTS ?? 0);
  return [
    String(STATE ?? ''),
    `${formatBytes(Number(SRC_BYTES ?? 0))} ↑ ${formatBytes(Number(DST_BYTES ?? 0))} ↓`,
    ...(retransmitted > 0 ? [`${retransmitted} retransmitted`] : []),
  ].join(' ');
}

function describeDelay(record: OutputRecord): string {
  const delay = Object.entries(record).find(([name]) => name.endsWith('_RESPONSE'))?.[1] ?? record.HAND_DELAY;
  return typeof delay === 'number' ? `${delay.toFixed(delay < 10 ? 2 : 0)} ms` : '';
}

const hasFailed = ({ RETCODE, RCODE, ERR, STATE }: OutputRecord): boolean =>
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
