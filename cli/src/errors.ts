import { types } from 'node:util';

// An instance of another realm's Error (jest, vm) is an error too.
const { isNativeError } = types;

/** What went well, what the machine or the network refused, what the caller asked for wrongly. */
export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Something that the operator can mend: a file, a right, a port, a device. The message is one clear line. */
export class OperationalError extends Error {
  override readonly name: string = 'OperationalError';
  readonly code: string;
  /** @param code `ERR_` code that a script may test for
   *  @param message what failed and what to do, in one line */
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The command line or the configuration cannot work. Several mistakes are several lines of the message. */
export class UsageError extends OperationalError {
  override readonly name = 'UsageError';
}

/** What the kernel's codes mean to someone who does not know them by heart. */
const SYSTEM_REASONS: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the address is already in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'no route to the host',
  EISDIR: 'is a folder',
  ENETUNREACH: 'no route to the network',
  ENOENT: 'no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a folder',
  ENOTFOUND: 'the name does not resolve',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/** @returns true for an error of the operating system (open, bind, connect, …) */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return isNativeError(error) && 'syscall' in error && 'code' in error;
}

/** @returns why a system call failed, in words: `permission denied (EACCES)` */
export function explainSystemError(error: unknown): string {
  if (!isSystemError(error)) return isNativeError(error) ? error.message : String(error);
  const code = String(error.code);
  return `${SYSTEM_REASONS[code] ?? 'failed'} (${code})`;
}
