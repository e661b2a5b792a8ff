/** warm. A worker: a path of its own, whose records go to the main thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { createLog, type Log, OperationalError } from '@nanogelf/cli';
import type { Outlet, Path } from '../path.ts';
import { openPath } from '../pipeline.ts';
import type { OutputRecord } from '../records/record.ts';
import { type Counts, prefixed } from '../telemetry.ts';
import type { FromWorker, OwnPath, ToWorker, WorkerInputs } from './messages.ts';

/** Records on the way to the main thread: about 25 MB. What it has no time for is dropped, and counted. */
const MAX_AHEAD = 16_384;
/** A message for many records; those of a turn do not wait for more. */
const BATCH = 256;
/** How long to wait before looking again whether the main thread has caught up. */
const RETRY_MS = 5;

const { config, crew, taken } = workerData as WorkerInputs;
const port = parentPort!;
const tell = (message: FromWorker): void => port.postMessage(message);

class Handover implements Outlet {
  ownPaths: readonly OwnPath[] = [];
  dropped = 0;
  #sent = 0;
  #batch: [OutputRecord, string | undefined][] = [];

  write(record: OutputRecord, summary?: string): void {
    if (this.#ahead() >= MAX_AHEAD) this.dropped++;
    else {
      this.#batch.push([record, summary]);
      this.#sent = (this.#sent + 1) | 0;
      if (this.#batch.length === BATCH) this.flush();
    }
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    tell({ kind: 'records', records: this.#batch });
    this.#batch = [];
  }

  /** The last records are all wanted: they come in no more often than they can leave. */
  congestion(): Promise<void> | undefined {
    return this.#ahead() < MAX_AHEAD / 2 ? undefined : this.#caughtUp();
  }

  /** Called once in a turn. */
  eachOwnPath(mark: (...path: OwnPath) => void): void {
    this.flush();
    for (const path of this.ownPaths) mark(...path);
  }

  async #caughtUp(): Promise<void> {
    this.flush();
    while (this.#ahead() >= MAX_AHEAD / 2) await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }

  #ahead(): number {
    return (this.#sent - Atomics.load(taken, 0)) | 0;
  }
}

/** Only the words travel: the main thread has the log. */
const log: Log = {
  ...createLog(),
  warn: (message, fields = {}) => tell({ kind: 'warning', message, fields }),
};

const handover = new Handover();
const stopping = new AbortController();
let path: Path | undefined;

async function work(): Promise<void> {
  const start = await openPath(config, log, crew);
  const begin = new Promise<Path>(resolve => {
    port.on('message', (message: ToWorker) => {
      if (message.kind === 'start') resolve(start(handover, message.identity));
      else obey(message);
    });
  });
  tell({ kind: 'open' });
  path = await begin;
  const running = path.run(stopping.signal);
  tell({ kind: 'started' });
  await running;
  handover.flush();
  tell({ kind: 'ended', counts: await counts(path) });
}

function obey(message: ToWorker): void {
  if (message.kind === 'own paths') handover.ownPaths = message.paths;
  else if (message.kind === 'adopt') path?.adopt(message.analysis);
  else if (message.kind === 'stop') stopping.abort();
  else if (path !== undefined) void counts(path).then(counts => tell({ kind: 'counts', counts }));
}

/** With its own share, so that it can be seen how even they are. */
async function counts(of: Path): Promise<Counts> {
  const all = await of.counts();
  const own = { packets: all['flow.packets'] ?? 0, records_dropped: handover.dropped };
  return { ...all, ...prefixed(`workers.${crew.number}`, own) };
}

try {
  await work();
} catch (error) {
  if (!(error instanceof OperationalError)) throw error;
  tell({ kind: 'failed', code: error.code, message: error.message });
} finally {
  port.close();
}
