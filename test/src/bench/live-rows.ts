// cold. What is measured while traffic passes, against whom, and what is wanted of us.
import { rmSync } from 'node:fs';
import { startNginx } from '../load/nginx.ts';
import { type LiveContestant, type Load, liveHttpry, liveProbe, liveSoftflowd } from './live.ts';
import { type Mix, mixed, web } from './mixes.ts';

export interface LiveRow {
  readonly title: string;
  readonly device: string;
  /** Its traffic is in a file, which is made before. */
  readonly mix?: Mix;
  readonly load: (file: string) => Load;
  readonly ours: LiveContestant;
  /** CPU that we aim at and must keep, percent of one. */
  readonly cpuGoal?: number;
  readonly cpuFloor?: number;
  readonly peer: LiveContestant;
  /** Our CPU over the peer's. */
  readonly goal?: number;
  readonly floor?: number;
}

const DEVICE = 'link-b';
const PORT = 8080;
const LOAD_SECONDS = 8;

/** @param rate options of tcpreplay */
const replay =
  (...rate: readonly string[]) =>
  (file: string): Load =>
  async ({ a }) => {
    await a.run('tcpreplay', ['--intf1', a.device, '--preload-pcap', '--quiet', ...rate, file]);
  };

/** Real connections, each for one request, between a server and clients on the host itself. */
const shortConnections =
  (): Load =>
  async ({ b }, folder) => {
    rmSync(`${folder}/access.log`, { force: true });
    await startNginx(b, folder, PORT);
    await b.run('wrk', ['-t1', '-c8', `-d${LOAD_SECONDS}`, '-H', 'Connection: close', `http://127.0.0.1:${PORT}/`]);
  };

const FLOWS = ['--l4-switch', 'net', '--auto-check', ''];
const flows = (name: string, ...options: readonly string[]) =>
  liveProbe(name, [...FLOWS, ...options], 'flow.created', 'conversations');
const exchanges = liveProbe(
  'nano-probe',
  ['--l4-switch', '', '--auto-check', '0', '--proto', 'http'],
  'protocols.http.exchanges',
  'exchanges',
);

/** @param packets of each file */
export const liveRows = (packets: number): LiveRow[] => [
  {
    title: 'live, 153,000 packets/s of mixed traffic, flows',
    device: DEVICE,
    mix: mixed(packets),
    load: replay('--pps', '153000'),
    ours: flows('nano-probe'),
    cpuGoal: 5,
    cpuFloor: 8.5,
    peer: liveSoftflowd,
    goal: 0.8,
    floor: 1.3,
  },
  {
    title: 'live, 1 Gbit/s of mixed traffic, flows',
    device: DEVICE,
    mix: mixed(packets),
    load: replay('--mbps', '1000'),
    ours: flows('nano-probe'),
    peer: liveSoftflowd,
    goal: 0.8,
    floor: 1.3,
  },
  {
    title: 'live, 800 Mbit/s of HTTP, one record per exchange',
    device: DEVICE,
    mix: web(packets),
    load: replay('--mbps', '800'),
    ours: exchanges,
    peer: liveHttpry,
  },
  {
    title: 'live, process names of short connections to a server, on and off',
    device: 'lo',
    load: shortConnections,
    ours: flows('nano-probe process=1', '--process', '1'),
    peer: flows('nano-probe process=0', '--process', '0'),
  },
];
