/** hot. The kernel's interface numbers → indices into the source's interfaces. An interface appears when its first frame
 *  does. */
import { addressesOf, linkTypeOfHardware } from './devices.ts';
import { InterfaceList } from './interface-list.ts';
import { libc } from './libc.ts';
import type { Interface } from './source.ts';

/** Interfaces remembered by number in a table that needs no search; more of them share its places. */
const PLACES = 1024;
const IF_NAMESIZE = 16;
/** Numbers of interfaces that came and went are never used again: a table this long is started anew. */
const MAX_NUMBERS = 16_384;

export class RingInterfaces {
  readonly #list = new InterfaceList();
  readonly #ifindexes = new Uint32Array(PLACES);
  readonly #indexes = new Uint16Array(PLACES);
  readonly #byIfindex = new Map<number, number>();

  get interfaces(): readonly Interface[] {
    return this.#list.interfaces;
  }

  /** @param hardwareType ARPHRD_ of the interface
   *  @returns index into `interfaces` */
  of(ifindex: number, hardwareType: number): number {
    const place = ifindex & (PLACES - 1);
    if (this.#ifindexes[place] === ifindex) return this.#indexes[place] as number;
    const index = this.#meet(ifindex, hardwareType);
    this.#ifindexes[place] = ifindex;
    this.#indexes[place] = index;
    return index;
  }

  /** Whatever is known by number may be called otherwise by now, have another address, or be another interface. */
  forget(): void {
    this.#ifindexes.fill(0);
    this.#byIfindex.clear();
  }

  linkTypeOf(index: number): number {
    return (this.#list.interfaces[index] as Interface).linkType;
  }

  /** An interface asked for by name, before its first frame. */
  add(name: string, linkType: number): number {
    return this.#list.add(name, linkType, addressesOf(name));
  }

  #meet(ifindex: number, hardwareType: number): number {
    const known = this.#byIfindex.get(ifindex);
    if (known !== undefined) return known;
    const name = libc().indexToName(ifindex, Buffer.alloc(IF_NAMESIZE)) ?? `if${ifindex}`;
    const index = this.add(name, linkTypeOfHardware(hardwareType));
    if (this.#byIfindex.size >= MAX_NUMBERS) this.#byIfindex.clear();
    this.#byIfindex.set(ifindex, index);
    return index;
  }
}
