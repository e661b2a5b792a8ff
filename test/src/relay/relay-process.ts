// The relay as its users run it: a process, a registry made for it, a real port.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSender, formatRegistry, type ProbeKey, type Registry, type Sender, selectCipher } from '@nanogelf/codec';
import { addKey, createRegistry, type RowWishes } from '@nanogelf/relay';
import { commands } from '../root.ts';

export type Counts = { readonly [name: string]: number };
type Line = { readonly [name: string]: unknown };

export const clock = () => ({ wallMs: Date.now(), monoMs: performance.now() });

/** A test that waits for longer waits for ever: it fails then, saying what was there instead. */
const PATIENCE_MS = 20_000;

export async function until(
  isTrue: () => boolean | Promise<boolean>,
  describe: () => unknown = () => '',
): Promise<void> {
  for (let waitedMs = 0; !(await isTrue()); waitedMs += 10) {
    if (waitedMs >= PATIENCE_MS) throw new Error(`waited in vain; ${JSON.stringify(describe())}`);
    await sleep(10);
  }
}

export async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** A folder with a registry, and senders whose keys are in it. */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'nano-relay-'));
  readonly registryPath = join(this.folder, 'registry');
  registry: Registry = createRegistry();

  constructor() {
    this.save();
  }

  add(wishes: RowWishes): ProbeKey {
    const { registry, key } = addKey(this.registry, wishes);
    this.registry = registry;
    this.save();
    return key;
  }

  sender(key: ProbeKey): Sender {
    return createSender({ key, cipher: selectCipher(), random: bytes => randomFillSync(bytes) });
  }

  save(): void {
    writeFileSync(this.registryPath, formatRegistry(this.registry), { mode: 0o600 });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

export class RelayProcess {
  /** Lines of stdout and of stderr, parsed. */
  readonly records: Line[] = [];
  readonly log: Line[] = [];
  readonly port: number;
  readonly child: ChildProcess;
  readonly exit: Promise<unknown[]>;
  readonly #socket: Socket = createSocket('udp4').unref();

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.child = spawn(process.execPath, [commands.relay, '--listen', `udp://127.0.0.1:${port}`, ...args]);
    this.exit = once(this.child, 'exit');
    this.#collect(this.child.stdout, this.records);
    this.#collect(this.child.stderr, this.log);
  }

  /** @returns a relay that listens, or one that has ended */
  static async start(site: Site, args: readonly string[], port?: number): Promise<RelayProcess> {
    const relay = new RelayProcess(port ?? (await freePort()), ['--registry', site.registryPath, ...args]);
    await until(() => relay.isListening || relay.child.exitCode !== null);
    return relay;
  }

  get isListening(): boolean {
    return this.log.some(line => String(line.message).startsWith('listening'));
  }

  send(...datagrams: readonly (Uint8Array | string)[]): Promise<unknown> {
    return Promise.all(
      datagrams.map(datagram => new Promise(resolve => this.#socket.send(datagram, this.port, '127.0.0.1', resolve))),
    );
  }

  /** @returns what the relay has counted by now */
  async counts(): Promise<Counts> {
    const before = this.log.length;
    this.child.kill('SIGUSR1');
    await until(
      () => this.log.slice(before).some(line => line.counters),
      () => this.log,
    );
    return this.log.findLast(line => line.counters)?.counters as Counts;
  }

  /** Waits until the relay has seen that many datagrams. */
  async seen(datagrams: number): Promise<Counts> {
    let counts = await this.counts();
    for (let tries = 0; tries < 100 && (counts.datagrams ?? 0) < datagrams; tries++) {
      await sleep(50);
      counts = await this.counts();
    }
    if ((counts.datagrams ?? 0) < datagrams) throw new Error(`waited in vain; ${JSON.stringify(counts)}`);
    return counts;
  }

  /** Waits until that many records have come out. */
  delivered(records: number): Promise<void> {
    return until(
      () => this.records.length >= records,
      () => [this.records, this.log],
    );
  }

  /** @returns exit code or signal */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<unknown> {
    this.#socket.close();
    this.child.kill(signal);
    const [code, killedBy] = await this.exit;
    return code ?? killedBy;
  }

  #collect(stream: NodeJS.ReadableStream | null, into: Line[]): void {
    if (stream === null) throw new Error('a pipe was expected');
    createInterface({ input: stream }).on('line', line =>
      into.push(line.startsWith('{') ? JSON.parse(line) : { text: line }),
    );
  }
}
