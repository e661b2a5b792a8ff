/** cold. How full the local disks are. */
import { readFile, statfs } from 'node:fs/promises';

/** Asking costs a system call per disk, and disks do not fill up in seconds. */
const MAX_AGE_MS = 60_000;
/** Hosts with more mounted disks than this are judged by their first ones. */
const MAX_DISKS = 64;

export class DiskUsage {
  #ratio: number | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;

  /** @returns used share of the local disks, 0-100 with one decimal; undefined until it is known. At most a minute
   *  old while it is asked for regularly: the answer to a question is there for the next one */
  ratio(nowMs: number = performance.now()): number | undefined {
    if (nowMs - this.#askedMs >= MAX_AGE_MS) {
      this.#askedMs = nowMs;
      void this.refresh();
    }
    return this.#ratio;
  }

  /** Asks now. */
  async refresh(): Promise<void> {
    this.#ratio = await measureDisks().catch(() => undefined);
  }
}

async function measureDisks(): Promise<number | undefined> {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const paths = localDisks(mounts);
  const disks = await Promise.all((paths.length > 0 ? paths : ['/']).map(path => statfs(path).catch(() => undefined)));
  let used = 0;
  let total = 0;
  for (const disk of disks) {
    if (disk === undefined) continue;
    used += (disk.blocks - disk.bfree) * disk.bsize;
    // What is reserved for root is neither used nor to be had, as in df.
    total += (disk.blocks - disk.bfree + disk.bavail) * disk.bsize;
  }
  return total > 0 ? Math.round((used / total) * 1000) / 10 : undefined;
}

/** @param mounts text of /proc/self/mounts
 *  @returns one folder for each real disk; images mounted read-only (snaps) are always full and say nothing */
export function localDisks(mounts: string): string[] {
  const byDevice = new Map<string, string>();
  for (const line of mounts.split('\n')) {
    const [device = '', folder = '', kind] = line.split(' ');
    const isDisk =
      device.startsWith('/dev/') && !device.startsWith('/dev/loop') && kind !== 'squashfs' && kind !== 'iso9660';
    if (isDisk && !byDevice.has(device) && byDevice.size < MAX_DISKS) byDevice.set(device, unescapeMount(folder));
  }
  return [...byDevice.values()];
}

/** Blanks in a path are written as octal. Source: proc_pid_mounts(5), fstab(5). */
const unescapeMount = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
