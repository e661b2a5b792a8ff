/** cold. What the flow table knows of a conversation since its last record, as OUTPUT.md's Network section names it. */
import { TCP, UDP } from '../dissect/transport.ts';
import { tcpConnState, udpConnState } from '../flow/endpoint.ts';
import { FLOW, FLOW_DOUBLE, RECORD_INTS, SIDE, SIDE_DOUBLE, SIDE_FLAG, STATE, sideAt } from '../flow/layout.ts';
import type { FlowTable } from '../flow/table.ts';
import { toMs } from './format.ts';
import { isoTime } from './iso-time.ts';

type Values = { [field: string]: number | string };

/** The network delays of a conversation; what was not observed is left out. */
export interface NetworkDelays {
  readonly SRC_NET_DELAY?: number;
  readonly DST_NET_DELAY?: number;
  readonly NET_DELAY?: number;
}

const COUNTERS = { PKTS: SIDE.PKTS, TINY_PKTS: SIDE.TINY_PKTS };
const TCP_COUNTERS = {
  SYN_PKTS: SIDE.SYN_PKTS,
  SYN_ACK_PKTS: SIDE.SYN_ACK_PKTS,
  RST_PKTS: SIDE.RST_PKTS,
  FIN_PKTS: SIDE.FIN_PKTS,
  RETRANS_PKTS: SIDE.RETRANS_PKTS,
  OOO_PKTS: SIDE.OOO_PKTS,
  ZEROWIN_PKTS: SIDE.ZEROWIN_PKTS,
};

/** Reads one record; called from the flow table's `onRecord`, before it begins the next.
 *  @param slot of the conversation
 *  @param final whether it ended
 *  @param nowUs when the record is made: its TIME
 *  @returns the fields beyond those of the conversation itself */
export function networkRecord(flows: FlowTable, slot: number, final: boolean, nowUs: number): Values {
  const { ints, doubles } = flows.store;
  const at = slot * RECORD_INTS;
  const clock = at >> 1;
  const lastUs = doubles[clock + FLOW_DOUBLE.LAST_US]!;
  const beginUs = ints[at + FLOW.FRESH_PKTS]! > 0 ? doubles[clock + FLOW_DOUBLE.BEGIN_US]! : lastUs;
  const isTcp = (ints[at + FLOW.KEY_KIND]! & 0xff) === TCP;
  return {
    TIME: isoTime(nowUs),
    BEGIN_TIME: isoTime(beginUs),
    END_TIME: isoTime(lastUs),
    STATE: final ? connState(flows, slot) : 'ACTIVE',
    ...(final ? totals(flows, slot) : {}),
    ...counters(flows, slot, isTcp),
    ...(isTcp ? delays(flows, slot) : {}),
  };
}

/** The latest delays of the network, for the record of an exchange. */
export function latestNetworkDelays(flows: FlowTable, slot: number): NetworkDelays {
  const { ints } = flows.store;
  const { source, target } = sides(flows, slot);
  const src = ints[source + SIDE.NET_LAST_US]!;
  const dst = ints[target + SIDE.NET_LAST_US]!;
  return {
    ...(src > 0 ? { SRC_NET_DELAY: toMs(src - 1) } : {}),
    ...(dst > 0 ? { DST_NET_DELAY: toMs(dst - 1) } : {}),
    ...(src > 0 && dst > 0 ? { NET_DELAY: toMs(src + dst - 2) } : {}),
  };
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

function totals(flows: FlowTable, slot: number): Values {
  const { ints, doubles } = flows.store;
  const at = slot * RECORD_INTS;
  const clock = at >> 1;
  return {
    DURATION: toMs(doubles[clock + FLOW_DOUBLE.LAST_US]! - doubles[clock + FLOW_DOUBLE.FIRST_US]!),
    TOTAL_BYTES: doubles[clock + FLOW_DOUBLE.TOTAL_BYTES]!,
    TOTAL_PKTS: ints[at + FLOW.TOTAL_PKTS]!,
  };
}

function counters(flows: FlowTable, slot: number, isTcp: boolean): Values {
  const { ints, doubles } = flows.store;
  const { source, target } = sides(flows, slot);
  const values: Values = {};
  const triple = (name: string, src: number, dst: number): void => {
    values[`SRC_${name}`] = src;
    values[`DST_${name}`] = dst;
    values[name] = src + dst;
  };
  const sum = (name: string, at: number): void =>
    triple(name, doubles[(source >> 1) + at]!, doubles[(target >> 1) + at]!);
  sum('BYTES', SIDE_DOUBLE.BYTES);
  for (const [name, at] of Object.entries({ ...COUNTERS, ...(isTcp ? TCP_COUNTERS : {}) })) {
    triple(name, ints[source + at]!, ints[target + at]!);
  }
  if (isTcp) sum('LOST_BYTES', SIDE_DOUBLE.LOST_BYTES);
  return values;
}

function delays(flows: FlowTable, slot: number): Values {
  const { ints, doubles } = flows.store;
  const at = slot * RECORD_INTS;
  const clock = at >> 1;
  const { source, target } = sides(flows, slot);
  const net = (side: number, name: string): Values =>
    mean(
      name,
      doubles[(side >> 1) + SIDE_DOUBLE.NET_SUM_US]!,
      ints[side + SIDE.NET_COUNT]!,
      ints[side + SIDE.NET_MAX_US]!,
    );
  const retrans = (side: number, name: string): Values =>
    mean(
      name,
      doubles[(side >> 1) + SIDE_DOUBLE.RETRANS_SUM_US]!,
      ints[side + SIDE.RETRANS_COUNT]!,
      ints[side + SIDE.RETRANS_MAX_US]!,
    );
  const app = doubles[clock + FLOW_DOUBLE.APP_SUM_US]!;
  const load = doubles[clock + FLOW_DOUBLE.LOAD_SUM_US]!;
  const hasHand = (ints[at + FLOW.STATE]! & STATE.HAND_FRESH) !== 0;
  return {
    ...(hasHand ? { HAND_DELAY: toMs(ints[at + FLOW.HAND_US]!) } : {}),
    ...withSum(net(source, 'SRC_NET_DELAY'), net(target, 'DST_NET_DELAY')),
    ...retrans(source, 'SRC_RETRANS_DELAY'),
    ...retrans(target, 'DST_RETRANS_DELAY'),
    ...mean('APP_RESPONSE', app, ints[at + FLOW.APP_COUNT]!, ints[at + FLOW.APP_MAX_US]!),
    ...mean('LOAD_TRANS_DELAY', load, ints[at + FLOW.LOAD_COUNT]!, ints[at + FLOW.LOAD_MAX_US]!),
  };
}

function mean(name: string, sumUs: number, count: number, maxUs: number): Values {
  return count === 0 ? {} : { [name]: toMs(sumUs / count), [`${name}_MAX`]: toMs(maxUs) };
}

/** NET_DELAY where both ways were measured. */
function withSum(source: Values, target: Values): Values {
  const add = (a: number | string | undefined, b: number | string | undefined): number =>
    toMs((Number(a) + Number(b)) * 1000);
  if (source.SRC_NET_DELAY === undefined || target.DST_NET_DELAY === undefined) return { ...source, ...target };
  return {
    ...source,
    ...target,
    NET_DELAY: add(source.SRC_NET_DELAY, target.DST_NET_DELAY),
    NET_DELAY_MAX: add(source.SRC_NET_DELAY_MAX, target.DST_NET_DELAY_MAX),
  };
}
