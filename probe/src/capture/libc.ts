/** cold. The system calls of the packet ring and of netlink, through koffi. Loaded when the first ring opens, so that other systems
 *  never see it. */

import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';
import { CaptureError } from './source.ts';

export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, valueBytes: number): number;
  getsockopt(fd: number, level: number, name: number, value: Buffer, valueBytes: Buffer): number;
  bind(fd: number, address: Buffer, addressBytes: number): number;
  /** @returns MAP_FAILED (all ones) on failure */
  mmap(at: unknown, lengthBytes: number, protection: number, flags: number, fd: number, offset: number): unknown;
  munmap(at: unknown, lengthBytes: number): number;
  send(fd: number, bytes: Buffer, count: number, flags: number): number;
  recv(fd: number, bytes: Buffer, count: number, flags: number): number;
  eventfd(initial: number, flags: number): number;
  write(fd: number, bytes: Buffer, count: number): number;
  close(fd: number): number;
  /** @returns an interface's name, or null */
  indexToName(index: number, name: Buffer): string | null;
  /** poll(2) on another thread; `fds` stays untouched until `done`.
   *  @param fds struct pollfd, one after the other */
  poll(fds: Buffer, count: number, timeoutMs: number, done: (error: unknown, ready: number) => void): void;
}

let loaded: Libc | undefined;

/** @throws CaptureError ERR_NO_AF_PACKET on a system without packet sockets */
export function libc(): Libc {
  if (process.platform !== 'linux')
    throw new CaptureError(
      'ERR_NO_AF_PACKET',
      'the packet ring needs Linux: here the npm package cap captures instead',
    );
  loaded ??= bindLibc();
  return loaded;
}

/** What the last system call failed with: `EPERM`. */
export const errorName = (): string => getSystemErrorName(-koffi.errno());

/** @param value SO_ERROR's answer */
export const errorNameOf = (value: number): string => (value === 0 ? '' : getSystemErrorName(-value));

function bindLibc(): Libc {
  const library = koffi.load(null);
  const poll = library.func('int poll(void *, unsigned long, int)');
  return {
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)'),
    getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
    bind: library.func('int bind(int, const void *, uint32_t)'),
    mmap: library.func('void *mmap(void *, size_t, int, int, int, long)'),
    munmap: library.func('int munmap(void *, size_t)'),
    send: library.func('long send(int, const void *, size_t, int)'),
    recv: library.func('long recv(int, void *, size_t, int)'),
    eventfd: library.func('int eventfd(unsigned int, int)'),
    write: library.func('long write(int, const void *, size_t)'),
    close: library.func('int close(int)'),
    indexToName: library.func('const char *if_indextoname(unsigned int, void *)'),
    poll: (fds, count, timeoutMs, done) => poll.async(fds, count, timeoutMs, done),
  };
}
