// cold. Everything that runs in the demo: services and their visitors, nano-probe, the wire, nano-relay.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationalError } from '@nanogelf/cli';
import type { PlainRecord } from '@nanogelf/codec';
import { type Counters, latestCounters } from '../counters.ts';
import { Program, pause } from '../hosts/index.ts';
import { NANO_KEYS, NANO_PROBE, NANO_RELAY } from '../programs.ts';
import { type Service, startDnsService, startHttpService } from './services.ts';
import { startVisits, type Visits } from './visitors.ts';
import { freePort, WireTap } from './wire-tap.ts';

const REPORT_S = 1; // how often the relay says what was lost
const START_MS = 20_000;

export interface Scene {
  readonly http: Service;
  readonly dns: Service;
  readonly visits: Visits;
  readonly wire: WireTap;
  readonly relay: Program;
  readonly relayPort: number;
  /** Ends the traffic, then the probe, then the relay, so that all that is under way arrives.
   *  @returns what both counted */
  end(): Promise<{ readonly probe: Counters; readonly relay: Counters }>;
}

/** Starts it all.
 *  @param onRecord takes each record that the relay opened
 *  @throws OperationalError with what a program said when it did not start */
export async function openScene(onRecord: (record: PlainRecord) => void): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), `nanogelf-demo-${process.pid}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { registry, key } = await makeKeys(folder);
  const [http, dns, relayPort] = [await startHttpService(), await startDnsService(), await freePort()];
  const relay = await startRelay(registry, relayPort, onRecord);
  const wire = await WireTap.open(relayPort);
  const probe = await startProbe(key, wire.port, [http.port, dns.port]);
  const visits = startVisits(http.port, dns.port);
  async function end() {
    await visits.stop();
    await pause(500); // the last frames reach the probe
    await stop(probe);
    await pause(2 * REPORT_S * 1000);
    await stop(relay);
    for (const open of [http, dns, wire]) open.close();
    return { probe: latestCounters(probe.stderr), relay: latestCounters(relay.stderr) };
  }
  return { http, dns, visits, wire, relay, relayPort, end };
}

async function makeKeys(folder: string): Promise<{ registry: string; key: string }> {
  const [registry, key] = [join(folder, 'registry'), join(folder, 'probe.key')];
  for (const args of [['init'], ['add', 'demo', '--suite', 'sealed', '--out', key]]) {
    const keys = node(NANO_KEYS, [...args, '--registry', registry]);
    if ((await keys.exit()) !== 0) throw failed('nano-keys', keys);
  }
  return { registry, key };
}

async function startRelay(registry: string, port: number, onRecord: (record: PlainRecord) => void): Promise<Program> {
  const listen = ['--listen', `udp://127.0.0.1:${port}`, '--registry', registry, '--state', `${registry}.state`];
  const output = ['--output', 'stdout', '--no-human', '--report-interval', `${REPORT_S}`];
  const relay = node(NANO_RELAY, [...listen, ...output]);
  relay.onLine = line => onRecord(JSON.parse(line));
  return begun('nano-relay', relay, /"listening/);
}

async function startProbe(key: string, port: number, watched: readonly number[]): Promise<Program> {
  const filter = watched.map(each => `port ${each}`).join(' or ');
  const capture = ['--device', 'lo', '--capture', 'ring', '--filter-bpf', filter];
  const records = ['--l4-switch', 'tcp']; // a conversation of two datagrams says no more than their exchange
  const output = ['--exp-domain', `127.0.0.1:${port}`, '--encrypt', key];
  return begun('nano-probe', node(NANO_PROBE, [...capture, ...records, ...output]), /"capturing"/);
}

/** Settings of whoever runs the demo are not the demo's. */
const foreign = () => Object.keys(process.env).filter(name => name.startsWith('NANO_') || name === 'JOURNAL_STREAM');

const node = (file: string, args: readonly string[]): Program =>
  new Program(process.execPath, [file, ...args], {
    detached: true,
    env: Object.fromEntries(foreign().map(name => [name, undefined])),
  });

async function begun(name: string, program: Program, sign: RegExp): Promise<Program> {
  try {
    await program.line(sign, START_MS);
    return program;
  } catch {
    throw failed(name, program);
  }
}

async function stop(program: Program): Promise<void> {
  if (!program.running) throw failed('the demo', program);
  const status = await program.stop();
  if (status !== 0) throw failed('the demo', program);
}

const failed = (name: string, { stderr }: Program): OperationalError =>
  new OperationalError('ERR_DEMO', `${name} did not run: ${stderr.slice(-5).join('; ') || 'it said nothing'}`);
