// Two hosts joined by a bad network: what the probe on one seals, the relay on the other opens once, or knows as lost.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Counters, latestCounters } from '../src/counters.ts';
import { type Fate, type HostPair, makeHostPair, type Program, pause, runProgram } from '../src/hosts/index.ts';
import { startNginx } from '../src/load/nginx.ts';
import { FORWARDER, HTTP_LOAD, NANO_KEYS, NANO_PROBE } from '../src/programs.ts';
import { Relay } from './relay-host.ts';

const SHARES = { seed: 11, dropped: 0.01, doubled: 0.02, delayed: 0.03 };
const REQUESTS = 2_000;
const QUERIES = 200;
const FEW = 10;
/** Share of the exchanges whose records arrive at least when 1 % of the datagrams do not. */
const MOST_ARRIVE = 0.9;
const HTTP_PORT = 8080;
const FORWARDER_AT = '10.77.0.2:9000';
const RELAY_AT = '10.77.0.2:12201';
const SEQ_AT = 14; // in an envelope's header. Source: docs/envelope.md

let hosts: HostPair;
let folder: string;
beforeEach(() => {
  hosts = makeHostPair();
  folder = mkdtempSync(join(tmpdir(), 'nanogelf-end-'));
});
afterEach(() => {
  hosts.remove();
  rmSync(folder, { recursive: true });
});

const keys = (...args: string[]): Promise<string> =>
  runProgram('node', [NANO_KEYS, ...args, '--registry', join(folder, 'registry')]);

async function startServers(): Promise<void> {
  const alone = [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--pid-file',
    '--user=root',
  ];
  hosts.a.start('dnsmasq', [
    ...alone,
    '--bind-interfaces',
    '--listen-address=127.0.0.1',
    '--address=/shop.example/192.0.2.1',
  ]);
  await startNginx(hosts.a, folder, HTTP_PORT);
}

async function startProbe(): Promise<Program> {
  const output = ['--exp-domain', FORWARDER_AT, '--encrypt', join(folder, 'probe.key')];
  const probe = hosts.a.start('node', [NANO_PROBE, '--device', 'lo', '--capture', 'ring', ...output]);
  await probe.line(/"capturing"/);
  return probe;
}

async function visit(requests: number, queries: number): Promise<void> {
  const names = join(folder, 'names');
  writeFileSync(names, Array.from({ length: queries }, (_, index) => `n${index}.shop.example A\n`).join(''));
  await Promise.all([
    hosts.a.run('node', [HTTP_LOAD, `${HTTP_PORT}`, `${requests}`, '4', '1000']),
    hosts.a.run('dig', ['@127.0.0.1', '+short', '-f', names]),
  ]);
  await pause(1_000); // what lies in the ring, and in a batch that waits for more
}

interface Site {
  relay: Relay;
  readonly forwarder: Program;
}

/** What a probe sent and what the forwarder did to it. */
interface Crossing {
  readonly sent: number;
  readonly delivered: number;
  readonly count: { readonly [F in Fate]: number };
  readonly deliveredSeqs: ReadonlySet<number>;
}

const startRelay = (): Promise<Relay> => Relay.start(hosts.b, RELAY_AT, folder);

async function openSite(suite: string): Promise<Site> {
  await keys('init');
  await keys('add', 'a', '--suite', suite, '--out', join(folder, 'probe.key'));
  const relay = await startRelay();
  const forwarder = hosts.b.start('node', [FORWARDER, FORWARDER_AT, RELAY_AT, JSON.stringify(SHARES)]);
  await forwarder.line(/ready/);
  await startServers();
  return { relay, forwarder };
}

async function ask<T>({ forwarder }: Site, command: string): Promise<T> {
  const before = forwarder.stdout.length;
  forwarder.tell(command);
  return JSON.parse(await forwarder.until(() => forwarder.stdout[before], `an answer to ${command}`));
}

/** Real traffic under a probe, whose datagrams cross a bad network; its last word, which says how far it has come, a
 *  good one. */
async function cross(site: Site): Promise<Crossing> {
  await ask(site, 'rage');
  const probe = await startProbe();
  await visit(REQUESTS, QUERIES);
  await ask(site, 'calm');
  const sent = await endProbe(probe);
  const log = await ask<[datagram: string, fate: Fate][]>(site, 'log');
  expect(log.length).toBe(sent);
  const count = { dropped: 0, passed: 0, doubled: 0, delayed: 0 };
  for (const [, fate] of log) count[fate]++;
  expect(Math.min(...Object.values(count))).toBeGreaterThan(0);
  const deliveredSeqs = new Set(log.flatMap(([datagram, fate]) => (fate === 'dropped' ? [] : seqOf(datagram))));
  return { sent, delivered: sent - count.dropped, count, deliveredSeqs };
}

