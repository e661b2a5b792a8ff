/** cold. The interfaces of a source, each once: what comes again under the same name and address keeps its index; with
 *  another address it is another entry, so that a record made of what was captured before keeps the old one. */
import type { Interface } from './source.ts';

/** Interfaces told apart. A host where containers come and go makes new names for ever; those beyond the limit share
 *  one entry per link type, named `any`. */
const MAX_INTERFACES = 1024;

export class InterfaceList {
  readonly interfaces: Interface[] = [];
  readonly #indexes = new Map<string, number>();

  /** @returns the interface's index */
  add(name: string, linkType: number, addresses: readonly string[] = []): number {
    const key = `${linkType} ${name} ${addresses[0] ?? ''}`;
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    if (this.interfaces.length >= MAX_INTERFACES && name !== 'any') return this.add('any', linkType);
    const index = this.interfaces.push({ name, linkType, addresses }) - 1;
    this.#indexes.set(key, index);
    return index;
  }
}
