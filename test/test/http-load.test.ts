import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Counters, latestCounters } from '../src/counters.ts';
import { type HostPair, makeHostPair, type Program, pause } from '../src/hosts/index.ts';
import { startNginx } from '../src/load/nginx.ts';
import { HTTP_LOAD, NANO_PROBE } from '../src/programs.ts';

const REQUESTS = 100_000;
const CONNECTIONS = 16;
const PER_SECOND = 8_000; // of which one core of a busy machine should lose none
const HALT_MS = 2_000; // the ring holds less than the load makes in this time
const PORT = 8080;

// A namespace's loopback: nothing but this test's traffic, and a kernel that counts its frames.
let hosts: HostPair;
let folder: string;
beforeEach(() => {
  hosts = makeHostPair();
  folder = mkdtempSync(join(tmpdir(), 'nanogelf-load-'));
});
afterEach(() => {
  hosts.remove();
  rmSync(folder, { recursive: true });
});

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

async function startProbe(output: string): Promise<Program> {
  const command = `exec node ${NANO_PROBE} --device lo --capture ring --stdout >${output}`;
  const probe = hosts.a.start('sh', ['-c', command]);
  await probe.line(/"capturing"/);
  return probe;
}

/** Asks for counters until they stand still: whatever lay in the ring has been read. */
async function settle(probe: Program): Promise<void> {
  for (let before = -1, packets = 0; before !== packets; ) {
    await pause(500);
    const lines = probe.stderr.length;
    probe.child.kill('SIGUSR1');
    await probe.until(() => probe.stderr.slice(lines).find(line => line.includes('"counters"')), 'counters', 30_000);
    [before, packets] = [packets, latestCounters(probe.stderr)['flow.packets'] ?? 0];
  }
}

async function framesOnLoopback(): Promise<number> {
  return Number(await hosts.a.run('cat', ['/sys/class/net/lo/statistics/rx_packets']));
}

interface Run {
  /** Paths, as nginx logged them. */
  readonly asked: readonly string[];
  /** HTTP records, as the probe wrote them. */
  readonly exchanges: readonly { readonly URL?: string; readonly RETCODE?: number; readonly RSP_BODY?: string }[];
  /** As the interface counted them. */
  readonly frames: number;
  readonly counters: Counters;
}

/** Runs the load under a probe.
 *  @param disturb called while the load runs */
async function runLoad(perSecond: number, disturb: (probe: Program) => Promise<void> = async () => {}): Promise<Run> {
  const accessLog = await startNginx(hosts.a, folder, PORT);
  const output = join(folder, 'records.ndjson');
  const probe = await startProbe(output);
  const [knocks, framesBefore] = [linesOf(accessLog).length, await framesOnLoopback()];
  const load = [HTTP_LOAD, PORT, REQUESTS, CONNECTIONS, perSecond].map(String);
  await Promise.all([hosts.a.run('node', load), disturb(probe)]);
  const frames = (await framesOnLoopback()) - framesBefore;
  await settle(probe);
  expect(await probe.stop()).toBe(0);
  const records = linesOf(output).map(line => JSON.parse(line));
  const exchanges = records.filter(({ METHOD, RETCODE }) => METHOD !== undefined || RETCODE !== undefined);
  return { asked: linesOf(accessLog).slice(knocks), exchanges, frames, counters: latestCounters(probe.stderr) };
}

/** Whatever the machine could bear: each frame was read or counted as dropped, and no exchange is missing, incomplete,
 *  wrong or told twice without as many drops.
 *  @returns requests that were not reported whole */
function judge({ asked, exchanges, frames, counters }: Run): number {
  const dropped = counters['capture.dropped'] ?? 0;
  const whole = exchanges.filter(({ URL, RETCODE }) => URL !== undefined && RETCODE === 200);
  const missing = asked.length - whole.length;
  console.log(
    `${asked.length} requests, ${whole.length} reported whole, ${frames} frames, ${dropped} dropped`,
    counters,
  );
  expect(new Set(asked).size).toBe(REQUESTS);
  expect(asked.length).toBe(REQUESTS);
  expect(counters['capture.received']).toBe(frames);
  expect(counters['flow.packets']).toBe(frames - dropped);
  expect(counters['protocols.http.exchanges']).toBe(exchanges.length);
  expect(whole.filter(({ URL, RSP_BODY }) => RSP_BODY !== `${URL} here\n`)).toEqual([]);
  const told = exchanges.flatMap(({ URL }) => URL ?? []);
  expect(new Set(told).size).toBe(told.length);
  expect(missing).toBeLessThanOrEqual(dropped);
  if (dropped === 0) expect(exchanges.length).toBe(REQUESTS);
  return missing;
}

test('each of 100,000 requests on loopback is reported once, or drops explain the difference', async () => {
  judge(await runLoad(PER_SECOND));
}, 120_000);

test('a probe that stood still for a while has counted each frame it lost, and pairs no exchange wrongly', async () => {
  const run = await runLoad(0, async probe => {
    await pause(300);
    probe.child.kill('SIGSTOP');
    await pause(HALT_MS);
    probe.child.kill('SIGCONT');
  });
  expect(judge(run)).toBeGreaterThan(0);
}, 120_000);
