// cold. Small hosts out of Linux network namespaces, joined by a veth pair.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Program, type ProgramOptions, runProgram } from './program.ts';

const PREFIX = 'nanogelf-'; // then the process that made it, and its letter

const ip = (...args: readonly string[]): string =>
  execFileSync('ip', args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });

/** One host: a network of its own, the machine's files and processes. */
export class Host {
  readonly namespace: string;
  /** Its address towards the other host. */
  readonly address: string;
  /** Its interface towards the other host. */
  readonly device: string;

  constructor(letter: string, address: string, device: string) {
    this.namespace = `${PREFIX}${process.pid}-${letter}`;
    this.address = address;
    this.device = device;
  }

  /** Starts a program that goes on running. */
  start(command: string, args: readonly string[] = [], options: ProgramOptions = {}): Program {
    return new Program('ip', ['netns', 'exec', this.namespace, command, ...args], options);
  }

  /** Runs a program to its end. @returns its standard output */
  run(command: string, args: readonly string[] = []): Promise<string> {
    return runProgram('ip', ['netns', 'exec', this.namespace, command, ...args]);
  }

  /** Slows a device down, loopback too: what comes meanwhile waits, nothing is lost. The probe's ring of 16 MiB then
   *  bears that a busy machine lets the probe wait, 1.3 s at 100 Mbit/s.
   *  Source: tc-tbf(8) */
  async limitRate(device: string, megabits: number): Promise<void> {
    const rate = ['rate', `${megabits}mbit`, 'burst', '256k', 'latency', '4s'];
    await this.run('tc', ['qdisc', 'add', 'dev', device, 'root', 'tbf', ...rate]);
  }
}

export interface HostPair {
  readonly a: Host;
  readonly b: Host;
  /** Ends what runs in them and removes them; called at the process's exit too. */
  remove(): void;
}

/** Makes two hosts that reach each other: 10.77.0.1 on veth `link-a`, 10.77.0.2 on `link-b`. Removes what earlier runs left behind.
 *  @throws without the right to make network namespaces */
export function makeHostPair(): HostPair {
  removeStaleHosts();
  const a = new Host('a', '10.77.0.1', 'link-a');
  const b = new Host('b', '10.77.0.2', 'link-b');
  const remove = () => {
    process.off('exit', remove);
    for (const host of [a, b]) removeNamespace(host.namespace);
  };
  process.on('exit', remove);
  for (const host of [a, b]) addNamespace(host.namespace);
  ip('-n', a.namespace, 'link', 'add', a.device, 'type', 'veth', 'peer', 'name', b.device, 'netns', b.namespace);
  for (const { namespace, address, device } of [a, b]) {
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', device);
    ip('-n', namespace, 'link', 'set', device, 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
  return { a, b, remove };
}

function addNamespace(name: string): void {
  try {
    ip('netns', 'add', name);
  } catch (cause) {
    throw new Error('cannot make a network namespace: the tests need root (CAP_SYS_ADMIN and CAP_NET_ADMIN)', {
      cause,
    });
  }
}

/** Removes the hosts of processes that are gone. */
export function removeStaleHosts(): void {
  for (const name of hostNamespaces()) {
    const pid = /^\d+/.exec(name.slice(PREFIX.length))?.[0];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeNamespace(name);
  }
}

/** @returns the names of all hosts that were made, by any process */
export const hostNamespaces = (): string[] =>
  ip('netns', 'list')
    .split('\n')
    .map(line => line.split(' ')[0] ?? '')
    .filter(name => name.startsWith(PREFIX));

function removeNamespace(name: string): void {
  if (!hostNamespaces().includes(name)) return;
  for (const pid of ip('netns', 'pids', name).split('\n').filter(Boolean)) kill(Number(pid));
  ip('netns', 'delete', name);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
