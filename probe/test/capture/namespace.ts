/** A network namespace of a test's own, and the process in it that captures and sends. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RingOptions } from '../../src/capture/index.ts';
import type { CaptureStats } from '../../src/capture/source.ts';

export interface SeenFrame {
  readonly name: string;
  readonly linkType: number;
  /** First address of its interface. */
  readonly address?: string;
  readonly hex: string;
  readonly wireBytes: number;
  readonly vlanTci: number;
}

interface Line {
  readonly log?: string;
  readonly frame?: SeenFrame;
  readonly stats?: CaptureStats;
  readonly done?: string;
}

const MAIN = fileURLToPath(new URL('./namespace-main.js', import.meta.url));
let made = 0;

export class Namespace {
  readonly frames: SeenFrame[] = [];
  readonly logs: string[] = [];
  /** As test/src/hosts names its own, which removes those whose process is gone. */
  readonly #name = `nanogelf-${process.pid}-capture${made++}`;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #stats: CaptureStats = { received: 0, dropped: 0 };

  constructor() {
    execFileSync('ip', ['netns', 'add', this.#name]);
    this.#child = spawn('ip', ['netns', 'exec', this.#name, process.execPath, MAIN]);
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  ip(...args: string[]): void {
    execFileSync('ip', ['-n', this.#name, ...args]);
  }

  /** Two Ethernet interfaces joined to each other, up, without traffic of their own. */
  addVeth(name: string, peer: string): void {
    execFileSync('ip', [
      'netns',
      'exec',
      this.#name,
      'sh',
      '-c',
      'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6',
    ]);
    this.ip('link', 'add', name, 'type', 'veth', 'peer', 'name', peer);
    this.ip('link', 'set', name, 'up');
    this.ip('link', 'set', peer, 'up');
  }

  async open(options: Partial<RingOptions> & { readonly engine?: 'ring' | 'cap' }): Promise<void> {
    const defaults = { snapBytes: 65535, timeoutMs: 10, blocks: 2, blockBytes: 65536 };
    await this.#command('open', JSON.stringify({ ...defaults, ...options }));
  }

  send = (device: string, frame: Buffer): Promise<void> => this.#command('send', device, frame.toString('hex'));
  tun = (name: string): Promise<void> => this.#command('tun', name);
  inject = (packet: Buffer): Promise<void> => this.#command('inject', packet.toString('hex'));

  /** The source's counters. */
  async stats(): Promise<CaptureStats> {
    await this.#command('stats');
    return this.#stats;
  }

  /** Reads on until `enough` says so. */
  async until(enough: () => boolean): Promise<void> {
    while (!enough()) await this.#read();
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
    execFileSync('ip', ['netns', 'del', this.#name]);
  }

  async #command(command: string, ...args: string[]): Promise<void> {
    this.#child.stdin.write(`${JSON.stringify([command, ...args])}\n`);
    while ((await this.#read()).done !== command);
  }

  async #read(): Promise<Line> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the process in the namespace ended');
    const line = JSON.parse(value) as Line;
    if (line.frame) this.frames.push(line.frame);
    if (line.stats) this.#stats = line.stats;
    if (line.log) this.logs.push(line.log);
    return line;
  }
}
