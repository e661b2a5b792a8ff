// cold. Programs that run beside a test, the demo or the bench.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const STOP_MS = 10_000;
const KEPT_LINES = 1_000_000; // of a program's output: what a test of 100,000 exchanges prints, several times over

export interface ProgramOptions {
  /** Added to our own; what is undefined is left out. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Ctrl-C at the terminal is for us alone, who end it when we are ready. */
  readonly detached?: boolean;
}

/** A running program and the lines it has written. */
export class Program {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly child: ChildProcess;
  /** Called with each line of its standard output. */
  onLine: ((line: string) => void) | undefined;
  private readonly name: string;
  private readonly ended: Promise<number>;
  private readonly watchers = new Set<() => void>();
  private exited = false;

  /** @param command found on PATH, /usr/sbin included */
  constructor(command: string, args: readonly string[] = [], options: ProgramOptions = {}) {
    this.name = [command, ...args].join(' ');
    const env = { ...process.env, ...options.env };
    env.PATH = `${env.PATH}:/usr/sbin:/sbin`;
    this.child = spawn(command, args, { ...options, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.read('stdout');
    this.read('stderr');
    this.child.stdin?.on('error', () => {}); // it may be gone already when it is told something
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => resolve(signal === null ? (code ?? -1) : -2));
    });
    this.ended.then(
      () => this.end(),
      error => {
        this.stderr.push(String(error));
        this.end();
      },
    );
    running.add(this);
  }

  private end(): void {
    this.exited = true;
    running.delete(this);
    this.notify();
  }

  private read(stream: 'stdout' | 'stderr'): void {
    const input = this.child[stream];
    if (input === null) return;
    createInterface({ input }).on('line', line => {
      if (this[stream].length < KEPT_LINES) this[stream].push(line);
      if (stream === 'stdout') this.onLine?.(line);
      this.notify();
    });
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher();
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get running(): boolean {
    return !this.exited;
  }

  /** @returns the first line of either stream that matches
   *  @throws when the program ends, or `timeoutMs` pass, before there is one */
  line(pattern: RegExp, timeoutMs = 10_000): Promise<string> {
    const find = () => this.stdout.find(text => pattern.test(text)) ?? this.stderr.find(text => pattern.test(text));
    return this.until(find, `a line like ${pattern}`, timeoutMs);
  }

  /** @returns what `find` returns, as soon as that is not undefined; asked again after each line */
  until<T>(find: () => T | undefined, what: string, timeoutMs = 10_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const give = (settle: () => void) => {
        clearTimeout(timer);
        this.watchers.delete(look);
        settle();
      };
      const look = () => {
        const found = find();
        if (found !== undefined) give(() => resolve(found));
        else if (this.exited) give(() => reject(this.failure(`ended without ${what}`)));
      };
      const timer = setTimeout(
        () => give(() => reject(this.failure(`did not write ${what} in ${timeoutMs} ms`))),
        timeoutMs,
      );
      this.watchers.add(look);
      look();
    });
  }

  private failure(what: string): Error {
    return new Error(`${this.name}: ${what}; stderr:\n${this.stderr.slice(-20).join('\n')}`);
  }

  /** Writes one line to its standard input. */
  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** @returns its exit status, -2 when a signal ended it
   *  @throws when it could not be started */
  exit(): Promise<number> {
    return this.ended;
  }

  /** Asks it to end, then insists.
   *  @returns its exit status, -2 when a signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    if (this.running) this.child.kill(signal);
    const insist = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    try {
      return await this.ended;
    } finally {
      clearTimeout(insist);
    }
  }
}

const running = new Set<Program>();

process.on('exit', () => {
  for (const program of running) program.child.kill('SIGKILL');
});

/** Runs a program to its end.
 *  @returns its standard output
 *  @throws when its exit status is not 0 */
export async function runProgram(command: string, args: readonly string[] = []): Promise<string> {
  const program = new Program(command, args);
  program.child.stdin?.end();
  const status = await program.exit();
  if (status === 0) return program.stdout.join('\n');
  throw new Error(`${[command, ...args].join(' ')}: exit status ${status}: ${program.stderr.slice(-20).join('\n')}`);
}

/** Lets `ms` pass. */
export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
