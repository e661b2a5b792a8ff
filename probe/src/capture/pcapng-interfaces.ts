/** warm. The interfaces of a pcapng section: their clock, snap length and index in the source.
 *  Source: draft-ietf-opsawg-pcapng, section 4.2 */
import { linkTypeOf } from './file-format.ts';
import { InterfaceList } from './interface-list.ts';
import { PcapngClock } from './pcapng-clock.ts';
import type { Interface } from './source.ts';

/** Interfaces of one section: merged files have one per source file, never thousands. */
const MAX_SECTION_INTERFACES = 4096;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const MICROSECONDS = 6;

interface SectionInterface {
  readonly index: number;
  readonly snapBytes: number;
  readonly clock: PcapngClock;
}

export class PcapngInterfaces {
  readonly #list = new InterfaceList();
  readonly #section: SectionInterface[] = [];

  get interfaces(): readonly Interface[] {
    return this.#list.interfaces;
  }

  /** A new section starts: its interfaces are numbered from 0 again. */
  clear(): void {
    this.#section.length = 0;
  }

  has(id: number): boolean {
    return id < this.#section.length;
  }

  /** @param id below the number of interfaces: see `has` */
  clock(id: number): PcapngClock {
    return this.#at(id).clock;
  }

  index(id: number): number {
    return this.#at(id).index;
  }

  snapBytes(id: number): number {
    return this.#at(id).snapBytes;
  }

  /** Takes an interface description.
   *  @param at offset of its body, at least 8 bytes before `end`
   *  @returns false when the section has too many */
  add(view: DataView, at: number, end: number, little: boolean): boolean {
    if (this.#section.length >= MAX_SECTION_INTERFACES) return false;
    const options = readOptions(view, at + 8, end, little);
    const linkType = linkTypeOf(view.getUint16(at, little));
    this.#section.push({
      index: this.#list.add(options.name, linkType),
      snapBytes: view.getUint32(at + 4, little) || Number.POSITIVE_INFINITY,
      clock: new PcapngClock(options.resolution, options.offsetSeconds),
    });
    return true;
  }

  #at(id: number): SectionInterface {
    return this.#section[id] as SectionInterface;
  }
}

/** Options that overrun the block are left unread. */
function readOptions(view: DataView, start: number, end: number, little: boolean) {
  const options = { name: '', resolution: MICROSECONDS, offsetSeconds: 0 };
  let at = start;
  while (end - at >= 4) {
    const code = view.getUint16(at, little);
    const lengthBytes = view.getUint16(at + 2, little);
    at += 4;
    if (code === 0 || lengthBytes > end - at) break;
    if (code === IF_NAME) options.name = textAt(view, at, lengthBytes);
    if (code === IF_TSRESOL && lengthBytes === 1) options.resolution = view.getUint8(at);
    if (code === IF_TSOFFSET && lengthBytes === 8) options.offsetSeconds = Number(view.getBigInt64(at, little));
    at += (lengthBytes + 3) & ~3;
  }
  return options;
}

/** Interface names are short; a longer one is cut, not kept. */
const MAX_NAME_BYTES = 64;

const textAt = (view: DataView, at: number, lengthBytes: number): string =>
  Buffer.from(view.buffer, at, Math.min(lengthBytes, MAX_NAME_BYTES)).toString('utf8').replace(/\0.*$/s, '');
