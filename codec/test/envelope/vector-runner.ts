// Plays a scenario of codec/vectors on a receiver, as an implementation in another language would.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Cipher,
  createReceiver,
  type Opened,
  parseRegistry,
  type Received,
  type Receiver,
  type Registry,
} from '../../src/index.ts';

const START_MS = 1_800_000_000_000;

type Step =
  | { nowMs: number; datagram: string; flipBit?: number; cutTo?: number; expect: string | { [field: string]: unknown } }
  | { save: number }
  | { restart: number }
  | { registry: string }
  | { counters: { [reason: string]: number } }
  | { stats: { kid: number; [field: string]: number }[] };

export interface Scenario {
  name: string;
  registry?: string;
  clock?: 'strict' | 'monotone';
  dropStale?: boolean;
  startedAtMs?: number;
  state?: boolean;
  packetsPerSecond?: number;
  bytesPerSecond?: number;
  steps: Step[];
}

export interface ScenarioFile {
  registries: { [name: string]: string };
  datagrams: { [name: string]: string };
  scenarios: Scenario[];
}

/** @param name of a file in codec/vectors, without its ending */
export const readVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${name}.json`, import.meta.url), 'utf8')) as T;

/** What happened and what should have, for one `expect`. */
export interface Outcome {
  readonly step: number;
  readonly got: unknown;
  readonly expected: unknown;
}

export function play(file: ScenarioFile, scenario: Scenario, cipher: Cipher): Outcome[] {
  let registry = load(file, scenario.registry ?? 'default');
  let state: Uint8Array | undefined = scenario.state ? new Uint8Array(0) : undefined;
  const start = (startedAtMs: number): Receiver => {
    const limits = pick(scenario);
    const kept = state === undefined ? {} : { state };
    const { clock = 'strict', dropStale = false } = scenario;
    return createReceiver({ registry, cipher, clock, dropStale, limits, startedAtMs, ...kept });
  };
  let receiver = start(scenario.startedAtMs ?? START_MS);
  const outcomes: Outcome[] = [];
  scenario.steps.forEach((step, index) => {
    const check = (got: unknown, expected: unknown) => outcomes.push({ step: index, got, expected });
    if ('save' in step) {
      state = receiver.exportState(step.save);
      receiver.stateSaved();
    } else if ('restart' in step) receiver = start(step.restart);
    else if ('registry' in step) {
      registry = load(file, step.registry);
      receiver.setRegistry(registry);
    } else if ('counters' in step) {
      const { refused } = receiver.takeCounters();
      check(
        Object.fromEntries(Object.keys(step.counters).map(reason => [reason, refused[reason as never]])),
        step.counters,
      );
    } else if ('stats' in step) {
      const stats = receiver.probeStats().map(({ name: _, lastSeenMs: __, ...rest }) => rest);
      check(stats, step.stats);
    } else check(describe(receiver.receive(datagramOf(file, step), step.nowMs), step.expect), step.expect);
  });
  return outcomes;
}

function load(file: ScenarioFile, name: string): Registry {
  const { registry, errors } = parseRegistry(file.registries[name] ?? '');
  if (registry === undefined) throw new Error(`registry ${name}: ${JSON.stringify(errors)}`);
  return registry;
}

const pick = ({ packetsPerSecond, bytesPerSecond }: Scenario) => ({
  ...(packetsPerSecond === undefined ? {} : { packetsPerSecond }),
  ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
});

function datagramOf(file: ScenarioFile, step: { datagram: string; flipBit?: number; cutTo?: number }): Uint8Array {
  const bytes = Buffer.from(file.datagrams[step.datagram] as string, 'base64');
  if (step.flipBit !== undefined)
    bytes[step.flipBit >> 3] = (bytes[step.flipBit >> 3] as number) ^ (1 << (step.flipBit & 7));
  return bytes.subarray(0, step.cutTo ?? bytes.length);
}

function describe(received: Received, expect: unknown): unknown {
  if (received.kind === 'refused') return received.reason;
  if (received.kind === 'pending') return 'pending';
  return describeMessage(received, typeof expect === 'object' && expect !== null && 'bodySha256' in expect);
}

function describeMessage(opened: Opened, asHash: boolean): object {
  const { type, body, kid, name, t0, sid, seq, sentMs, isStale } = opened;
  const content = asHash
    ? { bodyBytes: body.length, bodySha256: createHash('sha256').update(body).digest('hex') }
    : { body: Buffer.from(body).toString('base64') };
  return { type, ...content, kid, name, t0, sid, seq, sentMs, stale: isStale };
}
