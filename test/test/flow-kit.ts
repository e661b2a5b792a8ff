// cold. Frames through dissect and the flow table, as the pipeline does it; records as plain objects.
import {
  addNetworkFields,
  ConversationReader,
  createFlowTable,
  DISSECTED,
  dissect,
  type FlowListener,
  type FlowTable,
  type FlowTableOptions,
  FRAGMENT,
  type FragmentStats,
  Fragments,
  Packet,
} from '@nanogelf/probe';
import { type Frame, LINKTYPE_ETHERNET } from '../src/packets/index.ts';

export type NetworkFields = { [field: string]: unknown };

export interface Replay {
  readonly records: NetworkFields[];
  readonly flows: FlowTable;
  /** Frames by status. */
  readonly statuses: number[];
  readonly fragments: FragmentStats;
}

export interface ReplayOptions extends Omit<FlowTableOptions, 'onRecord'> {
  readonly linkType?: number;
  /** Cuts frames as a snap length does. */
  readonly snapBytes?: number;
  readonly beforeFinish?: (flows: FlowTable, records: readonly NetworkFields[]) => void;
  readonly listener?: (flows: FlowTable) => FlowListener;
}

/** Runs `frames` through a table of its own, to its end. */
export function replay(frames: readonly Frame[], options: ReplayOptions = {}): Replay {
  const records: NetworkFields[] = [];
  const statuses: number[] = [];
  const packet = new Packet();
  const fragments = new Fragments();
  const flows: FlowTable = createFlowTable({
    maxFlows: 1024,
    ...options,
    onRecord: (slot, final) =>
      records.push(asWritten(addNetworkFields({ ...reader.read(slot) }, flows, slot, final, packet.tsUs))),
  });
  const reader = new ConversationReader(flows, [{ name: 'eth0', linkType: 1, addresses: ['10.0.0.9'] }]);
  if (options.listener !== undefined) flows.listen(options.listener(flows));
  for (const { bytes, tsUs } of frames) {
    const captured = Math.min(bytes.length, options.snapBytes ?? bytes.length);
    let status = dissect(packet, bytes, 0, captured, bytes.length, tsUs, 0, options.linkType ?? LINKTYPE_ETHERNET, -1);
    if (status === FRAGMENT) status = fragments.take(packet);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === DISSECTED) flows.packet(packet);
  }
  options.beforeFinish?.(flows, records);
  flows.finish();
  return { records, flows, statuses, fragments: fragments.stats() };
}

/** As every output writes it: what is undefined is left out. */
export const asWritten = (record: NetworkFields): NetworkFields => JSON.parse(JSON.stringify(record));

/** The one record of frames that make one conversation. */
export function onlyRecord(frames: readonly Frame[], options: ReplayOptions = {}): NetworkFields {
  const { records } = replay(frames, options);
  if (records.length !== 1) throw new Error(`expected one record, got ${JSON.stringify(records, null, 1)}`);
  return records[0] as NetworkFields;
}
