// cold. What is measured, against whom, and what is wanted of us. The wanted ratios are the project's budgets.
import {
  argus,
  type Contestant,
  flowTable,
  httpry,
  nfpcapd,
  probeFlows,
  probeHttp,
  softflowd,
  tcpdump,
  tshark,
} from './contestants.ts';
import { type Mix, manyFlows, mixed, web } from './mixes.ts';

/** A contestant to be compared with, and our CPU over its CPU: what we aim at, and what we must keep;
 *  left out where the number only explains another one. */
export interface Peer {
  readonly contestant: Contestant;
  /** Its input where that is not ours. */
  readonly mix?: Mix;
  readonly goal?: number;
  readonly floor?: number;
}

export interface Row {
  readonly title: string;
  readonly mix: Mix;
  readonly ours: Contestant;
  readonly peers: readonly Peer[];
}

const MOST_FLOWS = 1_000_000;
const FEW_FLOWS = 1000;
const MANY_TO_FEW = `${MOST_FLOWS.toLocaleString('en')} open at once against ${FEW_FLOWS.toLocaleString('en')}`;
const MEMORY_GOAL_MB = 90;
const MEMORY_FLOOR_MB = 110;

export const memoryBudget = { goalMb: MEMORY_GOAL_MB, floorMb: MEMORY_FLOOR_MB };

/** @param packets of each input; the rows of many flows have two per flow at least */
export const rows = (packets: number): Row[] => [
  {
    title: 'pcap file, flows with all KPIs',
    mix: mixed(packets),
    ours: probeFlows,
    peers: [
      { contestant: softflowd, goal: 0.35, floor: 0.6 },
      { contestant: nfpcapd, goal: 0.3, floor: 0.5 },
      { contestant: argus, goal: 0.2, floor: 0.3 },
      { contestant: tcpdump, goal: 0.6, floor: 1 },
    ],
  },
  {
    title: 'pcap file, one record per HTTP exchange',
    mix: web(packets),
    ours: probeHttp,
    peers: [
      { contestant: httpry, goal: 0.6, floor: 1 },
      { contestant: tshark, goal: 0.03, floor: 0.06 },
    ],
  },
  {
    // The probe's table holds 65,536: beyond that each packet ends one conversation and begins another.
    title: `flows of two packets, a record for each packet that finds no room: ${MANY_TO_FEW}`,
    mix: manyFlows(MOST_FLOWS, 2 * packets),
    ours: probeFlows,
    peers: [{ contestant: probeFlows, mix: manyFlows(FEW_FLOWS, 2 * packets) }],
  },
  {
    title: `flow table alone, no records: ${MANY_TO_FEW}`,
    mix: manyFlows(MOST_FLOWS, 2 * packets),
    ours: flowTable,
    peers: [{ contestant: flowTable, mix: manyFlows(FEW_FLOWS, 2 * packets), goal: 2, floor: 3 }],
  },
];
