// cold. What a record may lack after a loss that is not its own.
import type { OutputRecord } from '@nanogelf/probe';

/** What a session says once, at its login or when it prepares a statement or a consumer: later nobody can know it. */
const SAID_ONCE = ['USER', 'DB', 'HOST', 'APP', 'SQL', 'PREPARED', 'PARAMS', 'QUEUE', 'TRUNCATED', 'BACKEND_PID'];

/** @returns whether `record` is `whole`, but for what is said once */
export function saysLess(record: OutputRecord, whole: OutputRecord): boolean {
  const names = [...new Set([...Object.keys(record), ...Object.keys(whole)])];
  return names.every(
    name => isEqual(record[name], whole[name]) || (record[name] === undefined && SAID_ONCE.includes(name)),
  );
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
