/** cold. What the flow table knows of a conversation since its last record, as OUTPUT.md's Network section names it. */
import { TCP, UDP } from '../dissect/transport.ts';
import { tcpConnState, udpConnState } from '../flow/endpoint.ts';
import { FLOW, FLOW_DOUBLE, RECORD_INTS, SIDE, SIDE_DOUBLE, SIDE_FLAG, STATE, sideAt } from '../flow/layout.ts';
import type { FlowTable } from '../flow/table.ts';
import { toMs } from './format.ts';
import { isoTime } from './iso-time.ts';
import type { OutputRecord } from './record.ts';

/** Adds what was counted and measured since the conversation's last record; called from the flow table's `onRecord`,
 *  before it begins the next. The fields are written one by one, by name, in the same order for every record: objects
 *  built so share one hidden class, which makes them ten times cheaper than spreading parts together.
 *  @param record what is known of the conversation; owned, added to; a value not observed is undefined
 *  @param slot of the conversation
 *  @param final whether it ended
 *  @param nowUs when the record is made: its TIME
 *  @returns `record` */
export function addNetworkFields(
  record: OutputRecord,
  flows: FlowTable,
  slot: number,
  final: boolean,
  nowUs: number,
): OutputRecord {
  const { ints, doubles } = flows.store;
  const at = slot * RECORD_INTS;
  const clock = at >> 1;
  const lastUs = doubles[clock + FLOW_DOUBLE.LAST_US]!;
  const firstUs = doubles[clock + FLOW_DOUBLE.FIRST_US]!;
  record.TIME = isoTime(nowUs);
  record.BEGIN_TIME = isoTime(doubles[clock + FLOW_DOUBLE.BEGIN_US]! || lastUs);
  record.END_TIME = isoTime(lastUs);
  record.STATE = final ? connState(flows, slot) : 'ACTIVE';
  record.DURATION = final ? toMs(lastUs - firstUs) : undefined;
  addCounters(record, flows, slot);
  record.TOTAL_BYTES = final ? doubles[clock + FLOW_DOUBLE.TOTAL_BYTES]! + Number(record.BYTES) : undefined;
  record.TOTAL_PKTS = final ? ints[at + FLOW.TOTAL_PKTS]! + Number(record.PKTS) : undefined;
  if (flows.protocolOf(slot) !== TCP) return record;
  addTcpCounters(record, flows, slot);
  addDelays(record, flows, slot);
  return record;
}

/** Adds the latest delays of the network, for the record of an exchange. */
export function addLatestDelays(record: OutputRecord, flows: FlowTable, slot: number): void {
  const { ints } = flows.store;
  const { source, target } = sides(flows, slot);
  const src = ints[source + SIDE.NET_LAST_US]!;
  const dst = ints[target + SIDE.NET_LAST_US]!;
  record.SRC_NET_DELAY = src > 0 ? toMs(src - 1) : undefined;
  record.DST_NET_DELAY = dst > 0 ? toMs(dst - 1) : undefined;
  record.NET_DELAY = src > 0 && dst > 0 ? toMs(src + dst - 2) : undefined;
}

function sides(flows: FlowTable, slot: number): { source: number; target: number } {
  const at = slot * RECORD_INTS;
  const side = flows.srcSideOf(slot);
  return { source: sideAt(at, side), target: sideAt(at, 1 - side) };
}

/** @returns Zeek's conn_state */
function connState(flows: FlowTable, slot: number): string {
  const { ints } = flows.store;
  const { source, target } = sides(flows, slot);
  const sourceFlags = ints[source + SIDE.FLAGS]!;
  const targetFlags = ints[target + SIDE.FLAGS]!;
  const protocol = ints[slot * RECORD_INTS + FLOW.KEY_KIND]! & 0xff;
  if (protocol === UDP) {
    return udpConnState((sourceFlags & SIDE_FLAG.SPOKE) !== 0, (targetFlags & SIDE_FLAG.SPOKE) !== 0);
  }
  if (protocol !== TCP) return 'OTH';
  const sawData = ((sourceFlags | targetFlags) & SIDE_FLAG.SENT_DATA) !== 0;
  const sawSyn = (sourceFlags & SIDE_FLAG.ISN_KNOWN) !== 0;
  return tcpConnState(ints[source + SIDE.ENDPOINT]!, ints[target + SIDE.ENDPOINT]!, sawData, sawSyn);
}

function addCounters(record: OutputRecord, flows: FlowTable, slot: number): void {
  const { ints, doubles } = flows.store;
  const { source: src, target: dst } = sides(flows, slot);
  record.SRC_BYTES = doubles[(src >> 1) + SIDE_DOUBLE.BYTES]!;
  record.DST_BYTES = doubles[(dst >> 1) + SIDE_DOUBLE.BYTES]!;
  record.BYTES = record.SRC_BYTES + record.DST_BYTES;
  record.SRC_PKTS = ints[src + SIDE.PKTS]!;
  record.DST_PKTS = ints[dst + SIDE.PKTS]!;
  record.PKTS = record.SRC_PKTS + record.DST_PKTS;
  record.SRC_TINY_PKTS = ints[src + SIDE.TINY_PKTS]!;
  record.DST_TINY_PKTS = ints[dst + SIDE.TINY_PKTS]!;
  record.TINY_PKTS = record.SRC_TINY_PKTS + record.DST_TINY_PKTS;
}

