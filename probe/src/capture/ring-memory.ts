/** cold. Memory shared with the kernel, as an ArrayBuffer that nobody can be hurt by: after `release` its pages are
 *  empty ones, and the addresses are given back only when the last reader is collected. A frame lent before may be
 *  read late, but never after its memory went. */
import koffi from 'koffi';
import { errorName, libc } from './libc.ts';
import { CaptureError } from './source.ts';

const PROT_READ_WRITE = 3;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_FAILED = 2n ** 64n - 1n;

interface Mapping {
  readonly at: unknown;
  readonly lengthBytes: number;
}

const unmapper = new FinalizationRegistry<Mapping>(({ at, lengthBytes }) => libc().munmap(at, lengthBytes));

export class RingMemory {
  readonly buffer: ArrayBuffer;
  readonly #mapping: Mapping;

  /** @throws CaptureError naming what mmap failed with */
  constructor(fd: number, lengthBytes: number) {
    const at = libc().mmap(null, lengthBytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    if (koffi.address(at) === MAP_FAILED)
      throw new CaptureError('ERR_CAPTURE', `cannot map the packet ring: ${errorName()}`);
    this.#mapping = { at, lengthBytes };
    this.buffer = koffi.view(at, lengthBytes);
  }

  /** Gives the kernel's pages back; nobody waits on the ring any more. */
  release(): void {
    const { at, lengthBytes } = this.#mapping;
    libc().mmap(at, lengthBytes, PROT_READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    unmapper.register(this.buffer, this.#mapping);
  }
}
