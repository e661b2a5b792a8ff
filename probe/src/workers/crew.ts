/** cold. Several workers as one path: each takes its share of the conversations, the main thread takes their records.
 *  See docs/decisions/threads.md. */
import { randomInt } from 'node:crypto';
import type { Log } from '@nanogelf/cli';
import type { AnalysisConfig, ProbeConfig } from '../config/config.ts';
import type { Outlet, Path, StartPath } from '../path.ts';
import { sumOf } from '../telemetry.ts';
import type { OwnPath } from './messages.ts';
import { WorkerHandle } from './worker-handle.ts';

/** Our own datagrams change their path when a name resolves to another address. */
const OWN_PATHS_MS = 200;

/** Opens all sources. One worker after the other: so each device counts them in the same order, and a packet that two
 *  devices show meets the same worker on both.
 *  @throws CaptureError as openSource does */
export async function openCrew(config: ProbeConfig, log: Log): Promise<StartPath> {
  // Nobody else in this network may have the same number for the same device; there are 65,536.
  const group = randomInt(2 ** 16);
  const workers: WorkerHandle[] = [];
  try {
    for (let number = 0; number < config.capture.threads; number++) {
      const worker = new WorkerHandle(config, { number, group }, log);
      workers.push(worker);
      await worker.opened;
    }
  } catch (error) {
    for (const worker of workers) worker.end();
    throw error;
  }
  return async (outlet, identity) => {
    for (const worker of workers) worker.start(identity, outlet);
    sendOwnPaths(workers, outlet, '');
    await Promise.all(workers.map(worker => worker.started));
    return crewPath(workers, outlet);
  };
}

function crewPath(workers: readonly WorkerHandle[], outlet: Outlet): Path {
  return {
    counts: async () => sumOf(await Promise.all(workers.map(worker => worker.counts()))),
    adopt(analysis: AnalysisConfig) {
      for (const worker of workers) worker.tell({ kind: 'adopt', analysis });
    },
    async run(signal) {
      const stop = (): void => {
        for (const worker of workers) worker.tell({ kind: 'stop' });
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      let sent = '';
      const timer = setInterval(() => {
        sent = sendOwnPaths(workers, outlet, sent);
      }, OWN_PATHS_MS);
      // When one fails the others end, and what they have is not lost.
      for (const worker of workers) worker.ended.catch(stop);
      const ends = await Promise.allSettled(workers.map(worker => worker.ended));
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
      const failed = ends.find(end => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}

/** @param sent what was sent last
 *  @returns what was sent now */
function sendOwnPaths(workers: readonly WorkerHandle[], outlet: Outlet, sent: string): string {
  const paths: OwnPath[] = [];
  outlet.eachOwnPath((...path) => paths.push(path));
  const now = JSON.stringify(paths);
  if (now !== sent) for (const worker of workers) worker.tell({ kind: 'own paths', paths });
  return now;
}
