// cold. Programs that capture while traffic passes: what each does to the CPU, and what it loses.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { latestCounters } from '../counters.ts';
import { type Host, type HostPair, makeHostPair, type Program, pause, runProgram } from '../hosts/index.ts';
import { commands } from '../root.ts';
import { httpry, probeFlows, softflowd } from './contestants.ts';

const WARM_MS = 2000; // a program that is compiled while it runs is compiled by then
const SETTLE_MS = 1000; // until what waits in a ring has been read
const CLOCK_TICKS = 100; // a second: the unit of /proc/PID/stat. Source: proc_pid_stat(5), USER_HZ
const FRAME_BYTES = '9000'; // no frame of a mix is too long for the link

/** What a program says about itself. */
export interface Seen {
  readonly packets: number;
  readonly lost: number;
  readonly did: string;
}

export interface LiveContestant {
  readonly name: string;
  /** @param folder empty, for whatever it writes */
  command(device: string, folder: string): readonly string[];
  /** A line that it writes when it captures. */
  readonly ready: RegExp;
  /** Asked when the traffic is over; may end it. */
  seen(program: Program, folder: string): Promise<Seen>;
  version(): string;
}

/** Makes traffic on two hosts, and ends. */
export type Load = (hosts: HostPair, folder: string) => Promise<void>;

export interface LiveRun extends Seen {
  /** Once it is warm: how long, packets that passed the device, CPU time of the program. */
  readonly seconds: number;
  readonly passed: number;
  readonly cpuS: number;
  readonly memoryMb: number;
}

export const liveProbe = (name: string, options: readonly string[], counter: string, what: string): LiveContestant => ({
  name,
  command: device => [process.execPath, commands.probe, '--device', device, '--stdout', ...options],
  ready: /"capturing"/,
  seen: async program => {
    program.child.kill('SIGUSR1');
    await program.line(/"counters"/, 30_000);
    const counters = latestCounters(program.stderr);
    const [received = 0, lost = 0] = [counters['capture.received'], counters['capture.dropped']];
    return { packets: received - lost, lost, did: `${counters[counter] ?? 0} ${what}` };
  },
  version: probeFlows.version,
});

export const liveSoftflowd: LiveContestant = {
  name: 'softflowd',
  command: (device, folder) =>
    ['softflowd', '-i', device, '-d', '-m', '2000000', '-v', '9', '-n', '127.0.0.1:9'].concat([
      '-p',
      join(folder, 'pid'),
      '-c',
      join(folder, 'control'),
    ]),
  ready: /starting data collection/,
  seen: async (_program, folder) => {
    const said = await runProgram('softflowctl', ['-c', join(folder, 'control'), 'statistics']);
    const count = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(said)?.[1]);
    const did = `${count('Number of active flows') + count('Flows expired')} flows`;
    return { packets: count('Packets processed'), lost: count('Packets dropped by libpcap'), did };
  },
  version: softflowd.version,
};

export const liveHttpry: LiveContestant = {
  name: 'httpry',
  command: (device, folder) => ['httpry', '-i', device, '-o', join(folder, 'log')],
  ready: /Starting capture/,
  seen: async program => {
    await program.stop('SIGINT');
    const said = program.stderr.join('\n');
    const [, received = '?', lost = '?', parsed = '?'] =
      /(\d+) packets received, (\d+) packets dropped, (\d+) http packets parsed/.exec(said) ?? [];
    return { packets: Number(received) - Number(lost), lost: Number(lost), did: `${parsed} requests and answers` };
  },
  version: httpry.version,
};

/** Runs one contestant beside the load, in hosts made for it. */
export async function runLive(contestant: LiveContestant, load: Load, device: string): Promise<LiveRun> {
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-bench-'));
  const hosts = makeHostPair();
  try {
    for (const host of [hosts.a, hosts.b]) await host.run('ip', ['link', 'set', host.device, 'mtu', FRAME_BYTES]);
    const program = hosts.b.start('sh', [
      '-c',
      `exec "$@" >"${folder}/stdout"`,
      'sh',
      ...contestant.command(device, folder),
    ]);
    await program.line(contestant.ready, 30_000);
    const cold = await look(hosts.b, device, program);
    const loading = load(hosts, folder);
    await pause(WARM_MS);
    const warm = await look(hosts.b, device, program);
    await loading;
    const { passed, atMs } = await look(hosts.b, device, program);
    await pause(SETTLE_MS);
    const { cpuS, memoryMb } = await look(hosts.b, device, program);
    // Traffic that was over too soon is measured from its beginning.
    const from = atMs - warm.atMs < WARM_MS ? cold : warm;
    const measured = { seconds: (atMs - from.atMs) / 1000, passed: passed - from.passed, cpuS: cpuS - from.cpuS };
    return { ...measured, memoryMb, ...(await contestant.seen(program, folder)) };
  } finally {
    hosts.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function look(host: Host, device: string, { pid }: Program) {
  const passed = Number(await host.run('cat', [`/sys/class/net/${device}/statistics/rx_packets`]));
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
  const peakKb = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return { passed, cpuS: (user + system) / CLOCK_TICKS, memoryMb: peakKb / 1024, atMs: performance.now() };
}
