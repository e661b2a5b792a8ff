// cold. One short line per record for a person at a terminal.
import { styleText } from 'node:util';
import { printable } from '@nanogelf/cli';
import type { PlainRecord } from '@nanogelf/codec';

const MAX_SUMMARY_CHARS = 160;
const RESPONSES = ['HTTP_RESPONSE', 'DNS_RESPONSE', 'SQL_RESPONSE', 'REDIS_RESPONSE', 'AMQ_RESPONSE', 'DURATION'];

/** @returns time, probe, protocol, summary and how long it took */
export function humanLine(record: PlainRecord, colour: boolean): string {
  const paint = (style: 'dim' | 'cyan' | 'bold' | 'yellow', text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const response = RESPONSES.map(name => record[name]).find(value => typeof value === 'number');
  return [
    paint('dim', timeOf(record.timestamp)),
    paint('cyan', textOf(record.probe ?? record.host)),
    paint('bold', textOf(record.L7_PROTOCOL ?? record.L4_PROTOCOL ?? record['message-type']).padEnd(6)),
    textOf(record.short_message).slice(0, MAX_SUMMARY_CHARS),
    response === undefined ? '' : paint('dim', `${response} ms`),
    record.envelope === 'stale' ? paint('yellow', 'stale') : '',
  ]
    .filter(part => part !== '')
    .join(' ');
}

/** Control characters out of a packet must not move the reader's cursor. */
const textOf = (value: unknown): string => (value === undefined ? '' : printable(String(value)));

function timeOf(timestamp: unknown): string {
  const date = new Date(Number(timestamp) * 1000);
  return Number.isNaN(date.getTime()) ? '--:--:--.---' : date.toISOString().slice(11, 23);
}
