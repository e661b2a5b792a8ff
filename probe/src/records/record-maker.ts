/** cold. Puts records together: what every record says, the conversation, and what was measured or read. */
import type { Interface } from '../capture/source.ts';
import type { FlowTable } from '../flow/table.ts';
import type { Exchange } from '../protocols/analyzer.ts';
import type { CommonFields } from './common.ts';
import { ConversationReader } from './conversation.ts';
import { exchangeRecord } from './exchange.ts';
import { latestNetworkDelays, networkRecord } from './network.ts';
import type { OutputRecord } from './record.ts';

export class RecordMaker {
  readonly #flows: FlowTable;
  readonly #common: CommonFields;
  readonly #conversations: ConversationReader;

  /** @param nic the device that was asked for; left out for a file */
  constructor(flows: FlowTable, common: CommonFields, interfaces: readonly Interface[], nic: string | undefined) {
    this.#flows = flows;
    this.#common = common;
    this.#conversations = new ConversationReader(flows, interfaces, nic);
  }

  /** Called from the flow table's `onRecord`.
   *  @param title the conversation's L7_PROTOCOL, if it is known
   *  @param nowUs time of the record */
  network(slot: number, final: boolean, title: string | undefined, nowUs: number): OutputRecord {
    return {
      ...this.#common('comm', nowUs),
      ...this.#conversations.read(slot),
      ...(title === undefined ? {} : { L7_PROTOCOL: title }),
      ...networkRecord(this.#flows, slot, final, nowUs),
    };
  }

  /** Called from the engine's `onExchange`. */
  exchange(slot: number, title: string, exchange: Exchange): OutputRecord {
    const conversation = {
      ...this.#common('comm', exchange.endUs),
      ...this.#conversations.read(slot),
      ...latestNetworkDelays(this.#flows, slot),
    };
    return exchangeRecord(conversation, title, exchange);
  }
}