/** @returns datagrams it has sealed */
async function endProbe(probe: Program): Promise<number> {
  expect(await probe.stop()).toBe(0);
  return latestCounters(probe.stderr)['output.gelf.sealed'] ?? 0;
}

const seqOf = (datagram: string): number => Buffer.from(datagram, 'base64').readUInt32BE(SEQ_AT);

/** @returns reason → datagrams that the relay refused; a message of which a fragment was lost is none */
const refusals = (counters: Counters): { [reason: string]: number } =>
  Object.fromEntries(
    Object.entries(counters).filter(([name]) => name.startsWith('refused.') && name !== 'refused.fragment_expired'),
  );

const refused = (counters: Counters): number =>
  Object.values(refusals(counters)).reduce((sum, count) => sum + count, 0);

const taken = ({ opened = 0, heartbeats = 0, pending = 0 }: Counters): number => opened + heartbeats + pending;

const urlsOf = ({ records }: Relay): unknown[] => records.flatMap(({ URL }) => URL ?? []);

async function expectOpenedOnceOrLost({ relay }: Site, { sent, delivered, count }: Crossing): Promise<void> {
  const counters = await relay.seen(delivered + count.doubled);
  console.log(`${sent} datagrams sent`, count, counters);
  expect(counters.datagrams).toBe(delivered + count.doubled);
  expect(taken(counters)).toBe(delivered);
  expect(new Set(relay.records.map(({ seq }) => seq)).size).toBe(counters.opened);
  expect(refusals(counters)).toEqual({ 'refused.duplicate': count.doubled });
  expect(relay.reported('received')).toBe(delivered);
  expect(relay.reported('lost')).toBe(count.dropped);
  expect(relay.reported('duplicated')).toBe(count.doubled);
  expect(relay.reported('late')).toBeGreaterThan(0);
}

function expectRecords(relay: Relay, { deliveredSeqs }: Crossing): void {
  const { records } = relay;
  expect(records.filter(({ seq }) => !deliveredSeqs.has(seq))).toEqual([]);
  expect(new Set(records.map(({ record_id }) => record_id)).size).toBe(records.length);
  const urls = urlsOf(relay);
  expect(new Set(urls).size).toBe(urls.length);
  expect(urls.length).toBeGreaterThan(REQUESTS * MOST_ARRIVE);
  expect(records.filter(({ RESULT_IP }) => RESULT_IP !== undefined).length).toBeGreaterThan(QUERIES * MOST_ARRIVE);
}

async function expectReplayRefused(site: Site, { delivered, count }: Crossing): Promise<void> {
  const before = site.relay.records.length;
  expect(await ask(site, 'replay')).toBe(delivered);
  expect(refused(await site.relay.seen(2 * delivered + count.doubled))).toBe(delivered + count.doubled);
  expect(site.relay.records.length).toBe(before);
}

async function expectReplayRefusedAfterKill(site: Site, { delivered }: Crossing): Promise<void> {
  expect(await site.relay.program.stop('SIGKILL')).toBe(-2);
  site.relay = await startRelay();
  expect(await ask(site, 'replay')).toBe(delivered);
  const counters = await site.relay.seen(delivered);
  console.log('replayed to a relay that was killed and started again', counters);
  expect(refused(counters)).toBe(delivered);
  expect(site.relay.records).toEqual([]);
}

async function expectNewTrafficOpened({ relay }: Site, { delivered }: Crossing): Promise<void> {
  const probe = await startProbe();
  await visit(FEW, FEW);
  const fresh = await endProbe(probe);
  expect(taken(await relay.seen(delivered + fresh))).toBe(fresh);
  expect(urlsOf(relay).length).toBe(FEW);
  expect(relay.reported('lost')).toBe(0);
}

test.each(['psk', 'sealed'])(
  'suite %s: over a bad network each datagram is opened once or known as lost, and never passes again, not after a kill -9 either',
  async suite => {
    const site = await openSite(suite);
    const crossing = await cross(site);
    await expectOpenedOnceOrLost(site, crossing);
    expectRecords(site.relay, crossing);
    await expectReplayRefused(site, crossing);
    await expectReplayRefusedAfterKill(site, crossing);
    await expectNewTrafficOpened(site, crossing);
  },
  60_000,
);
