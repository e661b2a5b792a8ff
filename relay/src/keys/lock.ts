// cold. One nano-keys at a time changes a registry.
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError, OperationalError } from '@nanogelf/cli';

/** A change takes milliseconds; whoever holds the lock for longer hangs. */
const WAIT_MS = 5_000;
const RETRY_MS = 20;

/** Runs `work` while no other process does the same for `path`.
 *  @throws OperationalError when another one holds the lock for too long or died with it */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  await acquire(lock);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

async function acquire(lock: string): Promise<void> {
  for (let waitedMs = 0; !tryCreate(lock); waitedMs += RETRY_MS) {
    if (waitedMs >= WAIT_MS) throw heldError(lock);
    await sleep(RETRY_MS);
  }
}

function tryCreate(lock: string): boolean {
  try {
    const fd = openSync(lock, 'wx', 0o600);
    writeSync(fd, `${process.pid}\n`);
    closeSync(fd);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock whose holder died is not removed here: two that both think so could each remove the other's. */
function heldError(lock: string): OperationalError {
  const pid = readHolder(lock);
  return new OperationalError(
    'ERR_LOCKED',
    `${lock} is held by process ${pid}; if that is no nano-keys at work, mend with: rm ${lock}`,
  );
}

function readHolder(lock: string): string {
  try {
    return readFileSync(lock, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
