/** cold. A worker as the main thread sees it. */
import { Worker } from 'node:worker_threads';
import type { Log } from '@nanogelf/cli';
import type { CrewMember } from '../capture/ring-source.ts';
import { CaptureError } from '../capture/source.ts';
import type { ProbeConfig } from '../config/config.ts';
import type { Outlet } from '../path.ts';
import type { Identity } from '../records/identity.ts';
import type { Counts } from '../telemetry.ts';
import type { FromWorker, ToWorker, WorkerInputs } from './messages.ts';

/** A promise and what settles it. */
interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export class WorkerHandle {
  readonly #worker: Worker;
  readonly #taken = new Int32Array(new SharedArrayBuffer(4));
  readonly #log: Log;
  readonly #opened = defer<void>();
  readonly #started = defer<void>();
  readonly #ended = defer<void>();
  #outlet: Outlet | undefined;
  #counts: Counts = {};
  #counting: Deferred<Counts> | undefined;
  #isAlive = true;

  constructor(config: ProbeConfig, crew: CrewMember, log: Log) {
    this.#log = log;
    // Only who sends needs the key, and a secret is not copied further than it has to be.
    const inputs: WorkerInputs = {
      config: { ...config, outputs: { ...config.outputs, key: undefined } },
      crew,
      taken: this.#taken,
    };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: inputs });
    this.#worker.on('message', (message: FromWorker) => this.#take(message));
    this.#worker.on('error', error => this.#fail(error));
    this.#worker.on('exit', () => this.#finish());
  }

  /** Resolves when its source is open. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Resolves when it captures. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves when all its records have come; rejects with what ended it before its time. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** @param outlet where its records go */
  start(identity: Identity, outlet: Outlet): void {
    this.#outlet = outlet;
    this.tell({ kind: 'start', identity });
  }

  tell(message: ToWorker): void {
    if (this.#isAlive) this.#worker.postMessage(message);
  }

  /** @returns its counters; the last ones when it has ended */
  counts(): Promise<Counts> {
    if (!this.#isAlive) return Promise.resolve(this.#counts);
    if (this.#counting === undefined) {
      this.#counting = defer();
      this.tell({ kind: 'count' });
    }
    return this.#counting.promise;
  }

  /** Of a worker that was never started. */
  end(): void {
    if (this.#isAlive) void this.#worker.terminate();
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'open':
        this.#opened.resolve();
        break;
      case 'started':
        this.#started.resolve();
        break;
      case 'records':
        for (const [record, summary] of message.records) this.#outlet?.write(record, summary);
        Atomics.add(this.#taken, 0, message.records.length);
        break;
      case 'warning':
        this.#log.warn(message.message, message.fields);
        break;
      case 'counts':
        this.#setCounts(message.counts);
        break;
      case 'ended':
        this.#setCounts(message.counts);
        this.#ended.resolve();
        break;
      case 'failed':
        this.#fail(new CaptureError(message.code, message.message));
    }
  }

  #setCounts(counts: Counts): void {
    this.#counts = counts;
    this.#counting?.resolve(counts);
    this.#counting = undefined;
  }

  #fail(error: unknown): void {
    for (const { reject } of [this.#opened, this.#started, this.#ended]) reject(error);
  }

  /** What it said before has been taken by now; what was settled stays. */
  #finish(): void {
    this.#isAlive = false;
    this.#setCounts(this.#counts);
    this.#fail(new Error('a worker ended without a word'));
  }
}

/** Its rejection, when nobody waits for it, is told by another of the same worker. */
function defer<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => {});
  return { promise, ...settle! };
}
