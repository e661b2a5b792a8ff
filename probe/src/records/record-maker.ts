/** cold. Puts records together: what every record says, the conversation, and what was measured or read. */
import { commonFields, networkFields, trafficFields } from '@nanogelf/codec/fields';
import type { Interface } from '../capture/source.ts';
import type { FlowTable } from '../flow/table.ts';
import type { Processes } from '../host/processes.ts';
import type { Exchange, Protocol } from '../protocols/analyzer.ts';
import { blankRecord } from './blank.ts';
import type { CommonFields } from './common.ts';
import { addConversation, ConversationReader } from './conversation.ts';
import { exchangeRecord } from './exchange.ts';
import { addLatestDelays, addNetworkFields } from './network.ts';
import type { OutputRecord } from './record.ts';

const BLANK_NETWORK = blankRecord(commonFields, trafficFields, networkFields);

export class RecordMaker {
  readonly #flows: FlowTable;
  readonly #common: CommonFields;
  readonly #conversations: ConversationReader;
  readonly #processes: Processes | undefined;
  /** By protocol id. */
  readonly #blanks = new Map<string, OutputRecord>();

  /** @param nic the device that was asked for; left out for a file
   *  @param processes left out where they cannot be told */
  constructor(
    flows: FlowTable,
    common: CommonFields,
    interfaces: readonly Interface[],
    nic: string | undefined,
    processes?: Processes,
  ) {
    this.#flows = flows;
    this.#common = common;
    this.#processes = processes;
    this.#conversations = new ConversationReader(flows, interfaces, nic);
  }

  /** Called from the flow table's `onRecord`.
   *  @param title the conversation's L7_PROTOCOL, if it is known
   *  @param nowUs time of the record */
  network(slot: number, final: boolean, title: string | undefined, nowUs: number): OutputRecord {
    const record = this.#common({ ...BLANK_NETWORK }, 'comm', nowUs);
    addConversation(record, this.#conversations.read(slot, final));
    this.#addProcess(record, slot);
    record.L7_PROTOCOL = title;
    return addNetworkFields(record, this.#flows, slot, final, nowUs);
  }

  /** Called from the engine's `onExchange`. */
  exchange(slot: number, title: string, exchange: Exchange, protocol: Protocol, sampleRate: number): OutputRecord {
    const record = this.#common({ ...this.#blankOf(protocol) }, 'comm', exchange.endUs);
    addConversation(record, this.#conversations.read(slot));
    this.#addProcess(record, slot);
    addLatestDelays(record, this.#flows, slot);
    if (sampleRate > 1) record.SAMPLE_RATE = sampleRate;
    return exchangeRecord(record, title, exchange);
  }

  #addProcess(record: OutputRecord, slot: number): void {
    const process = this.#processes?.of(slot);
    record.PROC_NAME = process?.name;
    record.PROC_PID = process?.pid;
  }

  #blankOf(protocol: Protocol): OutputRecord {
    const known = this.#blanks.get(protocol.id);
    if (known !== undefined) return known;
    const blank = blankRecord(commonFields, trafficFields, protocol.fields);
    this.#blanks.set(protocol.id, blank);
    return blank;
  }
}
