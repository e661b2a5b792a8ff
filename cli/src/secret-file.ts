import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { explainSystemError, OperationalError } from './errors.ts';

/** A key file holds a few lines; a registry of 20,000 probes stays under this too. */
const MAX_SECRET_BYTES = 8 * 1024 * 1024;

/** Reads a file that holds a secret. Rights are judged on the opened file, so that it cannot be exchanged in between.
 *  @returns its text, unchanged
 *  @throws OperationalError naming the file and the command that mends it, never its content */
export function readSecretFile(path: string): string {
  const fd = open(path);
  try {
    const stats = fstatSync(fd);
    checkStats(path, stats);
    return readAll(fd, stats.size);
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    // A named pipe would block for ever without O_NONBLOCK.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new OperationalError('ERR_SECRET_UNREADABLE', `cannot read ${path}: ${explainSystemError(error)}`);
  }
}

function checkStats(path: string, stats: Stats): void {
  if (!stats.isFile()) throw new OperationalError('ERR_SECRET_KIND', `${path} is not a regular file`);
  if (stats.size > MAX_SECRET_BYTES) {
    throw new OperationalError('ERR_SECRET_SIZE', `${path} is too large to be a key: ${stats.size} bytes`);
  }
  const user = process.geteuid?.() ?? stats.uid;
  // Root could read and write it anyway.
  if (stats.uid !== user && stats.uid !== 0) {
    const mend = `chown ${user} ${path}`;
    throw new OperationalError('ERR_SECRET_OWNER', `${path} belongs to user ${stats.uid}; mend with: ${mend}`);
  }
  if ((stats.mode & 0o077) !== 0 && !isSystemdCredential(path, stats)) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw new OperationalError(
      'ERR_SECRET_MODE',
      `${path} can be read by others than its owner (mode ${mode}); mend with: chmod 600 ${path}`,
    );
  }
}

/** systemd opens a credential to the service by an access list, whose mask shows as the group's read bit. */
function isSystemdCredential(path: string, stats: Stats): boolean {
  const folder = process.env.CREDENTIALS_DIRECTORY;
  return folder !== undefined && dirname(resolve(path)) === resolve(folder) && (stats.mode & 0o077) === 0o040;
}

function readAll(fd: number, size: number): string {
  const bytes = Buffer.alloc(size);
  let end = 0;
  while (end < size) {
    const read = readSync(fd, bytes, end, size - end, end);
    if (read === 0) break;
    end += read;
  }
  return bytes.toString('utf8', 0, end);
}