function addTcpCounters(record: OutputRecord, flows: FlowTable, slot: number): void {
  const { ints, doubles } = flows.store;
  const { source: src, target: dst } = sides(flows, slot);
  record.SRC_SYN_PKTS = ints[src + SIDE.SYN_PKTS]!;
  record.DST_SYN_PKTS = ints[dst + SIDE.SYN_PKTS]!;
  record.SYN_PKTS = record.SRC_SYN_PKTS + record.DST_SYN_PKTS;
  record.SRC_SYN_ACK_PKTS = ints[src + SIDE.SYN_ACK_PKTS]!;
  record.DST_SYN_ACK_PKTS = ints[dst + SIDE.SYN_ACK_PKTS]!;
  record.SYN_ACK_PKTS = record.SRC_SYN_ACK_PKTS + record.DST_SYN_ACK_PKTS;
  record.SRC_RST_PKTS = ints[src + SIDE.RST_PKTS]!;
  record.DST_RST_PKTS = ints[dst + SIDE.RST_PKTS]!;
  record.RST_PKTS = record.SRC_RST_PKTS + record.DST_RST_PKTS;
  record.SRC_FIN_PKTS = ints[src + SIDE.FIN_PKTS]!;
  record.DST_FIN_PKTS = ints[dst + SIDE.FIN_PKTS]!;
  record.FIN_PKTS = record.SRC_FIN_PKTS + record.DST_FIN_PKTS;
  record.SRC_RETRANS_PKTS = ints[src + SIDE.RETRANS_PKTS]!;
  record.DST_RETRANS_PKTS = ints[dst + SIDE.RETRANS_PKTS]!;
  record.RETRANS_PKTS = record.SRC_RETRANS_PKTS + record.DST_RETRANS_PKTS;
  record.SRC_OOO_PKTS = ints[src + SIDE.OOO_PKTS]!;
  record.DST_OOO_PKTS = ints[dst + SIDE.OOO_PKTS]!;
  record.OOO_PKTS = record.SRC_OOO_PKTS + record.DST_OOO_PKTS;
  record.SRC_ZEROWIN_PKTS = ints[src + SIDE.ZEROWIN_PKTS]!;
  record.DST_ZEROWIN_PKTS = ints[dst + SIDE.ZEROWIN_PKTS]!;
  record.ZEROWIN_PKTS = record.SRC_ZEROWIN_PKTS + record.DST_ZEROWIN_PKTS;
  record.SRC_LOST_BYTES = doubles[(src >> 1) + SIDE_DOUBLE.LOST_BYTES]!;
  record.DST_LOST_BYTES = doubles[(dst >> 1) + SIDE_DOUBLE.LOST_BYTES]!;
  record.LOST_BYTES = record.SRC_LOST_BYTES + record.DST_LOST_BYTES;
}

function addDelays(record: OutputRecord, flows: FlowTable, slot: number): void {
  const { ints, doubles } = flows.store;
  const at = slot * RECORD_INTS;
  const clock = at >> 1;
  const { source: src, target: dst } = sides(flows, slot);
  const srcNet = ints[src + SIDE.NET_COUNT]!;
  const dstNet = ints[dst + SIDE.NET_COUNT]!;
  const srcRetrans = ints[src + SIDE.RETRANS_COUNT]!;
  const dstRetrans = ints[dst + SIDE.RETRANS_COUNT]!;
  const apps = ints[at + FLOW.APP_COUNT]!;
  const loads = ints[at + FLOW.LOAD_COUNT]!;
  const hasHand = (ints[at + FLOW.STATE]! & STATE.HAND_FRESH) !== 0;
  record.HAND_DELAY = hasHand ? toMs(ints[at + FLOW.HAND_US]!) : undefined;
  record.SRC_NET_DELAY = meanMs(doubles[(src >> 1) + SIDE_DOUBLE.NET_SUM_US]!, srcNet);
  record.SRC_NET_DELAY_MAX = maxMs(ints[src + SIDE.NET_MAX_US]!, srcNet);
  record.DST_NET_DELAY = meanMs(doubles[(dst >> 1) + SIDE_DOUBLE.NET_SUM_US]!, dstNet);
  record.DST_NET_DELAY_MAX = maxMs(ints[dst + SIDE.NET_MAX_US]!, dstNet);
  record.NET_DELAY = sumMs(record.SRC_NET_DELAY, record.DST_NET_DELAY);
  record.NET_DELAY_MAX = sumMs(record.SRC_NET_DELAY_MAX, record.DST_NET_DELAY_MAX);
  record.SRC_RETRANS_DELAY = meanMs(doubles[(src >> 1) + SIDE_DOUBLE.RETRANS_SUM_US]!, srcRetrans);
  record.SRC_RETRANS_DELAY_MAX = maxMs(ints[src + SIDE.RETRANS_MAX_US]!, srcRetrans);
  record.DST_RETRANS_DELAY = meanMs(doubles[(dst >> 1) + SIDE_DOUBLE.RETRANS_SUM_US]!, dstRetrans);
  record.DST_RETRANS_DELAY_MAX = maxMs(ints[dst + SIDE.RETRANS_MAX_US]!, dstRetrans);
  record.APP_RESPONSE = meanMs(doubles[clock + FLOW_DOUBLE.APP_SUM_US]!, apps);
  record.APP_RESPONSE_MAX = maxMs(ints[at + FLOW.APP_MAX_US]!, apps);
  record.LOAD_TRANS_DELAY = meanMs(doubles[clock + FLOW_DOUBLE.LOAD_SUM_US]!, loads);
  record.LOAD_TRANS_DELAY_MAX = maxMs(ints[at + FLOW.LOAD_MAX_US]!, loads);
}

const meanMs = (sumUs: number, count: number): number | undefined => (count === 0 ? undefined : toMs(sumUs / count));

const maxMs = (maxUs: number, count: number): number | undefined => (count === 0 ? undefined : toMs(maxUs));

/** Known where both ways were measured. */
const sumMs = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : toMs((a + b) * 1000);
