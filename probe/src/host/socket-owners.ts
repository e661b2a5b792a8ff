/** warm. Which process holds a socket: looks through /proc/PID/fd, in pieces, only while somebody asks, those first who
 *  were the answer lately. */
import { type Dir, opendirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Allowance } from './allowance.ts';

/** Asked for and not found yet; what comes while so many wait is given up. */
const MAX_WANTED = 1024;
/** Processes looked at first: on most hosts few open nearly all connections. */
const MAX_RECENT = 8;
/** What comm holds of a name. Source: proc_pid_comm(5). */
const COMM_BYTES = 15;
const SYSTEMD_PID = 1;

export interface Process {
  readonly pid: number;
  readonly name: string;
  /** The descriptor by which it holds the socket. */
  readonly fd: string;
}

export class SocketOwners {
  /** Undefined for a socket that nobody holds, as far as can be seen: kernel's own, or of a process that went. */
  readonly #known = new Map<number, Process | undefined>();
  /** How many looks had begun when it was asked for. */
  readonly #wanted = new Map<number, number>();
  readonly #capacity: number;
  #recent: number[] = [];
  #looks = 0;
  #look: Generator<void> | undefined;
  readonly #counts = { named: 0, nobody: 0, givenUp: 0 };

  /** @param capacity sockets that are remembered: as many as conversations can be open */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get isBusy(): boolean {
    return this.#wanted.size > 0;
  }

  get(inode: number): Process | undefined {
    return this.#known.get(inode);
  }

  /** Wants to know; the answer comes with `work`. */
  ask(inode: number): void {
    if (this.#known.has(inode) || this.#wanted.has(inode)) return;
    if (this.#wanted.size === MAX_WANTED) this.#counts.givenUp++;
    else this.#wanted.set(inode, this.#looks);
  }

  /** Forgets an answer that no longer holds: the process went, or its descriptor is another file now. */
  recheck(inode: number): void {
    const process = this.#known.get(inode);
    if (process === undefined || linkOf(process.pid, process.fd) !== socketLink(inode)) this.#known.delete(inode);
  }

  /** Looks on until all is known or the time is up. */
  work(allowance: Allowance): void {
    const sinceMs = performance.now();
    const untilMs = sinceMs + allowance.leftMs;
    while (this.isBusy && performance.now() < untilMs) {
      this.#look ??= this.#lookThrough();
      if (this.#look.next().done) this.#look = undefined;
    }
    allowance.spend(sinceMs);
  }

  stats(): { readonly [name: string]: number } {
    return { ...this.#counts, looks: this.#looks };
  }

  close(): void {
    this.#look?.return(undefined);
    this.#wanted.clear();
  }

  /** One look through all processes, a descriptor at a time. */
  *#lookThrough(): Generator<void> {
    const look = ++this.#looks;
    for (const pid of this.#pids()) {
      for (const fd of descriptorsOf(pid)) {
        this.#match(pid, fd);
        if (!this.isBusy) return;
        yield;
      }
      yield;
    }
    // Whoever asked in the middle of the look waits for the end of the next one.
    for (const [inode, asked] of this.#wanted) if (asked < look) this.#settle(inode, undefined);
  }

  /** A listening socket is often held by several: by a server's first process sooner than by its children, and by
   *  systemd, which opens some of them, only where nobody else has it. */
  *#pids(): Generator<number> {
    yield* this.#recent;
    const all = readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number);
    const others = all.filter(pid => pid !== SYSTEMD_PID && pid !== process.pid && !this.#recent.includes(pid));
    yield* others.sort((a, b) => a - b);
    yield SYSTEMD_PID;
  }

  #match(pid: number, fd: string): void {
    const inode = Number(/^socket:\[(\d+)\]$/.exec(linkOf(pid, fd))?.[1]);
    if (!this.#wanted.has(inode)) return;
    this.#settle(inode, { pid, name: nameOf(pid), fd });
    if (this.#recent[0] !== pid && pid !== SYSTEMD_PID)
      this.#recent = [pid, ...this.#recent.filter(other => other !== pid)].slice(0, MAX_RECENT);
  }

  #settle(inode: number, process: Process | undefined): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= this.#capacity && oldest !== undefined) this.#known.delete(oldest);
    this.#wanted.delete(inode);
    this.#known.set(inode, process);
    this.#counts[process === undefined ? 'nobody' : 'named']++;
  }
}

const socketLink = (inode: number): string => `socket:[${inode}]`;

/** Read in small pieces: a server may hold a million of them. */
function* descriptorsOf(pid: number): Generator<string> {
  let folder: Dir;
  try {
    folder = opendirSync(`/proc/${pid}/fd`);
  } catch {
    return; // It went, or it is none of ours to see.
  }
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) yield entry.name;
  } catch {
    // It went in the meantime.
  } finally {
    folder.closeSync();
  }
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return '';
  }
}

/** The name that ps, top and ss show; where the kernel has cut it, the program's whole name. */
function nameOf(pid: number): string {
  const comm = readText(`/proc/${pid}/comm`).replace(/\n$/, '');
  if (Buffer.byteLength(comm) < COMM_BYTES) return comm;
  const [program = ''] = readText(`/proc/${pid}/cmdline`).split('\0');
  const whole = program.slice(program.lastIndexOf('/') + 1);
  return whole.startsWith(comm) ? whole : comm;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
