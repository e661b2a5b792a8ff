// cold. What the receiver must not forget, on disk: written every 5 s and at the end, each time as a whole.
import { readFileSync } from 'node:fs';
import { explainSystemError, isSystemError, type Log, OperationalError, writeFileAtomic } from '@nanogelf/cli';

const SAVE_MS = 5_000;

/** @returns the state of the last run; undefined when there was none
 *  @throws OperationalError when it cannot be read: to start without it could accept a replay */
export function readStateFile(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw new OperationalError('ERR_STATE', `--state ${path}: ${explainSystemError(error)}`);
  }
}

export interface StateSource {
  /** @returns what is to be saved now */
  export(): Uint8Array;
  /** Is told that the last export is on disk. */
  saved(): void;
}

export interface StateKeeper {
  /** Saves once more and stops. */
  close(): Promise<void>;
}

/** Saves at once, then every 5 s; a disk that is full is a loud line each time, and the relay goes on.
 *  @throws OperationalError when the first save fails: it is a mistake of the operator then */
export async function keepState(path: string, source: StateSource, log: Log): Promise<StateKeeper> {
  async function save(): Promise<void> {
    await writeFileAtomic(path, source.export());
    source.saved();
  }
  let saving = save().catch(error => {
    throw new OperationalError('ERR_STATE', `--state ${path}: ${explainSystemError(error)}`);
  });
  await saving;
  const saveLoudly = (): Promise<void> =>
    save().catch(error => log.error(`the state is not saved, --state ${path}: ${explainSystemError(error)}`));
  const timer = setInterval(() => {
    // One save at a time: an export counts as saved only when no older one can overwrite it.
    saving = saving.then(saveLoudly);
  }, SAVE_MS);
  async function close(): Promise<void> {
    clearInterval(timer);
    await saving.then(saveLoudly);
  }
  return { close };
}
