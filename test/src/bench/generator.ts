// cold. Writes a mix of traffic as a pcap file: the same bytes for the same mix, on every machine.

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Frame, pcapHeader, pcapRecord } from '../packets/index.ts';
import { seededRandom } from '../random.ts';
import type { Mix } from './mixes.ts';
import type { Dice, Endpoints, Kind } from './traffic.ts';

const START_US = 1_700_000_000_000_000;
const WRITE_BYTES = 1 << 20;
const CLIENTS = 4096;
const SERVERS = 50;
const IPV6_EVERY = 20; // one conversation in so many

/** @param folder where files of earlier runs are kept
 *  @returns the path of the mix's file, made when it is not there yet */
export function trafficFile(mix: Mix, folder: string): string {
  const name = `${mix.name}-${mix.packets}-`;
  const file = join(folder, `${name}${digest(mix)}.pcap`);
  if (existsSync(file)) return file;
  console.log(`bench: making ${mix.packets} packets of ${mix.name} traffic, once`);
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder).filter(entry => entry.startsWith(name))) rmSync(join(folder, old));
  writeFrames(trafficOf(mix), `${file}.part`);
  renameSync(`${file}.part`, file);
  return file;
}

/** Changes with the mix and with the code that makes it. */
function digest(mix: Mix): string {
  const code = ['./generator.js', './traffic.js', '../packets/conversation.js'].map(name =>
    readFileSync(fileURLToPath(new URL(name, import.meta.url))),
  );
  const hash = createHash('sha256').update(
    JSON.stringify({ ...mix, kinds: mix.kinds.map(([kind, weight]) => [kind.name, weight]) }),
  );
  for (const text of code) hash.update(text);
  return hash.digest('hex').slice(0, 12);
}

/** @param file is written anew, as pcap of Ethernet frames */
export function writeFrames(frames: Iterable<Frame>, file: string): void {
  const fd = openSync(file, 'w');
  let parts: Buffer[] = [pcapHeader()];
  let bytes = 0;
  for (const frame of frames) {
    const record = pcapRecord(frame);
    parts.push(record);
    bytes += record.length;
    if (bytes < WRITE_BYTES) continue;
    writeSync(fd, Buffer.concat(parts));
    parts = [];
    bytes = 0;
  }
  writeSync(fd, Buffer.concat(parts));
  closeSync(fd);
}

/** The mix's packets in order of time. The last conversations are cut off where the packets end. */
export function* trafficOf(mix: Mix): Generator<Frame> {
  const dice = seededDice(mix.seed);
  const open = new OpenConversations();
  const gapUs = 1e6 / mix.startsPerSecond;
  let started = 0;
  for (let left = mix.packets; left > 0; left--) {
    while (open.nextUs > START_US + started * gapUs) {
      const startUs = Math.round(START_US + started * gapUs);
      open.add(drawKind(mix.kinds, dice)(dice, endpointsOf(started++, mix.flows, startUs)));
    }
    yield open.take();
  }
}

function seededDice(seed: number): Dice {
  const random = seededRandom(seed);
  return {
    between: (from, to) => from + Math.floor(random() * (to - from + 1)),
    chance: share => random() < share,
  };
}

const SHADES = 1e6;

function drawKind(kinds: readonly (readonly [Kind, number])[], dice: Dice): Kind {
  const total = kinds.reduce((sum, [, weight]) => sum + weight, 0);
  let at = (dice.between(0, SHADES - 1) / SHADES) * total;
  for (const [kind, weight] of kinds) {
    at -= weight;
    if (at < 0) return kind;
  }
  throw new RangeError('kinds: expected at least one');
}

function endpointsOf(index: number, flows: number, startUs: number): Endpoints {
  const which = index % flows;
  const client = which % CLIENTS;
  const server = which % SERVERS;
  const clientPort = 1024 + (Math.floor(which / CLIENTS) % 60_000);
  const times = { clientPort, startUs, round: Math.floor(index / flows) };
  if (which % IPV6_EVERY === IPV6_EVERY - 1)
    return { client: `fd00::1:${client.toString(16)}`, server: `fd00::2:${server.toString(16)}`, ...times };
  return { client: `10.1.${client >> 8}.${client & 255}`, server: `172.16.0.${server + 1}`, ...times };
}

interface Queue {
  readonly frames: readonly Frame[];
  at: number;
}

/** Conversations with frames to come, in a binary heap by the time of their next frame. */
export class OpenConversations {
  private readonly heap: Queue[] = [];

  get nextUs(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : dueUs(this.heap[0]);
  }

  add(frames: readonly Frame[]): void {
    const queue = { frames, at: 0 };
    let slot = this.heap.push(queue) - 1;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      if (dueUs(this.heap[above]) <= dueUs(queue)) break;
      this.heap[slot] = this.heap[above] as Queue;
      slot = above;
    }
    this.heap[slot] = queue;
  }

  /** @returns the earliest frame of all */
  take(): Frame {
    const queue = this.heap[0];
    const frame = queue?.frames[queue.at];
    if (queue === undefined || frame === undefined) throw new RangeError('no conversation is open');
    queue.at++;
    if (queue.at < queue.frames.length) this.sink(queue);
    else this.drop(queue);
    return frame;
  }

  private drop(root: Queue): void {
    const last = this.heap.pop();
    if (last !== undefined && last !== root) this.sink(last);
  }

  /** Puts `queue` where the root was. */
  private sink(queue: Queue): void {
    let slot = 0;
    for (;;) {
      let below = 2 * slot + 1;
      if (below + 1 < this.heap.length && dueUs(this.heap[below + 1]) < dueUs(this.heap[below])) below++;
      if (below >= this.heap.length || dueUs(this.heap[below]) >= dueUs(queue)) break;
      this.heap[slot] = this.heap[below] as Queue;
      slot = below;
    }
    this.heap[slot] = queue;
  }
}

const dueUs = (queue: Queue | undefined): number => queue?.frames[queue.at]?.tsUs ?? Number.POSITIVE_INFINITY;
