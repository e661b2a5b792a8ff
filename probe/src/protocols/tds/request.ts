// cold. What a client's message asks for. Source: MS-TDS sections 2.2.6.7 (SQLBatch), 2.2.6.9 (transactions), 2.2.5.3.
import { ByteReader } from '../kit/byte-reader.ts';
import * as packet from './packet.ts';
import { readCall, type Statement, statementOf } from './rpc.ts';
import { ucs2 } from './text.ts';

const HEADER_TYPES = 3;
const TRANSACTIONS: { readonly [type: number]: string } = {
  0: 'GET DTC ADDRESS',
  1: 'PROPAGATE TRANSACTION',
  5: 'BEGIN TRANSACTION',
  6: 'PROMOTE TRANSACTION',
  7: 'COMMIT TRANSACTION',
  8: 'ROLLBACK TRANSACTION',
  9: 'SAVE TRANSACTION',
};
const plain = { prepares: false, forgets: false, isPrepared: false, values: [], names: [] };

/** @param type of the message's packets
 *  @param body of the message, lent; possibly cut
 *  @returns undefined when nothing can be told */
export function readRequest(type: number, body: Uint8Array, valueLimit: number): Statement | undefined {
  const content = body.subarray(headersEnd(body));
  switch (type) {
    case packet.SQL_BATCH:
      return { ...plain, sql: ucs2(content, 0, content.length & ~1) };
    case packet.RPC: {
      const call = readCall(content, valueLimit);
      return call && statementOf(call);
    }
    case packet.TRANSACTION_MANAGER:
      return { ...plain, sql: TRANSACTIONS[new ByteReader(content).u16le()] ?? 'TRANSACTION' };
    case packet.BULK_LOAD:
      return { ...plain, sql: 'BULK LOAD' };
    default:
      return undefined;
  }
}

const FIRST_PACKET_IDS = [0, 1];

/** Some clients count a message's packets, others the session's; headers stand only at a message's beginning.
 *  @param bytes of a client's packet, lent
 *  @returns whether it surely is the first of its message */
export const beginsMessage = (bytes: Uint8Array): boolean =>
  FIRST_PACKET_IDS.includes(bytes[6] ?? 0) || headersEnd(bytes.subarray(packet.HEADER_BYTES)) > 0;

/** ALL_HEADERS, which sessions before TDS 7.2 do not have: told by lengths and types that fit.
 *  @returns where the headers end */
function headersEnd(body: Uint8Array): number {
  const reader = new ByteReader(body);
  const end = reader.u32le();
  if (reader.failed || end > body.length) return 0;
  while (reader.at < end) {
    const at = reader.at;
    const lengthBytes = reader.u32le();
    const type = reader.u16le();
    if (reader.failed || lengthBytes < 6 || type < 1 || type > HEADER_TYPES) return 0;
    reader.at = at + lengthBytes;
  }
  return reader.at === end ? end : 0;
}
