// cold. The record of one exchange.

import type { Exchange } from '../protocols/analyzer.ts';
import { isoTime } from './iso-time.ts';
import type { OutputRecord } from './record.ts';

/** @param conversation fields of the conversation it belongs to: addresses, ports, network delays; owned, added to
 *  @param title its L7_PROTOCOL
 *  @returns `conversation` with the exchange's fields */
export function exchangeRecord(conversation: OutputRecord, title: string, exchange: Exchange): OutputRecord {
  conversation.L7_PROTOCOL = title;
  conversation.BEGIN_TIME = isoTime(exchange.beginUs);
  conversation.END_TIME = isoTime(exchange.endUs);
  conversation.BYTES = exchange.bytes;
  return Object.assign(conversation, exchange.fields);
}
