// cold. Which protocols are looked for, from the options `proto` and `ignorel7`.
import type { Protocol } from './analyzer.ts';

export interface Selection {
  readonly protocols: readonly Protocol[];
  /** Server port → index into `protocols`. */
  readonly pinned: ReadonlyMap<number, number>;
}

/** Reads the two options.
 *  @param all every protocol there is
 *  @param proto comma separated `id` or `id:port`; empty for all
 *  @param ignored comma separated ids to leave out
 *  @throws RangeError naming the option, what was read and what is allowed */
export function selectProtocols(all: readonly Protocol[], proto: string, ignored: string): Selection {
  const wanted = listOf(proto).map(item => pinOf(all, item));
  const left = new Set(listOf(ignored).map(id => findProtocol(all, 'ignorel7', id)));
  const protocols = all.filter(
    one => !left.has(one) && (wanted.length === 0 || wanted.some(pin => pin.protocol === one)),
  );
  const pinned = new Map<number, number>();
  for (const { protocol, port } of wanted)
    if (port !== undefined && !left.has(protocol)) pinned.set(port, protocols.indexOf(protocol));
  return { protocols, pinned };
}

function pinOf(all: readonly Protocol[], item: string): { protocol: Protocol; port: number | undefined } {
  const [id = '', port, ...more] = item.split(':');
  const protocol = findProtocol(all, 'proto', id);
  if (port === undefined) return { protocol, port: undefined };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (more.length > 0 || number < 1 || number > 65535)
    throw new RangeError(`proto: expected ${id}:PORT with a port of 1-65535, got "${item}"`);
  return { protocol, port: number };
}

function findProtocol(all: readonly Protocol[], option: string, id: string): Protocol {
  const found = all.find(protocol => protocol.id === id.toLowerCase());
  if (found !== undefined) return found;
  throw new RangeError(`${option}: expected one of ${all.map(one => one.id).join(', ')}, got "${id}"`);
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');
