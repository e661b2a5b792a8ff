/** cold. The sockets as /proc/net lists them, for systems that do not answer over netlink. The whole list has to be read
 *  to find one, so it is read once a second at most, and only so far.
 *  Source: proc_pid_net(5) */
import { closeSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { UDP } from '../dissect/transport.ts';
import type { SocketEnd, SocketPair, SocketTable } from './socket-pair.ts';

const MAX_AGE_MS = 1000;
/** Some 7,000 sockets, read in 5 ms; those beyond it are not found. */
const MAX_BYTES = 1 << 20;
const ANYWHERE = '00000000:0000';
const NO_ADDRESS = '00000000';
/** How IPv4 looks in the list of IPv6 sockets (::ffff:0:0/96). */
const MAPPED = endianness() === 'LE' ? '0000000000000000FFFF0000' : '00000000000000000000FFFF';
const NO_ADDRESS_6 = '0'.repeat(32);

interface List {
  readonly inodes: Map<string, number>;
  readonly readMs: number;
}

const NEVER: List = { inodes: new Map(), readMs: Number.NEGATIVE_INFINITY };

export class ProcNet implements SocketTable {
  readonly #lists = { tcp: NEVER, udp: NEVER };

  find(pair: SocketPair, local: SocketEnd, remote: SocketEnd): number {
    const key = `${endText(pair, local)} ${endText(pair, remote)}`;
    return this.#look(pair, inodes => inodes.get(key)) || this.findListening(pair, local);
  }

  findListening(pair: SocketPair, local: SocketEnd): number {
    const port = portText(local.port);
    const keys = [endText(pair, local), `${NO_ADDRESS}:${port}`, `${NO_ADDRESS_6}:${port}`].map(
      end => `${end} ${ANYWHERE}`,
    );
    return this.#look(pair, inodes => keys.map(key => inodes.get(key)).find(inode => inode !== undefined));
  }

  close(): void {}

  /** Reads the list again when it is not in there, if it is old enough. */
  #look(pair: SocketPair, get: (inodes: List['inodes']) => number | undefined): number {
    const name = pair.protocol === UDP ? 'udp' : 'tcp';
    const found = get(this.#lists[name].inodes);
    const nowMs = performance.now();
    if (found !== undefined || nowMs - this.#lists[name].readMs < MAX_AGE_MS) return found ?? 0;
    this.#lists[name] = { inodes: readLists([`/proc/net/${name}6`, `/proc/net/${name}`]), readMs: nowMs };
    return get(this.#lists[name].inodes) ?? 0;
  }
}

function readLists(paths: readonly string[]): Map<string, number> {
  const inodes = new Map<string, number>();
  for (const line of paths.flatMap(path => readStart(path).split('\n'))) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (local === undefined || remote === undefined || !(Number(inode) > 0)) continue;
    inodes.set(`${plain(local)} ${plain(remote)}`, Number(inode));
  }
  return inodes;
}

function readStart(path: string): string {
  const bytes = Buffer.alloc(MAX_BYTES);
  let end = 0;
  try {
    const fd = openSync(path, 'r');
    for (let count = -1; count !== 0; end += count) count = readSync(fd, bytes, end, MAX_BYTES - end, null);
    closeSync(fd);
  } catch {
    // A host without IPv6 has no list of it.
  }
  // The last line may be cut where the limit is.
  return bytes.toString('latin1', 0, bytes.lastIndexOf(10, end - 1) + 1);
}

/** IPv4 in its own form, and whoever is connected to nobody likewise. */
const plain = (end: string): string =>
  end === `${NO_ADDRESS_6}:0000` ? ANYWHERE : end.startsWith(MAPPED) ? end.slice(MAPPED.length) : end;

const endText = ({ isIpv6 }: SocketPair, { address, port }: SocketEnd): string =>
  `${[...address.subarray(isIpv6 ? 0 : 3)].map(wordText).join('')}:${portText(port)}`;

/** Words are written as the processor holds them. */
function wordText(word: number): string {
  const held = new DataView(new ArrayBuffer(4));
  held.setInt32(0, word);
  return held
    .getUint32(0, endianness() === 'LE')
    .toString(16)
    .toUpperCase()
    .padStart(8, '0');
}

const portText = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
