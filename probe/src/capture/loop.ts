// cold. Turns the crank: frames while there are some, time when there are none, the event loop its turn in between.
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { OnFrame, PacketSource } from './source.ts';

/** How long to wait for frames before time is told to pass. */
const WAIT_MS = 200;
/** A file is read so long before signals and sockets get their turn. */
const TURN_MS = 20;

/** After so long the kernel hands over a block that is not full, with some time to spare. */
const BLOCK_MS = 75;
/** A busy network must not keep the probe from stopping. */
const REST_MS = 500;

export interface CaptureLoop {
  readonly source: PacketSource;
  readonly onFrame: OnFrame;
  /** Between two batches, at most every {@link WAIT_MS} on a quiet line. */
  readonly onTurn: () => void;
  /** When to go on, for those who can wait; asked only of a file. */
  readonly congestion: () => Promise<void> | undefined;
  readonly signal: AbortSignal;
}

/** @returns when the file has ended, or the signal said stop
 *  @throws CaptureError when the source cannot go on; what it could read was handed over */
export async function turnCrank({ source, onFrame, onTurn, congestion, signal }: CaptureLoop): Promise<void> {
  while (!source.ended && !signal.aborted) {
    const until = performance.now() + TURN_MS;
    let frames = 0;
    do frames = source.drain(onFrame);
    while (frames > 0 && performance.now() < until && congestion() === undefined);
    onTurn();
    if (frames > 0) await (congestion() ?? setImmediate());
    else if (!source.ended) await source.wait(WAIT_MS);
  }
  if (signal.aborted && !source.ended) await drainRest(source, onFrame);
}

/** What had arrived when the stop came still lies in the ring, the newest of it in a block that is not full. */
async function drainRest(source: PacketSource, onFrame: OnFrame): Promise<void> {
  const until = performance.now() + REST_MS;
  await sleep(BLOCK_MS);
  while (source.drain(onFrame) > 0 && performance.now() < until);
}
